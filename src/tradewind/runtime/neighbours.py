"""The other services as they were when they were last asked, so that one edge can tell of the whole.

Each is asked once a second over Redis, all at once and with little patience. Who does not answer is shown by what it
told last and how long ago that was; it is never waited for by whoever wants to know.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from tradewind.api.ports import FeedAlarm, ServiceView, SourceInfo
from tradewind.errors import TradewindError
from tradewind.kernel.clock import NS_PER_S, SystemClock, monotonic_s
from tradewind.runtime.elsewhere import SYSTEM
from tradewind.runtime.services import ROWS
from tradewind.runtime.status import SystemView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tradewind.bus.redis.requests import Asker
    from tradewind.runtime.status import SystemStatus

_EVERY_S: Final = 1.0
_FRESH_S: Final = 5.0
"""Older than this, what a service told is no longer how it is."""
_STARTS_S: Final = 10.0
"""Who has been asked for so long and never answered is not merely starting."""
_MARKET: Final = "market"

Number = TypeVar("Number", int, float)


class _Told(msgspec.Struct, frozen=True):
    view: SystemView
    at_s: float


class Neighbours:
    """Answers `api.ports.SystemQueries` for all services; as a service (`kernel.service`) it asks them."""

    name = "neighbours"

    def __init__(
        self,
        own: str,
        status: SystemStatus,
        *,
        askers: Mapping[str, Asker],
        optional: Iterable[str] = (),
        now_s: Callable[[], float] = monotonic_s,
        now_ns: Callable[[], int] | None = None,
    ) -> None:
        """Ask each of `askers`, by service; those that are `optional` are only told of once they have answered."""
        self._own = own
        self._status = status
        self._askers = askers
        self._optional = frozenset(optional)
        self._now_s = now_s
        self._now_ns = now_ns or SystemClock().now_ns
        self._begun_s = now_s()
        self._told: dict[str, _Told] = {}
        self._why: dict[str, str] = {}

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.ask_all()
            await asyncio.sleep(_EVERY_S)

    async def ask_all(self) -> None:
        """Ask every service once, all at the same time."""
        await asyncio.gather(*(self._ask(name, asker) for name, asker in self._askers.items()))

    def source(self) -> SourceInfo:
        """Return where the ticks come from: what the market told, else what the settings say."""
        told = self._told.get(_MARKET)
        return self._status.source() if told is None else told.view.source

    def told_alarm(self) -> FeedAlarm | None:
        """Return what the market last told of its feed; nothing is known of the feed of a market that is away."""
        told = self._told.get(_MARKET)
        return told.view.feed_alarm if told is not None and self._is_fresh(told) else None

    def feed_alarm(self) -> FeedAlarm | None:
        """Return what is wrong with the market data: what the market told, or that the market is not heard of."""
        if _MARKET not in self._askers or _MARKET in self._optional:
            return None
        told = self._told.get(_MARKET)
        silent_s = self._now_s() - (self._begun_s if told is None else told.at_s)
        if silent_s <= (_STARTS_S if told is None else _FRESH_S):
            return self.told_alarm()
        since_ns = self._now_ns() - round(silent_s * NS_PER_S)
        return FeedAlarm("cut", since_ns, f"market is not heard of: {self._why.get(_MARKET, 'it does not answer')}")

    def services(self) -> Sequence[ServiceView]:
        """Return every service that is expected or has answered, in the order of the flow, then our own parts."""
        own = list(self._status.services())
        rows = {self._own: own[0], **{name: row for name in self._askers if (row := self._row(name)) is not None}}
        return [*(rows[name] for name in ROWS if name in rows), *own[1:]]

    def system(self) -> SystemView:
        """Return the figures of all services together; memory is the sum, time up is this process'."""
        own = self._status.system()
        views = [own, *(told.view for told in self._told.values())]
        market = self._told.get(_MARKET)
        return msgspec.structs.replace(
            own,
            memory_mb=round(sum(view.memory_mb for view in views), 1),
            source=self.source(),
            services=list(self.services()),
            strategy_errors={name: text for view in views for name, text in view.strategy_errors.items()},
            rates=_sums(view.rates for view in views),
            counters=_tables(view.counters for view in views),
            gauges=_tables(view.gauges for view in views),
            line_latency=own.line_latency if market is None else market.view.line_latency,
            line_buckets=own.line_buckets if market is None else market.view.line_buckets,
            hops=[hop for view in views for hop in view.hops],
            feed_alarm=self.feed_alarm(),
            told_s={name: round(self._now_s() - told.at_s, 1) for name, told in sorted(self._told.items())},
        )

    async def _ask(self, name: str, asker: Asker) -> None:
        try:
            view = msgspec.convert(await asker.ask(SYSTEM, {}), SystemView)
        except (TradewindError, msgspec.ValidationError) as error:
            self._why[name] = str(error)
        else:
            self._told[name] = _Told(view, self._now_s())

    def _is_fresh(self, told: _Told) -> bool:
        return self._now_s() - told.at_s <= _FRESH_S

    def _row(self, name: str) -> ServiceView | None:
        told = self._told.get(name)
        if told is None:
            if name in self._optional:
                return None
            return ServiceView(name, "silent", is_healthy=False, last_error=self._why.get(name, "not asked yet"))
        if not self._is_fresh(told):
            ago_s = self._now_s() - told.at_s
            reason = f"last heard of {ago_s:.0f} s ago: {self._why.get(name, 'it does not answer')}"
            return ServiceView(name, "silent", is_healthy=False, last_error=reason)
        return _row_of(name, told.view.services)


def _row_of(name: str, parts: Sequence[ServiceView]) -> ServiceView:
    """Return a service's own row; a part of its process that is not well makes the service not well."""
    row = next((part for part in parts if part.name == name), ServiceView(name, "running", is_healthy=True))
    ill = next((part for part in parts if not part.is_healthy), None)
    if ill is None or ill is row:
        return row
    return ServiceView(
        name, ill.state, is_healthy=False, restarts=ill.restarts, last_error=f"{ill.name}: {ill.last_error}"
    )


def _sums(tables: Iterable[Mapping[str, Number]]) -> dict[str, Number]:
    total: dict[str, Number] = {}
    for table in tables:
        for name, value in table.items():
            total[name] = total[name] + value if name in total else value
    return total


def _tables(named: Iterable[Mapping[str, Mapping[str, Number]]]) -> dict[str, dict[str, Number]]:
    by_name: dict[str, list[Mapping[str, Number]]] = {}
    for tables in named:
        for name, table in tables.items():
            by_name.setdefault(name, []).append(table)
    return {name: _sums(tables) for name, tables in by_name.items()}
