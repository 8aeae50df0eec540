"""What we know of one data provider, Infoway: its codes, its limits, its words for trouble, its two doors.

Below the rooms, because two of our parts that never meet speak to it: the market room, which makes ticks of what it
says, and the collector, which stores it. See docs/decisions/0020.
"""
