"""Puts the rooms together: which service runs, what it reads and writes, how one process or many are made of them.

`services` is the map; `wiring` the only place that names adapters; `process` one running process; `replay` the line
without a process around it.
"""
