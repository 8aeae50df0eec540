"""The platform as a machine, for whoever operates it: its log, its settings, what it stores, replays beside the line.

Answers `api.ops_desk.OpsDesk`; reads log files, the archive and the settings, and changes nothing but replays.
"""
