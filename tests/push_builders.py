"""What the push room's tests stand on: clients and sockets that do as they are told, and a reader of the protocol."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from tradewind.domain.access import Admitted, Refused
from tradewind.domain.opportunity import Contribution, Opportunity, OpportunityState
from tradewind.domain.rights import ADMINISTRATOR, Principal
from tradewind.domain.signal import Signal
from tradewind.kernel.metrics import Metrics
from tradewind.push.hub import Hub
from tradewind.push.settings import PushSettings

EPOCH = "e90c4000beef"


def make_signal(**changes: Any) -> Signal:
    """Return a rapid rise of IF2101, with these fields changed."""
    signal = Signal(
        instrument_id="IF2101.CFFEX",
        signal_type="rapid_rise",
        side="buy",
        confidence=0.7,
        strength=62.0,
        reasons=("rapid_rise change_percent=0.42 window=60s",),
        window="60s",
        signal_id="rapid_rise:IF2101.CFFEX:1",
        strategy="rapid_rise",
        seq=1,
        ts_event=1_609_723_800_000_000_000,
        last_price=5230.0,
        cause="tick:IF2101.CFFEX:1",
    )
    return msgspec.structs.replace(signal, **changes)


def make_opportunity(**changes: Any) -> Opportunity:
    """Return a new opportunity in IF2101 from one signal, with these fields changed."""
    opportunity = Opportunity(
        opportunity_id="IF2101.CFFEX-1609723800",
        instrument_id="IF2101.CFFEX",
        side="buy",
        state=OpportunityState.NEW,
        version=1,
        confidence=0.7,
        strength=62.0,
        last_price=5230.0,
        entry_price=5228.0,
        created_at=1_609_723_800_000_000_000,
        updated_at=1_609_723_800_500_000_000,
        expires_at=1_609_724_100_000_000_000,
        reasons=("single_strategy strategy=rapid_rise",),
        contributions=(
            Contribution(
                strategy="rapid_rise",
                signal_id="rapid_rise:IF2101.CFFEX:1",
                signal_type="rapid_rise",
                side="buy",
                confidence=0.7,
                strength=62.0,
                weight=1.0,
                ts_event=1_609_723_800_000_000_000,
                reasons=("rapid_rise change_percent=0.42 window=60s",),
            ),
        ),
        cause="rapid_rise:IF2101.CFFEX:1",
    )
    return msgspec.structs.replace(opportunity, **changes)


class FakeTimers:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._soon: list[Callable[[], None]] = []
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def soon(self, callback: Callable[[], None]) -> None:
        self._soon.append(callback)

    def later(self, delay_s: float, callback: Callable[[], None]) -> None:
        self._count += 1
        self._later.append((self.now_s + delay_s, self._count, callback))

    def turn(self) -> None:
        """Run what was asked for soon, and what that asks for."""
        while self._soon:
            callbacks, self._soon = self._soon, []
            for callback in callbacks:
                callback()

    def advance(self, seconds: float) -> None:
        """Let time pass, firing what falls due in order."""
        end_s = self.now_s + seconds
        self.turn()
        while due := sorted(timer for timer in self._later if timer[0] <= end_s):
            timer = due[0]
            self._later.remove(timer)
            self.now_s = timer[0]
            timer[2]()
            self.turn()
        self.now_s = end_s


class FakeWire:
    """A socket that takes everything, until it is told to take nothing.

    Tells `on_full` when more than `high` bytes wait, `on_drained` when they are gone, as a transport does.
    """

    def __init__(self, *, high: int = 0) -> None:
        self.taken = bytearray()
        self.waiting = bytearray()
        self.peak = 0
        self.closed_with: tuple[int, str] | None = None
        self.is_aborted = False
        self.is_stuck = False
        self.writes = 0
        self.on_full: Callable[[], None] = lambda: None
        self.on_drained: Callable[[], None] = lambda: None
        self._high = high
        self._is_full = False

    @property
    def write(self) -> Callable[[bytes], None]:
        return self._write

    def _write(self, data: bytes) -> None:
        self.writes += 1
        self.waiting += data
        self.peak = max(self.peak, len(self.waiting))
        if not self.is_stuck:
            self._take()
        elif len(self.waiting) > self._high and not self._is_full:
            self._is_full = True
            self.on_full()

    def buffered(self) -> int:
        return len(self.waiting)

    def close(self, code: int, reason: str) -> None:
        self.closed_with = (code, reason)

    def abort(self) -> None:
        self.is_aborted = True

    def stick(self) -> None:
        """Take nothing from now on."""
        self.is_stuck = True

    def drain(self) -> None:
        """Take everything again."""
        self.is_stuck = False
        self._take()
        if self._is_full:
            self._is_full = False
            self.on_drained()

    def _take(self) -> None:
        self.taken += self.waiting
        self.waiting.clear()


class FakeClient:
    """A client as audiences see it, without a session."""

    def __init__(self, wire: FakeWire | None = None) -> None:
        self.wire = wire or FakeWire()
        self.is_paused = False
        self.write = self.wire.write

    def messages(self) -> list[dict[str, Any]]:
        """Return every message taken so far."""
        return [json.loads(payload) for kind, payload in read_frames(bytes(self.wire.taken)) if kind == TEXT]


TEXT = 0x81
PING = 0x89


def read_frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (first byte, payload) of each server frame; fails on anything left over."""
    while data:
        size, head = data[1], 2
        if size == 126:
            size, head = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, head = int.from_bytes(data[2:10], "big"), 10
        assert len(data) >= head + size, "a frame is cut off"
        yield data[0], data[head : head + size]
        data = data[head + size :]


def make_hub(timers: FakeTimers, metrics: Metrics | None = None, **changes: Any) -> Hub:
    """Return a hub on fake timers, with these settings changed."""
    return Hub(
        settings=PushSettings(**changes),
        epoch=EPOCH,
        metrics=metrics or Metrics(),
        timers=timers,
        system_status=lambda: {"services": "up"},
    )


class FakeGate:
    """Admits whoever says `Authorization: Bearer <name>`, as that name in that session, or as `principal`."""

    def __init__(self, principal: Principal | None = None) -> None:
        self.peers: list[str] = []
        self.principal = principal

    def admit(self, path: str, headers: Mapping[str, str], peer: str) -> Admitted | Refused:  # noqa: ARG002 - the port's signature
        self.peers.append(peer)
        scheme, _, name = headers.get("authorization", "").partition(" ")
        if headers.get("Origin", "http://127.0.0.1") != "http://127.0.0.1":
            return Refused(403, "foreign_origin", "this page is not served by us")
        if scheme != "Bearer" or not name:
            return Refused(401, "not_authenticated", "sign in, or send a token", retry_after_s=3)
        return Admitted(self.principal or Principal(name, ADMINISTRATOR.reaches), f"session-of-{name}")
