"""Signals: what one strategy believes about one instrument at one tick."""

from __future__ import annotations

from typing import Literal

import msgspec

SignalSide = Literal["buy", "sell"]


class Signal(msgspec.Struct, frozen=True):
    """One strategy's opinion. A strategy fills the first block; the strategies room stamps the second.

    `confidence` is the strategy's own, 0 … 1; `strength` 0 … 100 says how far beyond its threshold it is;
    `reasons` are `code key=value …` strings such as `rapid_rise change_percent=0.42 window=60s`.
    """

    instrument_id: str
    signal_type: str
    side: SignalSide
    confidence: float
    strength: float
    reasons: tuple[str, ...] = ()
    window: str = ""

    signal_id: str = ""
    strategy: str = ""
    seq: int = 0
    ts_event: int = 0
    last_price: float = 0.0
    cause: str = ""
