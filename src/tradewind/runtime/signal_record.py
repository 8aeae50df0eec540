"""Keeps opportunities and alerts on record, with what stood behind each when it came up.

It stands beside the order line, whose store it shares; what it writes waits for nobody and nobody waits for it. Where
the store is away what happens meanwhile is kept for a while, the oldest forgotten first.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from tradewind.bus.topics import CLEAN_TICKS, FEATURES, OPPORTUNITIES, RISK_ALERTS
from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.signal_record import Evidence, KeptAlert, KeptOpportunity, OpportunityStep, SignalWay, TickBehind
from tradewind.errors import StoreError
from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.kernel.log import get_log
from tradewind.stores.sql.signal_record import SqlSignalRecord
from tradewind.stores.sql.store import SqlStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tradewind.bus.ports import Bus, Subscription
    from tradewind.domain.feature import FeatureSnapshot
    from tradewind.domain.opportunity import Opportunity
    from tradewind.domain.risk import RiskAlert
    from tradewind.domain.tick import Tick
    from tradewind.kernel.clock import Clock
    from tradewind.kernel.metrics import Metrics
    from tradewind.runtime.desk.building import Desk
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.signals.settings import SignalsSettings

T = TypeVar("T")
GROUP: Final = "trading"
_LOG = get_log("signal_record")
_WRITE_S: Final = 1.0
_PRUNE_EVERY: Final = 600
"""Writings between two looks for what has become too old."""
_TICKS: Final = 24
_NEWEST: Final = 8_192
"""Ticks of all contracts that are kept until somebody asks for those of one."""
_STEPS: Final = 40
_WAYS: Final = 16
_MOST_WAITING: Final = 5_000
_DAY_NS: Final = 86_400 * NS_PER_S
_CHINA: Final = timedelta(hours=8)


class SignalRecord:
    """Runs under the supervisor as `signal_record` where there is a store."""

    name = "signal_record"

    def __init__(
        self,
        settings: SignalsSettings,
        *,
        bus: Bus,
        clock: Clock,
        record: SqlSignalRecord,
        ready: Callable[[], Awaitable[None]],
        features: Callable[[str], FeatureSnapshot | None] = lambda _instrument_id: None,
        features_ns: Callable[[], int] = lambda: 0,
    ) -> None:
        """`features` tells the newest of a contract, `features_ns` what making them usually takes."""
        self._features_ns = features_ns
        self._settings, self._bus, self._clock = settings, bus, clock
        self._record, self._ready, self._features = record, ready, features
        # Every tick of the line comes by here: kept without a call of ours, put in order when one of them is wanted.
        self._heard: deque[Tick] = deque(maxlen=_NEWEST)
        self._ticks: defaultdict[str, deque[Tick]] = defaultdict(lambda: deque(maxlen=_TICKS))
        self._fresh: dict[str, str] = {}
        """The newest opportunity of a contract whose own tick may not have been heard here yet."""
        self._open: dict[str, KeptOpportunity] = {}
        self._changed: dict[str, KeptOpportunity] = {}
        self._alerts: dict[str, KeptAlert] = {}
        self.forgotten = 0
        """Opportunities and alerts that could not be written and had to make room."""

    async def run(self) -> None:
        """Hear and write until cancelled; what was heard last is written before it ends."""
        await self._ready()
        heard = self._hear()
        try:
            for count in range(1 << 62):
                if count % _PRUNE_EVERY == 0:
                    await self._prune()
                await asyncio.sleep(_WRITE_S)
                await self.write()
        finally:
            for subscription in heard:
                subscription.cancel()
            await asyncio.shield(self.write())

    def change(self, settings: SignalsSettings) -> None:
        """Keep as long, and as many, as these say."""
        self._settings = settings

    def _hear(self) -> list[Subscription]:
        subscribe = self._bus.subscribe
        return [
            subscribe(CLEAN_TICKS, self._heard.append, group=GROUP),
            subscribe(OPPORTUNITIES, self._on_opportunity, group=GROUP),
            subscribe(RISK_ALERTS, self._on_alert, group=GROUP),
        ]

    async def write(self) -> None:
        """Write what has changed since the last time; what cannot be written waits for the next."""
        self._complete()
        opportunities, self._changed = self._changed, {}
        alerts, self._alerts = self._alerts, {}
        if not opportunities and not alerts:
            return
        try:
            await asyncio.to_thread(self._record.write, list(opportunities.values()), list(alerts.values()))
        except StoreError as error:
            _LOG.warning("signals_not_recorded", reason=str(error), waiting=len(opportunities) + len(alerts))
            self._changed, self._alerts = {**opportunities, **self._changed}, {**alerts, **self._alerts}

    async def _prune(self) -> None:
        before = self._clock.now_ns() - self._settings.record_days * _DAY_NS
        try:
            await asyncio.to_thread(self._record.prune, before, most=self._settings.record_most)
        except StoreError as error:
            _LOG.warning("signals_not_pruned", reason=str(error))

    def _complete(self) -> None:
        """Take in the ticks that fresh opportunities came from: the line may tell of them later than of these."""
        self._sort_ticks()
        for instrument_id, name in self._fresh.items():
            kept = self._open.get(name)
            if kept is None or kept.evidence is None:
                continue
            known = kept.evidence.ticks[-1].seq if kept.evidence.ticks else -1
            late = [
                _behind(tick)
                for tick in self._ticks[instrument_id]
                if tick.seq > known and tick.ts_recv <= kept.evidence.heard_at
            ]
            ticks = (*kept.evidence.ticks, *late)[-_TICKS:]
            kept = msgspec.structs.replace(kept, evidence=msgspec.structs.replace(kept.evidence, ticks=ticks))
            self._open[name] = self._changed[name] = kept
        self._fresh.clear()

    def _sort_ticks(self) -> None:
        """Put what was heard to its contracts."""
        while self._heard:
            tick = self._heard.popleft()
            self._ticks[tick.instrument_id].append(tick)

    def _on_opportunity(self, told: Opportunity) -> None:
        known = self._open.get(told.opportunity_id)
        step = OpportunityStep(told.updated_at, told.state.value, round(told.confidence, 4), told.last_price)
        if known is None:
            is_new = told.state is OpportunityState.NEW
            kept = KeptOpportunity(
                told,
                self._day_of(told.instrument_id, told.created_at),
                (step,),
                self._evidence(told) if is_new else None,
            )
        else:
            steps = known.steps
            if step.state != steps[-1].state:
                steps = (*steps[: _STEPS - 1], step)
            kept = KeptOpportunity(told, known.trading_day, steps, _joined(known.evidence, told))
        if told.state is OpportunityState.CLOSED:
            self._open.pop(told.opportunity_id, None)
        else:
            _put(self._open, told.opportunity_id, kept)
        self.forgotten += _put(self._changed, told.opportunity_id, kept)

    def _on_alert(self, told: RiskAlert) -> None:
        kept = KeptAlert(told, self._day_of(told.instrument_id, told.ts_event))
        self.forgotten += _put(self._alerts, told.alert_id, kept)

    def _evidence(self, told: Opportunity) -> Evidence:
        self._sort_ticks()
        ticks = tuple(_behind(tick) for tick in self._ticks.get(told.instrument_id, ()))
        self._fresh[told.instrument_id] = told.opportunity_id
        heard_at = self._clock.now_ns()
        return Evidence(heard_at, ticks, self._features(told.instrument_id), self._features_ns(), _ways(told))

    def _day_of(self, instrument_id: str, ts: int) -> int:
        """Return the trading day of a contract's newest tick; China's date where it has none."""
        self._sort_ticks()
        ticks = self._ticks.get(instrument_id)
        if ticks:
            return ticks[-1].trading_day
        day = datetime.fromtimestamp(ts // NS_PER_S, UTC) + _CHINA
        return day.year * 10_000 + day.month * 100 + day.day


def build_signal_record(
    settings: TradewindSettings,
    desk: Desk,
    *,
    metrics: Metrics,
    features: Callable[[str], FeatureSnapshot | None] = lambda _instrument_id: None,
) -> list[SignalRecord]:
    """Return what keeps opportunities and alerts on record in the store of the order line.

    How long features take is taken from `metrics`, where their room is in this process.
    """
    return [
        SignalRecord(
            settings.signals,
            bus=desk.bus,
            clock=SystemClock(),
            # Connections of its own: the journal waits for none of this.
            record=SqlSignalRecord(SqlStore(settings.store, Path(settings.data_dir)), metrics),
            ready=desk.service.wait_open,
            features=features,
            features_ns=lambda: _usual_ns(metrics, CLEAN_TICKS.name, FEATURES.name),
        )
    ]


def _behind(tick: Tick) -> TickBehind:
    return TickBehind(
        seq=tick.seq,
        ts_event=tick.ts_event,
        ts_recv=tick.ts_recv,
        last_price=tick.last_price,
        bid_price=tick.bid_price,
        ask_price=tick.ask_price,
        volume=tick.volume_delta,
    )


def _ways(told: Opportunity) -> tuple[SignalWay, ...]:
    """Return the way of each strategy's signal that brought the times of it."""
    return tuple(
        SignalWay(each.strategy, each.ts_event, each.times) for each in told.contributions if each.times is not None
    )[:_WAYS]


def _joined(evidence: Evidence | None, told: Opportunity) -> Evidence | None:
    """Return what stood behind an opportunity with the ways of strategies that have joined it since."""
    if evidence is None:
        return None
    known = {way.strategy for way in evidence.ways}
    late = tuple(way for way in _ways(told) if way.strategy not in known)
    if not late or len(known) >= _WAYS:
        return evidence
    return msgspec.structs.replace(evidence, ways=(*evidence.ways, *late)[:_WAYS])


def _usual_ns(metrics: Metrics, topic: str, room: str) -> int:
    """Return the median of what a room takes for an event of a topic; 0 where none was measured here."""
    hop = metrics.hops.get((topic, room))
    return 0 if hop is None else hop.quantile_ns(0.5)


def _put(kept: dict[str, T], name: str, value: T) -> int:
    """Keep a value; return how many had to make room for it."""
    kept[name] = value
    if len(kept) <= _MOST_WAITING:
        return 0
    del kept[next(iter(kept))]
    return 1
