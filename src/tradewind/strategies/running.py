"""A loaded strategy: its instances, its budgets, its record."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from tradewind.domain.bar import Bar
from tradewind.strategies.answers import stamped
from tradewind.strategies.budgets import Budgets
from tradewind.strategies.health import StrategyHealth, StrategyReport, StrategyState
from tradewind.strategies.params import describe_params

if TYPE_CHECKING:
    from tradewind.domain.feature import FeatureSnapshot
    from tradewind.domain.signal import Signal, SignalTimes
    from tradewind.domain.tick import Tick
    from tradewind.strategies.registry import StrategySpec
    from tradewind.strategies.settings import StrategySettings


class RunningStrategy:
    """One version of one strategy in the runner; compared by identity."""

    def __init__(self, spec: StrategySpec, settings: StrategySettings, *, version: int) -> None:
        self.spec = spec
        self.version = version
        self.state = StrategyState.ACTIVE
        self.budgets = Budgets(settings)
        self.signals = 0
        self.errors = 0
        self.refused = 0
        self.quarantines = 0
        self.quarantined_until: int | None = None
        self.evidence: str | None = None
        self.last_error: str | None = None
        self.dropped_events = 0
        self._instances: dict[str, object] = {}
        self._ordinals: dict[str, tuple[int, int]] = {}

    def __str__(self) -> str:
        return self.spec.name

    @property
    def is_awake(self) -> bool:
        """True while it is called."""
        return self.state in {StrategyState.ACTIVE, StrategyState.PROBATION}

    def instance(self, instrument_id: str) -> object:
        """Return the instance that serves an instrument, made at first need; runs the strategy's constructor."""
        key = instrument_id if self.spec.per_instrument else ""
        instance = self._instances.get(key)
        if instance is None:
            instance = self._instances[key] = self.spec.create()
        return instance

    def stamp(self, signal: Signal, event: Tick | FeatureSnapshot | Bar, times: SignalTimes | None = None) -> Signal:
        """Return the signal as it is published: with identity, price, times and cause."""
        key = f"bar:{event.instrument_id}" if isinstance(event, Bar) else event.instrument_id
        last_seq, ordinal = self._ordinals.get(key, (-1, 0))
        ordinal = ordinal + 1 if last_seq == event.seq else 1
        self._ordinals[key] = (event.seq, ordinal)
        self.signals += 1
        return stamped(signal, strategy=self.spec.name, event=event, ordinal=ordinal, times=times)

    def report(self) -> StrategyReport:
        """Return everything the API shows."""
        spec = self.spec
        return StrategyReport(
            name=spec.name,
            source=spec.source,
            doc=(inspect.getdoc(spec.factory) or "").partition("\n")[0],
            hooks=spec.hooks,
            is_async=bool(spec.async_hooks),
            params=describe_params(spec.params),
            health=StrategyHealth(
                state=self.state,
                version=self.version,
                instances=len(self._instances),
                signals=self.signals,
                errors=self.errors,
                refused=self.refused,
                quarantines=self.quarantines,
                quarantined_until=self.quarantined_until,
                evidence=self.evidence,
                last_error=self.last_error,
                own_time_us=self.budgets.own_time_us,
                dropped_events=self.dropped_events,
            ),
        )
