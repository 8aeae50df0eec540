"""Backups of everything an installation knows, taken while it trades, and the way back into an empty place.

Reads: the tables of record, documents, recordings and archive, the data folder, the settings. Writes: a folder per
backup; on the way back all of these, where they are empty. Main types: `creating.Maker`, `restoring.Restorer`.
"""
