"""Line test: answers each test tick with a signal, so that an operator sees that signals come through."""

from __future__ import annotations

import msgspec

from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.signal import Signal


class LineTest:
    """Signals at every snapshot; the registry lets it hear of the test instrument only."""

    class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """Nothing may be set."""

    def __init__(self, params: Params) -> None:
        del params

    def on_features(self, snapshot: FeatureSnapshot) -> Signal:
        """Answer, as unsure of it as can be."""
        return Signal(snapshot.instrument_id, "line_test", "buy", 0.0, 0.0, (f"line_test seq={snapshot.seq}",))
