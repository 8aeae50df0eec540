"""`tradewind ctp doctor`: the way to CTP's fronts, step by step, and what to do where it ends.

Reads: the settings, the secrets of accounts, fronts that the settings name. Writes: the library's own files, into a
folder of its own that is taken away again. Sends: a login of each account, once; no order, and no confirmation.
Main entry: `visit.visit`; `cheap` is what `tradewind doctor` looks at.
"""
