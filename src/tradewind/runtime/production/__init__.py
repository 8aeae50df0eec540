"""The production set on one machine: every real server around the services, made, started and stopped by one command.

Reads: what Debian installed. Writes: one folder, and nothing beside it. Main type: `house.House`.
"""
