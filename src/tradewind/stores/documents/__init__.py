"""Documents: trades of a data provider kept as they came, in collections that other programs read too.

Port in `ports.py`; `sqlite` for one machine, `mongo` for MongoDB; `spool` keeps on disk what the store cannot take now.
"""
