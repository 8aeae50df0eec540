"""What REST shows of the line: the newest of everything, kept up by the bus and encoded only when asked for.

Per tick this is one dict entry. Lists that many clients poll are bytes, made anew when asked for after a change:
a thousand readers of an unchanged list cost one encoding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.api.recent import Encoded, Recent
from tradewind.bus.seed_forms import seed_opportunity
from tradewind.bus.topics import BARS, CLEAN_TICKS, FEATURES, OPPORTUNITIES, QUOTE_SNAPSHOTS, RISK_ALERTS, SIGNALS
from tradewind.domain.opportunity import Opportunity, OpportunityState
from tradewind.domain.tick import TickFlag

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.api.settings import ApiSettings
    from tradewind.bus.ports import Bus, Subscription
    from tradewind.domain.bar import Bar
    from tradewind.domain.feature import FeatureSnapshot
    from tradewind.domain.risk import RiskAlert
    from tradewind.domain.signal import Signal
    from tradewind.domain.tick import Tick
    from tradewind.kernel.metrics import Metrics

ROOM: Final = "api"
_LAST: Final = int(TickFlag.LAST)
_UNSEEN: Final = -2
"""No sequence follows this one, so that the first tick of an instrument is looked at."""


class ApiViews:
    """The newest quote, features and bars per instrument; recent signals, opportunities and alerts."""

    def __init__(self, *, bus: Bus, settings: ApiSettings, metrics: Metrics) -> None:
        self._bus = bus
        self._settings = settings
        self._metrics = metrics
        self._encoder = msgspec.json.Encoder()
        self._seqs: dict[str, int] = {}
        self._fresh: dict[str, Tick] = {}
        self._quotes: dict[str, Tick] = {}
        self._off_session: dict[str, Tick] = {}
        """Quotes taken outside a session: on a stream of their own, they may be heard before older ticks."""
        self._quote_parts: dict[str, bytes] = {}
        self._ended: set[str] = set()
        """Instruments whose newest quote is their last; of these nothing is shown."""
        self._features: dict[str, FeatureSnapshot] = {}
        self._bars: dict[str, Recent[Bar]] = {}
        self._signals: Recent[Signal] = Recent(settings.recent_signals)
        self._alerts: Recent[RiskAlert] = Recent(settings.recent_alerts)
        self._open: Recent[Opportunity] = Recent(settings.open_opportunities)
        self._closed: Recent[Opportunity] = Recent(settings.closed_opportunities)
        self._seed_parts: dict[str, bytes] = {}
        self._opportunity_parts: dict[str, bytes] = {}
        self._quotes_list = b"[]"
        self._is_listed = True
        self._seed_list = Encoded(self._encode_seed_list)
        self._opportunity_list = Encoded(self._encode_opportunity_list)
        self._subscriptions: list[Subscription] = []
        self.instruments_refused = 0
        """Ticks of instruments beyond `max_instruments`, not kept."""

    def attach(self) -> None:
        """Begin to follow the line."""
        bus = self._bus
        self._subscriptions += [
            bus.subscribe(CLEAN_TICKS, self._tick_handler(), group=ROOM),
            bus.subscribe(QUOTE_SNAPSHOTS, self._on_snapshot, group=ROOM),
            bus.subscribe(FEATURES, self._features_handler(), group=ROOM),
            bus.subscribe(BARS, self._on_bar, group=ROOM),
            bus.subscribe(SIGNALS, self._on_signal, group=ROOM),
            bus.subscribe(OPPORTUNITIES, self._on_opportunity, group=ROOM),
            bus.subscribe(RISK_ALERTS, self._on_alert, group=ROOM),
        ]

    def detach(self) -> None:
        """Stop following; what is kept stays readable."""
        for subscription in self._subscriptions:
            subscription.cancel()
        self._subscriptions.clear()

    def forget(self) -> None:
        """Forget all that was heard: the line begins anew, and its numbers with it."""
        # Emptied and not replaced: handlers hold on to them.
        for kept in (self._seqs, self._fresh, self._quotes, self._off_session, self._quote_parts, self._ended):
            kept.clear()
        for each in (self._features, self._bars, self._seed_parts, self._opportunity_parts):
            each.clear()
        for recent in (self._signals, self._alerts, self._open, self._closed):
            recent.clear()
        self._is_listed = False
        self._seed_list.spoil()
        self._opportunity_list.spoil()

    # What the routes ask.
    def quotes_json(self) -> bytes:
        """Return every newest quote as a JSON list."""
        self._take_fresh()
        if not self._is_listed:
            self._is_listed = True
            self._quotes_list = b"[" + b",".join(self._quote_parts.values()) + b"]"
        return self._quotes_list

    def quote(self, instrument_id: str) -> Tick | None:
        """Return the newest quote of one instrument."""
        tick = self._fresh.get(instrument_id) or self._quotes.get(instrument_id)
        tick = None if tick is None else self._or_off_session(tick)
        return None if tick is None or tick.flags & _LAST else tick

    def ticks(self) -> list[Tick]:
        """Return the newest quote of every instrument."""
        newest = map(self._or_off_session, {**self._quotes, **self._fresh}.values())
        return [tick for tick in newest if not tick.flags & _LAST]

    def instrument_ids(self) -> list[str]:
        """Return the instruments of which a quote has come, in the order they appeared."""
        return [tick.instrument_id for tick in self.ticks()]

    def seed_opportunities_json(self) -> bytes:
        """Return the newest opportunities in the words of system 003, as a JSON list."""
        return self._seed_list.value()

    def opportunities_json(self) -> bytes:
        """Return the newest opportunities as a JSON list."""
        return self._opportunity_list.value()

    def opportunities(self) -> list[Opportunity]:
        """Return every opportunity kept: the open ones first, each part newest first."""
        return self._open.newest_first() + self._closed.newest_first()

    def opportunity(self, opportunity_id: str) -> Opportunity | None:
        """Return the newest version of one opportunity."""
        return self._open.get(opportunity_id) or self._closed.get(opportunity_id)

    def features(self) -> list[FeatureSnapshot]:
        """Return the newest features of every instrument."""
        self._take_fresh()
        return [features for name, features in self._features.items() if name not in self._ended]

    def features_of(self, instrument_id: str) -> FeatureSnapshot | None:
        """Return the newest features of one instrument."""
        self._take_fresh()
        return None if instrument_id in self._ended else self._features.get(instrument_id)

    def bars_of(self, instrument_id: str, limit: int) -> list[Bar]:
        """Return the newest `limit` closed bars of one instrument, the oldest of them first."""
        bars = self._bars.get(instrument_id)
        return bars.newest_first()[:limit][::-1] if bars is not None else []

    def signals(self) -> list[Signal]:
        """Return the recent signals, newest first."""
        return self._signals.newest_first()

    def alerts(self) -> list[RiskAlert]:
        """Return the recent alerts, newest first."""
        return self._alerts.newest_first()

    # What the bus tells.
    def _tick_handler(self) -> Callable[[Tick], None]:
        """Return the per-tick handler: a closure, because it runs at every tick and attributes cost."""
        seqs, fresh, is_new = self._seqs, self._fresh, self._is_new_out_of_order
        last_seq = seqs.get

        def on_tick(tick: Tick) -> None:
            instrument_id = tick.instrument_id
            seq = tick.seq
            if seq != last_seq(instrument_id, _UNSEEN) + 1 and not is_new(tick):
                return
            seqs[instrument_id] = seq
            fresh[instrument_id] = tick

        return on_tick

    def _is_new_out_of_order(self, tick: Tick) -> bool:
        """Judge a tick whose number is not the next: seen before, first of all, or after a gap."""
        last = self._seqs.get(tick.instrument_id)
        if last is None:
            if len(self._seqs) >= self._settings.max_instruments:
                self.instruments_refused += 1
                return False
            return True
        if tick.seq <= last:
            return False
        self._metrics.gaps.add(ROOM, tick.seq - last - 1)
        return True

    def _on_snapshot(self, tick: Tick) -> None:
        known = self.quote(tick.instrument_id)
        if known is None and len(self._quotes) >= self._settings.max_instruments:
            self.instruments_refused += 1
        elif known is None or (tick.seq, tick.ts_recv) >= (known.seq, known.ts_recv):
            self._off_session[tick.instrument_id] = self._fresh[tick.instrument_id] = tick

    def _or_off_session(self, tick: Tick) -> Tick:
        """Return the quote taken outside a session when no tick has come since, else the tick itself.

        Such a quote bears the number of the tick before it.
        """
        other = self._off_session.get(tick.instrument_id)
        if other is None or other.seq >= tick.seq:
            return other or tick
        del self._off_session[tick.instrument_id]
        return tick

    def _features_handler(self) -> Callable[[FeatureSnapshot], None]:
        features, seqs = self._features, self._seqs

        def on_features(snapshot: FeatureSnapshot) -> None:
            # Bounded like the quotes: no tick of that instrument was taken, so none of its features is.
            if snapshot.instrument_id in seqs:
                features[snapshot.instrument_id] = snapshot

        return on_features

    def _on_bar(self, bar: Bar) -> None:
        bars = self._bars.get(bar.instrument_id)
        if bars is None:
            if len(self._bars) >= self._settings.max_instruments:
                return
            bars = self._bars[bar.instrument_id] = Recent(self._settings.recent_bars)
        bars.put(f"{bar.interval_s}:{bar.ts_open}", bar)

    def _on_signal(self, signal: Signal) -> None:
        self._signals.put(signal.signal_id, signal)

    def _on_alert(self, alert: RiskAlert) -> None:
        self._alerts.put(alert.alert_id, alert)

    def _on_opportunity(self, opportunity: Opportunity) -> None:
        key = opportunity.opportunity_id
        known = self.opportunity(key)
        if known is not None and opportunity.version <= known.version:
            return
        if opportunity.state is OpportunityState.CLOSED:
            self._open.drop(key)
            self._closed.renew(key, opportunity)
        else:
            self._open.renew(key, opportunity)
        self._seed_parts.pop(key, None)
        self._opportunity_parts.pop(key, None)
        self._seed_list.spoil()
        self._opportunity_list.spoil()

    def _take_fresh(self) -> None:
        if not self._fresh:
            return
        encode = self._encoder.encode
        for instrument_id, heard in self._fresh.items():
            tick = self._or_off_session(heard)
            if tick.flags & _LAST:
                # Its features may still come: they are on a stream of their own.
                self._ended.add(instrument_id)
                self._quotes.pop(instrument_id, None)
                self._quote_parts.pop(instrument_id, None)
                continue
            self._ended.discard(instrument_id)
            self._quotes[instrument_id] = tick
            self._quote_parts[instrument_id] = encode(tick)
        self._fresh.clear()
        self._is_listed = False

    def _encode_seed_list(self) -> bytes:
        return self._encode_list(
            self._seed_parts, lambda opportunity: self._encoder.encode(seed_opportunity(opportunity))
        )

    def _encode_opportunity_list(self) -> bytes:
        return self._encode_list(self._opportunity_parts, self._encoder.encode)

    def _encode_list(self, parts: dict[str, bytes], encode: Callable[[Opportunity], bytes]) -> bytes:
        """Join the newest opportunities, encoding only those that changed since they were last asked for."""
        listed = self.opportunities()[: self._settings.default_limit]
        kept: dict[str, bytes] = {}
        for opportunity in listed:
            key = opportunity.opportunity_id
            kept[key] = parts.get(key) or encode(opportunity)
        parts.clear()
        parts.update(kept)
        return b"[" + b",".join(kept.values()) + b"]"
