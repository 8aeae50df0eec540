"""How long what is kept: one table of it, and the removing of files whose time is over.

Reads: recordings, the archive, log files. Writes: removes of them what the settings say. Main type: `removing.Removal`.
"""
