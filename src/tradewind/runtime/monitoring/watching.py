"""Which alerts fire right now: the table's own rules over what this platform says of itself, judged every ten seconds.

The same whether everything is in one process or the services run apart: both tell one `SystemView`.
"""

from __future__ import annotations

import asyncio
from math import isnan
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.api.ops_desk import AlertView, AlertWords
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.log import get_log
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.monitoring.alerts import alerts
from tradewind.runtime.monitoring.promql import judge_of, names_in, seconds_of
from tradewind.runtime.monitoring.samples import Samples, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal

    from tradewind.kernel.clock import Clock
    from tradewind.runtime.monitoring.alerts import Alert, Words
    from tradewind.runtime.monitoring.promql import Judge, Value
    from tradewind.runtime.status import SystemView

_LOG = get_log("runtime.alerts")
_EVERY_S: Final = 10.0
_KEPT_S: Final = 3_600.0
_BUCKETS: Final = "tradewind_line_latency_seconds_bucket"


class _Rule(NamedTuple):
    alert: Alert
    judge: Judge
    for_s: float


class AlertWatch:
    """Samples, judges, and remembers since when; runs under the supervisor as `alerts`."""

    name = "alerts"

    def __init__(self, system: Callable[[], SystemView], *, clock: Clock) -> None:
        """Raises: ConfigError: the table holds an expression that cannot be judged here."""
        self._system = system
        self._clock = clock
        self._rules = [_Rule(alert, judge_of(alert.expr), seconds_of(alert.for_)) for alert in alerts()]
        self._wanted = {name for alert in alerts() for name in names_in(alert.expr)}
        self._labels = _labels()
        self._samples = Samples(kept_s=_KEPT_S)
        self._since: dict[str, int] = {}
        self._found: dict[str, Series] = {}

    async def run(self) -> None:
        """Judge until cancelled."""
        while True:
            self.judge()
            await asyncio.sleep(_EVERY_S)

    def judge(self) -> None:
        """Take one sample and judge every rule by it."""
        now_ns = self._clock.now_ns()
        self._samples.take(now_ns / NS_PER_S, self._metrics(self._system()))
        for rule in self._rules:
            name, before = rule.alert.name, self._state(rule, now_ns)
            holds = _holding(rule.judge(self._samples))
            self._found[name] = holds
            if holds:
                self._since.setdefault(name, now_ns)
            else:
                self._since.pop(name, None)
            after = self._state(rule, now_ns)
            if before != after and "firing" in {before, after}:
                _LOG.warning("alert_changed", alert=name, state=after)

    def views(self) -> list[AlertView]:
        """Return every alert as it stands, in the order of the handbook."""
        now_ns = self._clock.now_ns()
        return [self._view(rule, now_ns) for rule in self._rules]

    def _state(self, rule: _Rule, now_ns: int) -> Literal["quiet", "pending", "firing"]:
        since = self._since.get(rule.alert.name)
        if since is None:
            return "quiet"
        return "firing" if now_ns - since >= rule.for_s * NS_PER_S else "pending"

    def _view(self, rule: _Rule, now_ns: int) -> AlertView:
        alert = rule.alert
        return AlertView(
            name=alert.name,
            group=alert.group,
            severity=alert.severity,
            state=self._state(rule, now_ns),
            since=self._since.get(alert.name),
            found=[{**dict(labels), "": f"{value:.6g}"} for labels, value in self._found.get(alert.name, {}).items()],
            expr=alert.expr,
            holds_for=alert.for_,
            words={"zh": _words(alert.zh), "en": _words(alert.en)},
        )

    def _metrics(self, view: SystemView) -> dict[str, Series]:
        tables: list[tuple[str, Mapping[str, float]]] = [*view.counters.items(), *view.gauges.items()]
        taken = {name: self._series(name, table) for name, table in tables if name in self._wanted}
        taken["up"] = {frozenset({("instance", row.name)}): float(row.is_healthy) for row in view.services}
        taken[_BUCKETS] = {frozenset({("le", edge)}): float(count) for edge, count in view.line_buckets.items()}
        return taken

    def _series(self, name: str, table: Mapping[str, float]) -> Series:
        label = self._labels[name]
        return {frozenset({(label, value)} if value else ()): float(number) for value, number in table.items()}


def _labels() -> dict[str, str]:
    metrics = Metrics()
    counters = {counter.name: counter.label for counter in metrics.counters()}
    return counters | {gauge.name: gauge.label for gauge in metrics.gauges()}


def _holding(value: Value) -> Series:
    return {labels: number for labels, number in value.items() if not isnan(number)} if isinstance(value, dict) else {}


def _words(words: Words) -> AlertWords:
    return AlertWords(title=words.title, means=words.means, look=list(words.look), remedy=list(words.remedy))
