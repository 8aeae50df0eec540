"""How the tables came to be, step by step, forward and back; run by `stores.sql.schema`."""
