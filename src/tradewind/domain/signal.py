"""Signals: what one strategy believes about one instrument at one tick."""

from __future__ import annotations

from typing import Literal

import msgspec

SignalSide = Literal["buy", "sell"]


class SignalTimes(msgspec.Struct, frozen=True, gc=False):
    """When a signal, and what it came of, was where: ns UTC by the clock of each machine it passed, 0 where unknown.

    `ts_recv`: its tick came in. `ts_told`: the clean tick stood on the network bus; `ts_features`: the features made of
    it did; both as the bus stamps its entries, to the millisecond. `ts_heard`: the strategies room read them. These
    three are 0 where the rooms share a process. `ts_made`: the strategy had answered. `ts_merged`: the signals room had
    taken the signal up. `own_ns` is what a call of the strategy usually takes, the median of those measured.
    """

    ts_recv: int = 0
    ts_told: int = 0
    ts_features: int = 0
    ts_heard: int = 0
    ts_made: int = 0
    ts_merged: int = 0
    own_ns: int = 0


class Signal(msgspec.Struct, frozen=True):
    """One strategy's opinion. A strategy fills the first block; the strategies room stamps the second.

    `confidence` is the strategy's own, 0 … 1; `strength` 0 … 100 says how far beyond its threshold it is;
    `reasons` are `code key=value …` strings such as `rapid_rise change_percent=0.42 window=60s`.
    `times` are stamped where the line is live; in a replay there are none, for it has to give the same signals again.
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
    times: SignalTimes | None = None
