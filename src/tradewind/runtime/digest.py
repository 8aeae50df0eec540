"""A fingerprint of everything the line made: two runs are equal when their digests are.

Each output event goes into one SHA-256 in the order it was published, as topic name and MessagePack; floats enter
as their eight bytes, so equal means equal to the last bit.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.bus.topics import BARS, FEATURES, OPPORTUNITIES, RISK_ALERTS, SIGNALS, Topic

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.ports import Bus

OUTPUTS: Final[tuple[Topic[Any], ...]] = (FEATURES, BARS, SIGNALS, OPPORTUNITIES, RISK_ALERTS)
_FLUSH_BYTES: Final = 1 << 16


class OutputDigest:
    """Counts and hashes every output event of a bus."""

    def __init__(self, bus: Bus) -> None:
        """Subscribe to all outputs; make it before the first tick."""
        self.counts = {topic.name: 0 for topic in OUTPUTS}
        self._sha = hashlib.sha256()
        self._pending = bytearray()
        for topic in OUTPUTS:
            bus.subscribe(topic, self._absorber(topic.name), group="digest")

    def hexdigest(self) -> str:
        """Return the fingerprint of everything seen so far."""
        self._sha.update(self._pending)
        self._pending.clear()
        return self._sha.hexdigest()

    def _absorber(self, name: str) -> Callable[[Any], None]:
        encode_into = msgspec.msgpack.Encoder().encode_into
        prefix = name.encode() + b"\0"
        counts = self.counts
        pending = self._pending

        def absorb(event: object) -> None:
            counts[name] += 1
            pending.extend(prefix)
            encode_into(event, pending, -1)
            if len(pending) > _FLUSH_BYTES:
                self._sha.update(pending)
                pending.clear()

        return absorb
