"""One small class per kind of alert; each finds, none decides when to speak (that is `Episodes`).

A watch on the price returns the band in which it has nothing to say, so that the ordinary tick costs one comparison
for all of them together.
"""
