"""The control server: whom modules of the fleet connect to, and who tells them what to do.

Reads: no topic. Writes: `modules` and `jobs`, copies of what its store has of record.
Main type: `ControlService`.
"""
