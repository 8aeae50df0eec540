"""The only door to chance: every random stream has a seed and a name, so every run can be had again."""

from __future__ import annotations

import hashlib
import random

Rng = random.Random
"""The type of a stream of chance, for annotations elsewhere."""


def named_rng(seed: int, *path: str) -> Rng:
    """Return an independent generator for `path`, the same for the same seed on every machine.

    A stream per name keeps instruments independent: adding one does not change what the others see.
    """
    digest = hashlib.sha256("/".join((str(seed), *path)).encode()).digest()
    return Rng(int.from_bytes(digest[:8], "big"))
