"""Merges many strategies' signals into opportunities: one open opportunity per instrument and side at most.

A life: NEW with the first signal; ACTIVE once enough strategies agree or the confidence is high enough; TRACKING
when signals stop, ACTIVE again with the next one if it had been confirmed before; CLOSED on expiry, on its stop, when
the opposite side is confirmed, or to make room. Every visible change is a new version; an identical signal makes
none, except that a refreshed expiry is told at a limited rate. At most one side of an instrument is ACTIVE, because
confirming one closes the other.

Time is the line's: deadlines are timers of the `LineClock`, so a replay closes what the live day closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from tradewind.domain.opportunity import Opportunity, OpportunityState, advance
from tradewind.domain.tick import tick_cause
from tradewind.domain.trial import TRIAL_ID
from tradewind.kernel.clock import NS_PER_S
from tradewind.signals.confidence import Assessment, Voice, assess
from tradewind.signals.intake import SignalIntake
from tradewind.signals.prices import NO_CEILING, NO_FLOOR, PriceBoard
from tradewind.signals.stops import is_touched, stop_price

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tradewind.domain.feature import FeatureSnapshot
    from tradewind.domain.signal import Signal, SignalSide
    from tradewind.domain.tick import Tick
    from tradewind.kernel.clock import LineClock, Timer
    from tradewind.signals.settings import SignalsSettings

_OPPOSITE: Final[Mapping[SignalSide, SignalSide]] = {"buy": "sell", "sell": "buy"}
_EMPTY: Final[Mapping[str, Voice]] = {}


class _Open:
    """One open opportunity: its last version, the voices behind it, its stop and its one waiting timer."""

    __slots__ = ("current", "heard_ns", "stop", "supporters", "timer", "voices", "was_confirmed")

    def __init__(self, current: Opportunity, voice: Voice, stop: float) -> None:
        self.current = current
        self.voices = {voice.signal.strategy: voice}
        self.heard_ns = voice.heard_ns
        self.stop = stop
        self.supporters = 0
        self.was_confirmed = False
        self.timer: Timer | None = None


class Aggregator:
    """The pure core of the signals room; `emit` receives each new version of an opportunity, in order."""

    def __init__(
        self,
        *,
        settings: SignalsSettings,
        clock: LineClock,
        emit: Callable[[Opportunity], None],
        on_gap: Callable[[], None] = lambda: None,
        on_refused: Callable[[str], None] = lambda _reason: None,
        wall_ns: Callable[[], int] | None = None,
    ) -> None:
        self._settings = settings
        self._wall_ns = wall_ns
        self._clock = clock
        self._emit = emit
        self._tracking_ns = round(settings.tracking_after_s * NS_PER_S)
        self._expire_ns = round(settings.expire_after_s * NS_PER_S)
        self._refresh_ns = round(settings.refresh_every_s * NS_PER_S)
        self._ttl_ns = round(settings.contribution_ttl_s * NS_PER_S)
        self._open: dict[tuple[str, SignalSide], _Open] = {}
        self._closed: dict[str, Opportunity] = {}
        self._id_second = -1
        self._ids_in_second: dict[str, int] = {}
        self.intake = SignalIntake(
            remembered=settings.remembered_signals, recent=settings.recent_signals, on_refused=on_refused
        )
        self.revision = 0
        """Goes up with every version emitted; readers cache by it."""
        self.prices = PriceBoard(
            max_instruments=settings.max_instruments, on_breach=self._on_stop_touched, on_gap=on_gap
        )

    def on_signal(self, signal: Signal) -> None:
        """Take one strategy's signal into the opportunity of its side; a redelivered one changes nothing."""
        if not self.intake.accept(signal):
            return
        now_ns = self._clock.now_ns() or signal.ts_event
        signal = self._noted(signal)
        if signal.instrument_id == TRIAL_ID:
            self._answer_trial(signal, now_ns)
            return
        entry = self._open.get((signal.instrument_id, signal.side))
        was_active = entry is not None and entry.current.state is OpportunityState.ACTIVE
        if entry is None:
            entry = self._begin(signal, now_ns)
        else:
            self._join(entry, signal, now_ns)
        is_newly_active = entry.current.state is OpportunityState.ACTIVE and not was_active
        self._tell_opposite(entry.current, signal, now_ns, is_confirmed=is_newly_active)

    def _noted(self, signal: Signal) -> Signal:
        """Return a signal that carries the times of its way with the one at which it came to be merged."""
        if self._wall_ns is None or signal.times is None:
            return signal
        return replace(signal, times=replace(signal.times, ts_merged=self._wall_ns()))

    def on_price(self, event: FeatureSnapshot | Tick) -> None:
        """Follow the price and close what touches its stop."""
        self.prices.on_price(event)

    def arm(self) -> None:
        """Ask the clock again for the deadlines of everything open, after `disarm`."""
        for entry in self._open.values():
            if entry.timer is None:
                self._arm(entry)

    def disarm(self) -> None:
        """Cancel every timer; nothing expires until `arm`."""
        for entry in self._open.values():
            if entry.timer is not None:
                entry.timer.cancel()
                entry.timer = None

    def open_opportunities(self) -> Iterable[Opportunity]:
        """Return the newest version of each open opportunity, in the order they opened."""
        return [entry.current for entry in self._open.values()]

    def closed_opportunities(self) -> Iterable[Opportunity]:
        """Return the last version of recently closed ones, oldest first."""
        return list(self._closed.values())

    def _begin(self, signal: Signal, now_ns: int) -> _Open:
        """Open an opportunity: NEW in its first version, ACTIVE in its second if one signal is enough."""
        if len(self._open) >= self._settings.max_open and signal.instrument_id != TRIAL_ID:
            self._evict(signal, now_ns)
        voice = Voice(signal, now_ns)
        found = assess(
            {signal.strategy: voice},
            self._opposing(signal.instrument_id, signal.side),
            now_ns=now_ns,
            settings=self._settings,
        )
        entry_price = signal.last_price or self.prices.last_price(signal.instrument_id) or 0.0
        current = Opportunity(
            opportunity_id=self._new_id(signal, now_ns),
            instrument_id=signal.instrument_id,
            side=signal.side,
            state=OpportunityState.NEW,
            version=1,
            confidence=found.confidence,
            strength=found.strength,
            last_price=entry_price,
            entry_price=entry_price,
            created_at=now_ns,
            updated_at=now_ns,
            expires_at=now_ns + self._expire_ns,
            reasons=found.reasons,
            contributions=found.contributions,
            cause=f"signal:{signal.signal_id}",
        )
        stop = stop_price(signal.side, entry_price, self.prices.atr(signal.instrument_id), self._settings)
        entry = _Open(current, voice, stop)
        entry.supporters = found.supporters
        self._open[current.instrument_id, current.side] = entry
        self._set_stop(current, entry.stop)
        self._arm(entry)
        self._tell(current)
        if self._is_confirmed(found):
            entry.was_confirmed = True
            self._renew(entry, OpportunityState.ACTIVE, found, now_ns, current.cause)
        return entry

    def _answer_trial(self, signal: Signal, now_ns: int) -> None:
        """Open an opportunity as for any signal and close it at once: nobody is to find a test among the open ones."""
        entry = self._begin(signal, now_ns)
        self._close(entry, now_ns, entry.current.cause, "closed why=test")

    def _join(self, entry: _Open, signal: Signal, now_ns: int) -> None:
        """Let a signal replace its strategy's voice, and publish if anybody could see a difference."""
        is_joining = signal.strategy not in entry.voices
        self._replace_voice(entry, signal, now_ns)
        current = entry.current
        found = self._assess(entry, now_ns)
        entry.was_confirmed = entry.was_confirmed or self._is_confirmed(found)
        state = OpportunityState.ACTIVE if entry.was_confirmed else current.state
        if (
            state is not current.state
            or is_joining
            or found.supporters != entry.supporters
            or self._has_moved(current.confidence, found.confidence)
            or now_ns - current.updated_at >= self._refresh_ns
        ):
            entry.supporters = found.supporters
            self._renew(entry, state, found, now_ns, f"signal:{signal.signal_id}", price=signal.last_price)

    def _replace_voice(self, entry: _Open, signal: Signal, now_ns: int) -> None:
        voices = entry.voices
        voices[signal.strategy] = Voice(signal, now_ns)
        entry.heard_ns = now_ns
        for strategy in [name for name, voice in voices.items() if now_ns - voice.heard_ns > self._ttl_ns]:
            del voices[strategy]
        if len(voices) > self._settings.max_contributions:
            oldest = min(voices, key=lambda name: (voices[name].heard_ns, name))
            del voices[oldest]

    def _tell_opposite(self, mine: Opportunity, signal: Signal, now_ns: int, *, is_confirmed: bool) -> None:
        """Close the other side when this one has just been confirmed, else let it lose confidence."""
        other = self._open.get((mine.instrument_id, _OPPOSITE[mine.side]))
        if other is None:
            return
        cause = f"signal:{signal.signal_id}"
        if is_confirmed:
            self._close(other, now_ns, cause, f"closed why=opposite_confirmed by={mine.opportunity_id}")
            return
        found = self._assess(other, now_ns)
        if self._has_moved(other.current.confidence, found.confidence):
            other.supporters = found.supporters
            self._renew(other, other.current.state, found, now_ns, cause, price=signal.last_price)

    def _is_confirmed(self, found: Assessment) -> bool:
        settings = self._settings
        return found.supporters >= settings.confirm_strategies or found.confidence >= settings.confirm_confidence

    def _has_moved(self, told: float, found: float) -> bool:
        moved = abs(found - told)
        return moved > 0.0 and moved >= self._settings.confidence_step

    def _arm(self, entry: _Open) -> None:
        """Leave one timer waiting; signals that come meanwhile only move the deadline it finds when it fires."""
        entry.timer = self._clock.call_at(self._deadline_ns(entry), lambda due_ns: self._on_due(entry, due_ns))

    def _deadline_ns(self, entry: _Open) -> int:
        is_tracking = entry.current.state is OpportunityState.TRACKING
        return entry.heard_ns + (self._expire_ns if is_tracking else self._tracking_ns)

    def _on_due(self, entry: _Open, due_ns: int) -> None:
        if self._deadline_ns(entry) <= due_ns:
            cause = f"timer:{due_ns}"
            silent = f"silent_s={(due_ns - entry.heard_ns) / NS_PER_S:.6g}"
            if entry.current.state is OpportunityState.TRACKING:
                self._close(entry, due_ns, cause, f"closed why=expired {silent}")
                return
            found = self._assess(entry, due_ns)
            self._renew(entry, OpportunityState.TRACKING, found, due_ns, cause, note=f"tracking {silent}")
        self._arm(entry)

    def _on_stop_touched(self, event: FeatureSnapshot | Tick) -> None:
        for side in _OPPOSITE:
            entry = self._open.get((event.instrument_id, side))
            if entry is None or not is_touched(side, entry.stop, event.last_price):
                continue
            self._close(
                entry,
                self._clock.now_ns() or event.ts_event,
                tick_cause(event.instrument_id, event.seq),
                f"closed why=stop price={event.last_price:.10g} stop={entry.stop:.10g}",
                price=event.last_price,
            )

    def _set_stop(self, opportunity: Opportunity, price: float) -> None:
        if opportunity.side == "buy":
            self.prices.set_floor(opportunity.instrument_id, price)
        else:
            self.prices.set_ceiling(opportunity.instrument_id, price)

    def _assess(self, entry: _Open, now_ns: int) -> Assessment:
        current = entry.current
        opposing = self._opposing(current.instrument_id, current.side)
        return assess(entry.voices, opposing, now_ns=now_ns, settings=self._settings)

    def _opposing(self, instrument_id: str, side: SignalSide) -> Mapping[str, Voice]:
        other = self._open.get((instrument_id, _OPPOSITE[side]))
        return other.voices if other is not None else _EMPTY

    def _renew(
        self,
        entry: _Open,
        state: OpportunityState,
        found: Assessment,
        now_ns: int,
        cause: str,
        *,
        note: str = "",
        price: float = 0.0,
    ) -> None:
        """Make the next version and tell it."""
        current = entry.current
        latest = price or self.prices.last_price(current.instrument_id) or current.last_price
        entry.current = Opportunity(
            opportunity_id=current.opportunity_id,
            instrument_id=current.instrument_id,
            side=current.side,
            state=state if state is current.state else advance(current.state, state),
            version=current.version + 1,
            confidence=found.confidence,
            strength=found.strength,
            last_price=latest,
            entry_price=current.entry_price,
            created_at=current.created_at,
            updated_at=max(now_ns, current.updated_at),
            expires_at=entry.heard_ns + self._expire_ns,
            reasons=(note, *found.reasons) if note else found.reasons,
            contributions=found.contributions,
            cause=cause,
        )
        self._tell(entry.current)

    def _close(self, entry: _Open, now_ns: int, cause: str, note: str, *, price: float = 0.0) -> None:
        current = entry.current
        found = self._assess(entry, now_ns)
        del self._open[current.instrument_id, current.side]
        self._set_stop(current, NO_FLOOR if current.side == "buy" else NO_CEILING)
        if entry.timer is not None:
            entry.timer.cancel()
            entry.timer = None
        self._renew(entry, OpportunityState.CLOSED, found, now_ns, cause, note=note, price=price)
        self._closed[current.opportunity_id] = entry.current
        if len(self._closed) > self._settings.recent_closed:
            del self._closed[next(iter(self._closed))]

    def _evict(self, signal: Signal, now_ns: int) -> None:
        """Make room: the least sure goes first, and of equals the oldest."""
        weakest = min(
            self._open.values(),
            key=lambda entry: (entry.current.confidence, entry.current.created_at, entry.current.opportunity_id),
        )
        self._close(weakest, now_ns, f"signal:{signal.signal_id}", "closed why=evicted")

    def _tell(self, opportunity: Opportunity) -> None:
        self.revision += 1
        self._emit(opportunity)

    def _new_id(self, signal: Signal, now_ns: int) -> str:
        """Name an opportunity after instrument, second and side; a second one in the same second gets a number."""
        second = now_ns // NS_PER_S
        if second != self._id_second:
            self._id_second = second
            self._ids_in_second.clear()
        name = f"{signal.instrument_id}-{second}-{signal.side}"
        count = self._ids_in_second.get(name, 0) + 1
        self._ids_in_second[name] = count
        return name if count == 1 else f"{name}-{count}"
