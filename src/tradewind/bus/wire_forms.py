"""Each topic's JSON on Redis: the words of system 003 first, so that its programs read on, our own beside them.

003's readers find every field they know under its name (reference: seed 003, CleanedTick, StrategySignal, Opportunity,
FeatureSnapshot, RiskAlert). Our readers need the event back exactly, to the nanosecond: where our field names do not
clash with 003's they follow in the same object, otherwise the whole event stands under `event`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.bus.seed_forms import SeedOpportunity, seed_opportunity, seed_symbol, seed_time
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.opportunity import Opportunity
from tradewind.domain.risk import RiskAlert
from tradewind.domain.signal import Signal
from tradewind.domain.tick import Tick, TickFlag

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE: Final = "tradewind"
_NOTHING: Final[dict[str, str]] = {}
_encode: Final = msgspec.json.Encoder().encode


class _SeedTickPart(msgspec.Struct, frozen=True, gc=False):
    """What 003's CleanedTick has and our tick has under no name, or another."""

    source: str
    symbol: str
    price: float
    timestamp: str
    ingested_at: str
    cleaned_at: str
    raw: dict[str, str]
    quality_flags: tuple[str, ...]


class _SeedSignalPart(msgspec.Struct, frozen=True, gc=False):
    symbol: str
    strength_score: float
    triggered_at: str
    metadata: dict[str, str | float]


class _SeedWindow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One window as 003's FeatureSnapshot; the first of a message carries our whole snapshot."""

    symbol: str
    window: str
    timestamp: str
    price: float
    change_percent: float | None = None
    volume_sum: int | None = None
    avg_price: float | None = None
    max_price: float | None = None
    min_price: float | None = None
    turnover_sum: float | None = None
    sample_size: int | None = None
    event: FeatureSnapshot | None = None


class _SeedAlert(msgspec.Struct, frozen=True):
    symbol: str
    risk_type: str
    severity: str
    message: str
    triggered_at: str
    opportunity_id: str | None
    metadata: dict[str, float | str]
    event: RiskAlert


class _SeedAlertMessage(msgspec.Struct, frozen=True, tag_field="type", tag="risk_alert"):
    payload: _SeedAlert


class _AlertOnly(msgspec.Struct, frozen=True):
    event: RiskAlert


class _AlertMessage(msgspec.Struct, frozen=True):
    payload: _AlertOnly


class _OpportunityOnly(msgspec.Struct, frozen=True):
    event: Opportunity


class _WindowOnly(msgspec.Struct, frozen=True):
    event: FeatureSnapshot | None = None


def encode_tick(tick: Tick) -> bytes:
    """Write 003's CleanedTick."""
    received = seed_time(tick.ts_recv)
    part = _SeedTickPart(
        SOURCE,
        seed_symbol(tick.instrument_id),
        tick.last_price,
        seed_time(tick.ts_event),
        received,
        received,
        _NOTHING,
        _flag_names(tick.flags) if tick.flags else (),
    )
    return _joined(_encode(part), _encode(tick))


def encode_signal(signal: Signal) -> bytes:
    """Write 003's StrategySignal."""
    part = _SeedSignalPart(
        seed_symbol(signal.instrument_id),
        signal.strength,
        seed_time(signal.ts_event),
        {"signal_id": signal.signal_id, "side": signal.side},
    )
    return _joined(_encode(part), _encode(signal))


def encode_opportunity(opportunity: Opportunity) -> bytes:
    """Write 003's Opportunity, our own whole under `event`."""
    seed: SeedOpportunity = seed_opportunity(opportunity)
    return _encode(seed)[:-1] + b',"event":' + _encode(opportunity) + b"}"


def opportunity_message(opportunity: Opportunity) -> bytes:
    """Write one message of `dfp:opportunities:ws`: `{"type":"opportunity","payload":{…}}`."""
    return b'{"type":"opportunity","payload":' + _encode(seed_opportunity(opportunity)) + b"}"


def encode_features(snapshot: FeatureSnapshot) -> bytes:
    """Write 003's list of snapshots, one per window; at least one item, so that our own has a place."""
    symbol, timestamp, price = seed_symbol(snapshot.instrument_id), seed_time(snapshot.ts_event), snapshot.last_price
    items = [
        _SeedWindow(
            symbol,
            window.window,
            timestamp,
            price,
            window.change_percent,
            window.volume_sum,
            window.mean,
            window.high,
            window.low,
            window.turnover_sum,
            window.sample_size,
            snapshot if index == 0 else None,
        )
        for index, window in enumerate(snapshot.windows)
    ]
    return _encode(items or [_SeedWindow(symbol, "", timestamp, price, event=snapshot)])


def encode_alert(alert: RiskAlert) -> bytes:
    """Write one message of `dfp:risk_alerts`: `{"type":"risk_alert","payload":{…}}`."""
    measured = " ".join(f"{name}={value}" for name, value in alert.params.items())
    seed = _SeedAlert(
        symbol=seed_symbol(alert.instrument_id),
        risk_type=alert.kind,
        severity=alert.severity,
        message=f"{alert.kind} {measured}".strip(),
        triggered_at=seed_time(alert.ts_event),
        opportunity_id=alert.opportunity_id,
        metadata=alert.params,
        event=alert,
    )
    return _encode(_SeedAlertMessage(seed))


def _joined(first: bytes, second: bytes) -> bytes:
    """Make one JSON object of two that share no field."""
    return first[:-1] + b"," + second[1:]


def _flag_names(flags: int) -> tuple[str, ...]:
    return tuple(str(flag.name).lower() for flag in TickFlag if flag and flag & flags)


def _decode_features() -> Callable[[bytes], FeatureSnapshot]:
    decode = msgspec.json.Decoder(list[_WindowOnly]).decode

    def read(data: bytes) -> FeatureSnapshot:
        items = decode(data)
        if not items or items[0].event is None:
            message = "no item carries `event`"
            raise msgspec.ValidationError(message)
        return items[0].event

    return read


def _decode_opportunity() -> Callable[[bytes], Opportunity]:
    decode = msgspec.json.Decoder(_OpportunityOnly).decode
    return lambda data: decode(data).event


def _decode_alert() -> Callable[[bytes], RiskAlert]:
    decode = msgspec.json.Decoder(_AlertMessage).decode
    return lambda data: decode(data).payload.event


JSON_FORMS: Final[dict[str, tuple[Callable[[Any], bytes], Callable[[bytes], Any]]]] = {
    "clean_ticks": (encode_tick, msgspec.json.Decoder(Tick).decode),
    "signals": (encode_signal, msgspec.json.Decoder(Signal).decode),
    "opportunities": (encode_opportunity, _decode_opportunity()),
    "features": (encode_features, _decode_features()),
    "risk_alerts": (encode_alert, _decode_alert()),
}
"""Topic name → (write, read) where 003 has a form of its own; other topics are written as they are."""
