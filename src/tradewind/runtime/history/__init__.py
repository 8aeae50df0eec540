"""The history of market data: makes the archive of what was recorded, looks after it, brings data in and out.

Puts together the recordings of the market room, the archive in `stores/ticks`, and the line that makes the bars.
"""
