"""`tradewind doctor`: one look at everything that is configured, each finding with its remedy.

Reads: the settings, this machine, the servers that the settings name, the doors of what runs. Writes: nothing but one
small file in data_dir, taken away at once.
Main entry: `running.examine` over `table.CHECKS`.
"""
