"""Runs the strategies: hands each event to every hook that exists, and keeps what one does from harming the others.

The hot path is one closure per kind of event. It knows each instrument as a `_Lane`: the sequence it expects next and
the flat tuple of calls to make, rebuilt only when strategies come, go or are quarantined.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tradewind.domain.bar import Bar
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.signal import SignalTimes
from tradewind.domain.tick import Tick
from tradewind.domain.trial import TRIAL_ID
from tradewind.errors import AnswerRefusedError, StateConflictError
from tradewind.kernel.clock import NS_PER_S, perf_ns
from tradewind.kernel.log import get_log
from tradewind.native import compiled
from tradewind.strategies.answers import checked, time_of
from tradewind.strategies.async_calls import AsyncCalls
from tradewind.strategies.health import StrategyState
from tradewind.strategies.ports import HOOK_NAMES, HookName
from tradewind.strategies.registry import where
from tradewind.strategies.running import RunningStrategy
from tradewind.strategies.watchdog import STRATEGY_FAILURES, StrategyHung, Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.signal import Signal
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics
    from tradewind.strategies.registry import StrategySpec
    from tradewind.strategies.settings import StrategySettings

_LOG = get_log("strategies")
_ROOM: Final = "strategies"
_NS_PER_US: Final = 1_000.0
_EVENT_TYPES: Final[dict[HookName, type]] = {"on_tick": Tick, "on_features": FeatureSnapshot, "on_bar": Bar}


class _Lane:
    """One instrument's events of one kind."""

    __slots__ = ("calls", "expected")

    def __init__(self) -> None:
        self.expected = 0
        self.calls: tuple[tuple[Callable[[Any], Any], RunningStrategy], ...] = ()


class StrategyRunner:
    """Calls strategies and guards the line against them."""

    def __init__(
        self,
        *,
        settings: StrategySettings,
        clock: LineClock,
        metrics: Metrics,
        publish: Callable[[Signal], None],
        wall_ns: Callable[[], int] | None = None,
    ) -> None:
        """Begin without strategies; `on_tick`, `on_features` and `on_bar` take the events.

        Signals are stamped with the times of their way by the machine's clock `wall_ns`, if there is one.
        """
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._publish = publish
        self._wall_ns = wall_ns
        self._quarantine_ns = round(settings.quarantine_s * NS_PER_S)
        self.watchdog = Watchdog(hang_ms=settings.hang_ms)
        self.async_calls = AsyncCalls(
            timeout_s=settings.async_timeout_s,
            backlog=settings.async_backlog,
            watchdog=self.watchdog,
            caller=self,
        )
        self.running: dict[str, RunningStrategy] = {}
        """By name, in the order in which they are called."""
        self.passed_over = 0
        """Events of instruments beyond `max_instruments`."""
        self._lanes: dict[HookName, dict[str, _Lane]] = {hook: {} for hook in HOOK_NAMES}
        self.on_tick = self._handler("on_tick", is_gapless=True)
        self.on_features = self._handler("on_features", is_gapless=True)
        self.on_bar = self._handler("on_bar", is_gapless=False)

    # What the operator does.

    def load(self, spec: StrategySpec) -> None:
        """Begin to run a strategy, in place of an older version of the same name."""
        old = self.running.get(spec.name)
        if old is not None:
            old.state = StrategyState.STOPPED
            self.async_calls.forget(old)
        self.running[spec.name] = RunningStrategy(spec, self._settings, version=old.version + 1 if old else 1)
        self._rebuild()

    def unload(self, name: str) -> bool:
        """Stop running a strategy; false if there is none of that name."""
        entry = self.running.pop(name, None)
        if entry is None:
            return False
        entry.state = StrategyState.STOPPED
        self.async_calls.forget(entry)
        self._rebuild()
        return True

    def stop(self, name: str) -> None:
        """Call a strategy no more until somebody releases it.

        Raises: StateConflictError: it is stopped already.
        """
        entry = self.running[name]
        if entry.state is StrategyState.STOPPED:
            message = f"strategy {name} is stopped already"
            raise StateConflictError(message)
        entry.state = StrategyState.STOPPED
        entry.quarantined_until = None
        entry.evidence = None
        self.async_calls.forget(entry)
        self._rebuild()

    def release(self, name: str) -> None:
        """Call a stopped or quarantined strategy again, on half its budgets until it has behaved for a while.

        Raises: StateConflictError: it runs.
        """
        entry = self.running[name]
        if entry.is_awake:
            message = f"strategy {name} runs already ({entry.state})"
            raise StateConflictError(message)
        self._try_again(entry)

    def has_hook(self, hook: HookName) -> bool:
        """Say whether any strategy has that hook, quarantined ones included."""
        return any(hook in entry.spec.hooks for entry in self.running.values())

    # What the bus does.

    def _handler(  # noqa: C901 - one closure: a call per part would cost more than the part
        self, hook: HookName, *, is_gapless: bool
    ) -> Callable[[Any], None]:
        lanes, cell, settle, gaps = self._lanes[hook], self.watchdog.cell, self.watchdog.settle, self._metrics.gaps
        every = self._settings.sample_every
        if compiled is not None:
            return compiled.StrategyCaller(
                lanes=lanes,
                cell=cell,
                settle=settle,
                open_lane=partial(self._open_lane, hook),
                on_gap=partial(gaps.add, _ROOM),
                timed=self._call_timed,
                answered=self._answered,
                go_on=self._go_on,
                failures=STRATEGY_FAILURES,
                event_type=_EVENT_TYPES[hook],
                lane_type=_Lane,
                every=every,
                is_gapless=is_gapless,
            )
        until_sample = every

        def on_event(event: Any) -> None:  # noqa: ANN401, C901 - as above; ticks, snapshots and bars: what they share is enough
            nonlocal until_sample
            lane = lanes.get(event.instrument_id)
            if lane is None and (lane := self._open_lane(hook, event.instrument_id)) is None:
                return
            seq = event.seq
            if seq != lane.expected:
                if seq < lane.expected:
                    return
                if is_gapless and lane.expected:
                    gaps.add(_ROOM)
            lane.expected = seq + 1
            until_sample -= 1
            if until_sample <= 0:
                until_sample = 1 if self._call_timed(lane, event) else every
                return
            calls = lane.calls
            entry: RunningStrategy | None = None
            cell.event = event
            try:
                for call, entry in calls:
                    answer = call(event)
                    if answer is not None:
                        self._answered(entry, event, answer)
                        cell.event = object()  # A new thing to watch: what answering took is not the next one's fault.
            except STRATEGY_FAILURES as error:  # the handler guard of every strategy
                self._go_on(calls, event, entry, error)
            cell.event = None
            if cell.claimed:
                settle()

        return on_event

    def _go_on(
        self,
        calls: tuple[tuple[Callable[[Any], Any], RunningStrategy], ...],
        event: Any,  # noqa: ANN401 - as above
        failed: RunningStrategy | None,
        error: BaseException,
    ) -> None:
        """Deal with the strategy that failed, then make the calls after it one by one."""
        self._look_away()
        if failed is None:
            raise error
        self._failed(failed, error)
        is_after = False
        for call, entry in calls:
            if is_after:
                self._call(call, event, entry)
            is_after = is_after or entry is failed

    def _call(self, call: Callable[[Any], Any], event: Any, entry: RunningStrategy) -> float:  # noqa: ANN401 - as above
        """Make one guarded call and return the machine time it took in µs, without what its answer set off."""
        answer, failure = None, None
        begun_ns = perf_ns()
        self.watchdog.cell.event = event
        try:
            answer = call(event)
        except STRATEGY_FAILURES as error:  # the handler guard of every strategy
            failure = error
        took_us = (perf_ns() - begun_ns) / _NS_PER_US
        self._look_away()
        if failure is not None:
            self._failed(entry, failure)
        elif answer is not None:
            self._answered(entry, event, answer)
        return took_us

    def _call_timed(self, lane: _Lane, event: Any) -> bool:  # noqa: ANN401 - as above
        """Do what `on_event` does and measure each call; true if one took too long and wants a closer look."""
        is_suspicious = False
        for call, entry in lane.calls:
            took_us = self._call(call, event, entry)
            is_suspicious |= 0.0 < entry.budgets.cpu_budget_us < took_us
            verdict = entry.budgets.on_sample(took_us)
            if verdict is not None:
                self._quarantine(entry, verdict)
        return is_suspicious

    def _look_away(self) -> None:
        """Nothing of a strategy runs from here on."""
        cell = self.watchdog.cell
        cell.event = None
        if cell.claimed:
            self.watchdog.settle()

    # What strategies do.

    def on_answer(self, entry: RunningStrategy, event: Any, answer: object) -> None:  # noqa: ANN401 - as above
        """Take what an asynchronous hook returned."""
        if answer is not None and entry.is_awake:
            self._answered(entry, event, answer, is_late=True)

    def on_failure(self, entry: RunningStrategy, error: BaseException) -> None:
        """Take what an asynchronous hook raised."""
        self._failed(entry, error)

    def on_dropped(self, entry: RunningStrategy) -> None:
        """Count an event that an asynchronous hook was too far behind to see."""
        entry.dropped_events += 1

    def _answered(
        self,
        entry: RunningStrategy,
        event: Any,  # noqa: ANN401 - as above
        answer: object,
        *,
        is_late: bool = False,
    ) -> None:
        """Publish what an answer holds; one that `is_late` comes when the line may have gone on to other ticks."""
        self._look_away()
        try:
            signals = checked(answer, instrument_id=event.instrument_id)
        except AnswerRefusedError as error:
            entry.refused += 1
            self._metrics.signals_refused.add(error.reason)
            self._failed(entry, error)
            return
        times = self._times(entry, event, is_late=is_late) if signals else None
        for signal in signals:
            flood = entry.budgets.on_signal(signal.instrument_id, time_of(event))
            if flood is not None:
                entry.refused += 1
                self._metrics.signals_refused.add("flood")
                self._quarantine(entry, flood)
                return
            self._metrics.signals.add(entry.spec.name)
            self._publish(entry.stamp(signal, event, times))

    def _times(self, entry: RunningStrategy, event: Any, *, is_late: bool) -> SignalTimes | None:  # noqa: ANN401 - as above
        """Return the times of a signal's way up to here: the line's time is that at which the present tick came in."""
        if self._wall_ns is None:
            return None
        recv_ns = event.ts_recv if isinstance(event, Tick) else 0 if is_late else self._clock.now_ns()
        own_ns = round(entry.budgets.usual_us * _NS_PER_US)
        return SignalTimes(ts_recv=recv_ns, ts_made=self._wall_ns(), own_ns=own_ns)

    def _failed(self, entry: RunningStrategy, error: BaseException) -> None:
        self._look_away()
        entry.errors += 1
        entry.last_error = where(error)
        self._metrics.strategy_errors.add(entry.spec.name)
        if isinstance(error, StrategyHung):
            self._quarantine(entry, f"a call did not return within {self._settings.hang_ms} ms")
            return
        verdict = entry.budgets.on_error(self._clock.now_ns())
        if verdict is not None:
            self._quarantine(entry, f"{verdict}, the last: {entry.last_error}")

    # Quarantine.

    def _quarantine(self, entry: RunningStrategy, evidence: str) -> None:
        """Skip a strategy for a while; for good, if it is on probation already."""
        if not entry.is_awake:
            return
        is_final = entry.state is StrategyState.PROBATION
        now_ns = self._clock.now_ns()
        entry.state = StrategyState.STOPPED if is_final else StrategyState.QUARANTINED
        entry.evidence = evidence
        entry.quarantines += 1
        entry.quarantined_until = None if is_final else now_ns + self._quarantine_ns
        self._metrics.quarantines.add(entry.spec.name)
        _LOG.warning("strategy_quarantined", strategy=entry.spec.name, evidence=evidence, is_final=is_final)
        self.async_calls.forget(entry)
        if not is_final:
            self._clock.call_at(now_ns + self._quarantine_ns, lambda _due: self._release(entry))
        self._rebuild()

    def _release(self, entry: RunningStrategy) -> None:
        # One that was released by hand and quarantined again waits for its own end.
        if entry.state is StrategyState.QUARANTINED and (entry.quarantined_until or 0) <= self._clock.now_ns():
            self._try_again(entry)

    def _try_again(self, entry: RunningStrategy) -> None:
        entry.state = StrategyState.PROBATION
        entry.quarantined_until = None
        entry.budgets.reset(is_halved=True)
        _LOG.info("strategy_released", strategy=entry.spec.name)
        self._clock.call_at(self._clock.now_ns() + self._quarantine_ns, lambda _due: self._trust(entry))
        self._rebuild()

    def _trust(self, entry: RunningStrategy) -> None:
        if entry.state is StrategyState.PROBATION:
            entry.state = StrategyState.ACTIVE
            entry.budgets.reset(is_halved=False)

    # Lanes.

    def _open_lane(self, hook: HookName, instrument_id: str) -> _Lane | None:
        """Begin to follow an instrument, unless there are too many already."""
        lanes = self._lanes[hook]
        if len(lanes) >= self._settings.max_instruments:
            self.passed_over += 1
            return None
        lane = lanes[instrument_id] = _Lane()
        lane.calls = self._calls(hook, instrument_id)
        return lane

    def _rebuild(self) -> None:
        for hook, lanes in self._lanes.items():
            for instrument_id, lane in lanes.items():
                lane.calls = self._calls(hook, instrument_id)

    def _calls(self, hook: HookName, instrument_id: str) -> tuple[tuple[Callable[[Any], Any], RunningStrategy], ...]:
        calls = []
        for entry in self.running.values():
            spec = entry.spec
            if not entry.is_awake or hook not in spec.hooks or spec.is_trial != (instrument_id == TRIAL_ID):
                continue
            try:
                with self.watchdog.watching():
                    call = getattr(entry.instance(instrument_id), hook)
            except STRATEGY_FAILURES as error:  # the handler guard: a foreign constructor runs
                self._broken(entry, error)
                continue
            calls.append((self.async_calls.hook_of(entry, call) if hook in spec.async_hooks else call, entry))
        return tuple(calls)

    def _broken(self, entry: RunningStrategy, error: BaseException) -> None:
        """A strategy that cannot even be made is quarantined at once."""
        entry.errors += 1
        entry.last_error = where(error)
        self._metrics.strategy_errors.add(entry.spec.name)
        self._quarantine(entry, f"its constructor failed: {entry.last_error}")
