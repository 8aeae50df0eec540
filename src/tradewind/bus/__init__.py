"""How rooms speak: topics with one writer each, and a bus that carries them.

`topics` is the whole table in flow order; `ports` the promise every bus keeps; `local` the synchronous bus of
one process, `redis` the one between processes. Main types: `Topic`, `Bus`.
"""
