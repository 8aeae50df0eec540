"""The strategies that come with Tradewind: plain users of the plug-in port, one per file, good to copy from.

Each looks at feature snapshots, keeps one instrument's state in its attributes and stays quiet for `cooldown_s` of
line time after a signal.
"""
