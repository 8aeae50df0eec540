"""The store of record in SQL: SQLite in one process, MariaDB or MySQL in production, one code for both.

`engine` opens connections that keep their word, `probe` reads back that they do, `schema` and `migrations` make the
tables, `journal` writes the chain, `projections` say which rows follow from an event, `queries` answer people.
"""
