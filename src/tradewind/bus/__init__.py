"""How rooms speak: topics with one writer each, and a bus that carries them.

`topics` is the whole table in flow order; `ports` the promise every bus keeps; `local` the synchronous bus of
one process. Main types: `Topic`, `Bus`.
"""
