"""How often one address may try: so many a minute, and then nothing until the minute is over. Pure."""

from __future__ import annotations

from typing import Final

_MOST: Final = 10_000
_WINDOW_S: Final = 60.0


class Tries:
    """Counts per address; when too many are remembered, the oldest are forgotten."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._seen: dict[str, tuple[float, int]] = {}

    def take(self, address: str, now_s: float) -> bool:
        """Count a try; false when it is one too many."""
        began_s, count = self._seen.pop(address, (now_s, 0))
        if now_s - began_s >= _WINDOW_S:
            began_s, count = now_s, 0
        if len(self._seen) >= _MOST:
            del self._seen[next(iter(self._seen))]
        self._seen[address] = (began_s, count + 1)
        return count < self._per_minute

    def is_spent(self, address: str, now_s: float) -> bool:
        """Say whether an address has no more tries, without counting one."""
        began_s, count = self._seen.get(address, (now_s, 0))
        return now_s - began_s < _WINDOW_S and count >= self._per_minute
