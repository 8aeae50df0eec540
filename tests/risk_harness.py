"""A monitor on a line clock of its own, with every alert it raised."""

from __future__ import annotations

from typing import Any

from signals_builders import make_opportunity, make_signal, make_snapshot, make_window
from tradewind.domain.hours import TradingCalendar
from tradewind.domain.opportunity import Opportunity, OpportunityState
from tradewind.domain.risk import AlertKind, RiskAlert
from tradewind.kernel.clock import NS_PER_S, LineClock
from tradewind.risk.monitor import Monitor
from tradewind.risk.settings import RiskSettings

from builders import MORNING_NS, make_instrument, make_tick
from fakes import FakeCalendar, FakeInstruments

MORNING = (0, 7_200)
AFTERNOON = (12_600, 19_800)
"""The sections of an index future in seconds since 09:30: to 11:30, and 13:00 to 15:00."""


def ns(seconds: float) -> int:
    """Return the moment so many seconds after 09:30."""
    return MORNING_NS + round(seconds * NS_PER_S)


def index_futures_day() -> FakeCalendar:
    """Return the trading day of IF2101 on 2021-01-04."""
    return FakeCalendar(20210104, *((ns(opened), ns(closed)) for opened, closed in (MORNING, AFTERNOON)))


class Watchtower:
    """Speaks to a monitor in seconds since 09:30; `alerts` are what it raised. Only `watch` is on, if given."""

    def __init__(
        self, watch: AlertKind | None = None, *, calendar: TradingCalendar | None = None, **settings: Any
    ) -> None:
        if watch is not None:
            settings["watches"] = (watch,)
        self.clock = LineClock(MORNING_NS)
        self.alerts: list[RiskAlert] = []
        self.gaps = 0
        self.monitor = Monitor(
            settings=RiskSettings(**settings),
            instruments=FakeInstruments(make_instrument()),
            calendar=calendar or index_futures_day(),
            clock=self.clock,
            emit=self.alerts.append,
            on_gap=self._gap,
        )
        self._seq = 0
        self._version = 0
        self._features_seq = 0

    def _gap(self) -> None:
        self.gaps += 1

    def at(self, seconds: float) -> list[RiskAlert]:
        """Move line time on and return what that raised."""
        before = len(self.alerts)
        self.clock.advance_to(ns(seconds))
        return self.alerts[before:]

    def tick(self, last_price: float = 5230.0, **changes: Any) -> list[RiskAlert]:
        """Send the next tick, stamped now, and return what it raised."""
        self._seq += 1
        now = self.clock.now_ns()
        before = len(self.alerts)
        fields = {"last_price": last_price, "seq": self._seq, "ts_event": now, "ts_recv": now, **changes}
        self.monitor.on_tick(make_tick(**fields))
        return self.alerts[before:]

    def volatility(self, value: float, **changes: Any) -> list[RiskAlert]:
        """Send the next features, stamped now, with this realised volatility."""
        self._features_seq += 1
        before = len(self.alerts)
        windows = (make_window(window="5s"), make_window(realized_volatility=value))
        fields = {"seq": self._features_seq, "ts_event": self.clock.now_ns(), "windows": windows, **changes}
        self.monitor.on_features(make_snapshot(**fields))
        return self.alerts[before:]

    def signal(self, strategy: str, **changes: Any) -> list[RiskAlert]:
        """Send a signal stamped now."""
        before = len(self.alerts)
        now = self.clock.now_ns()
        self.monitor.on_signal(make_signal(**{"strategy": strategy, "ts_event": now, "seq": now, **changes}))
        return self.alerts[before:]

    def opportunity(self, **changes: Any) -> list[RiskAlert]:
        """Send the next version of an opportunity."""
        self._version += 1
        before = len(self.alerts)
        self.monitor.on_opportunity(self.version(**changes))
        return self.alerts[before:]

    def version(self, **changes: Any) -> Opportunity:
        """Return the opportunity as it would be sent now."""
        return make_opportunity(**{"version": self._version, "updated_at": self.clock.now_ns(), **changes})

    def close(self, **changes: Any) -> list[RiskAlert]:
        """Send the opportunity's end."""
        return self.opportunity(state=OpportunityState.CLOSED, **changes)
