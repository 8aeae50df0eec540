"""A strategies room to run, plain strategies of every kind of manners, and snapshots to feed them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from tradewind.bus.topics import BARS, CLEAN_TICKS, FEATURES, SIGNALS, Topic
from tradewind.domain.bar import Bar
from tradewind.domain.feature import FeatureSnapshot, WindowFeatures
from tradewind.domain.signal import Signal
from tradewind.domain.tick import Tick
from tradewind.kernel.clock import NS_PER_S, LineClock
from tradewind.kernel.metrics import Metrics
from tradewind.strategies import StrategyService, StrategySettings
from tradewind.strategies.health import StrategyHealth
from tradewind.strategies.registry import spec_of

from builders import MORNING_NS
from fakes import RaisingBus, Recorder


class NoParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


class Plain:
    """The least a strategy can be: keeps its parameters and what it saw."""

    Params = NoParams

    def __init__(self, params: msgspec.Struct) -> None:
        self.params = params
        self.seen: list[Any] = []


def make_window(**changes: Any) -> WindowFeatures:
    """Return a quiet, full 60 s window."""
    fields: dict[str, Any] = {
        "window": "60s",
        "sample_size": 120,
        "return_": 0.0,
        "change_percent": 0.0,
        "vwap": 5230.0,
        "volume_sum": 500,
        "turnover_sum": 500 * 5230.0 * 300,
        "high": 5231.0,
        "low": 5229.0,
        "mean": 5230.0,
        "realized_volatility": 0.0005,
        "zscore": 0.0,
    }
    return WindowFeatures(**{**fields, **changes})


def make_snapshot(**changes: Any) -> FeatureSnapshot:
    """Return a quiet snapshot of IF2101 with windows 60s and 5m."""
    fields: dict[str, Any] = {
        "instrument_id": "IF2101.CFFEX",
        "seq": 1,
        "ts_event": MORNING_NS,
        "trading_day": 20210104,
        "last_price": 5230.0,
        "day_change_percent": 0.1,
        "spread": 0.4,
        "imbalance": 0.0,
        "microprice": 5230.0,
        "ema_fast": 5230.0,
        "ema_slow": 5230.0,
        "macd": 0.0,
        "macd_signal": 0.0,
        "macd_histogram": 0.0,
        "rsi": 50.0,
        "bollinger_mid": 5230.0,
        "bollinger_upper": 5240.0,
        "bollinger_lower": 5220.0,
        "atr": 1.5,
        "windows": (make_window(), make_window(window="5m", sample_size=600)),
    }
    return FeatureSnapshot(**{**fields, **changes})


def make_bar(**changes: Any) -> Bar:
    """Return the first minute of IF2101."""
    fields: dict[str, Any] = {
        "instrument_id": "IF2101.CFFEX",
        "interval_s": 60,
        "ts_open": MORNING_NS,
        "ts_close": MORNING_NS + 60 * NS_PER_S,
        "trading_day": 20210104,
        "open": 5230.0,
        "high": 5232.0,
        "low": 5229.0,
        "close": 5231.0,
        "volume": 900,
        "turnover": 900 * 5230.0 * 300,
        "open_interest": 90_000.0,
        "tick_count": 118,
        "seq": 118,
    }
    return Bar(**{**fields, **changes})


def make_answer(**changes: Any) -> Signal:
    """Return what a strategy about IF2101 may answer."""
    fields: dict[str, Any] = {
        "instrument_id": "IF2101.CFFEX",
        "signal_type": "test",
        "side": "buy",
        "confidence": 0.6,
        "strength": 50.0,
    }
    return Signal(**{**fields, **changes})


@dataclass
class StrategyRoom:
    """A strategies room with its surroundings."""

    service: StrategyService
    clock: LineClock
    metrics: Metrics
    bus: RaisingBus
    signals: list[Signal]

    def run(self, name: str, factory: type[Any]) -> None:
        """Run a strategy class under a name."""
        self.service.load(spec_of(name, factory, source="test", overrides={}))

    def feed(self, *events: Tick | FeatureSnapshot | Bar) -> None:
        """Publish events, line time moving along with them."""
        topics: dict[type[Any], Topic[Any]] = {Tick: CLEAN_TICKS, FeatureSnapshot: FEATURES, Bar: BARS}
        for event in events:
            self.clock.advance_to(event.ts_close if isinstance(event, Bar) else event.ts_event)
            self.bus.publisher(topics[type(event)])(event)

    def feed_snapshots(self, count: int, *, step_s: float = 0.5, first_seq: int = 1) -> None:
        """Publish quiet snapshots one after another."""
        for seq in range(first_seq, first_seq + count):
            self.feed(make_snapshot(seq=seq, ts_event=MORNING_NS + round(seq * step_s * NS_PER_S)))

    def health(self, name: str) -> StrategyHealth:
        """Return the health of a strategy."""
        return self.service.runner.running[name].report().health

    def instance(self, name: str, instrument_id: str = "IF2101.CFFEX") -> Any:
        """Return the instance that serves an instrument."""
        return self.service.runner.running[name].instance(instrument_id)


def strategy_room(
    *, only: tuple[str, ...] = (), wall_ns: Callable[[], int] | None = None, **settings: Any
) -> StrategyRoom:
    """Return an attached room without built-ins, entry points and watchdog unless asked for."""
    bus, clock, metrics = RaisingBus(), LineClock(), Metrics()
    service = StrategyService(
        settings=StrategySettings(
            **{"enabled": (), "entry_points": False, "hang_ms": 0, "cpu_budget_us": 0.0, **settings}
        ),
        bus=bus,
        clock=clock,
        metrics=metrics,
        only=only,
        wall_ns=wall_ns,
    )
    service.attach()
    return StrategyRoom(service, clock, metrics, bus, Recorder(bus, SIGNALS).events)
