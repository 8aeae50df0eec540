"""Where what is of record is kept: the journal of the order line, its audit chain, and the tables people query.

Ports in `ports.py`; `memory` for tests and simulation, `sql` for SQLite and MySQL/MariaDB.
"""
