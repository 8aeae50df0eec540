"""Every number Tradewind counts about itself, declared here and nowhere else, exported for Prometheus.

Counters on the line are plain integers in a dict, read when somebody scrapes; latency goes into histograms whose
`observe` is a few list operations, so they are always on. Names: `tradewind_<room>_<noun>_<unit>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

_SUB_BITS: Final = 2
_SLOTS: Final = 64 << _SUB_BITS
_QUANTILE_LABELS: Final = (0.5, 0.99, 0.999)


class Counter:
    """A count per label value, bounded: beyond `max_labels` everything is counted under `other`."""

    __slots__ = ("counts", "doc", "label", "max_labels", "name")

    def __init__(self, name: str, doc: str, *, label: str = "", max_labels: int = 200) -> None:
        self.name = name
        self.doc = doc
        self.label = label
        self.max_labels = max_labels
        self.counts: dict[str, int] = {}

    def add(self, label: str = "", amount: int = 1) -> None:
        """Count `amount` under `label`."""
        counts = self.counts
        if label not in counts and len(counts) >= self.max_labels:
            label = "other"
        counts[label] = counts.get(label, 0) + amount

    def raise_to(self, total: int, label: str = "") -> None:
        """Lift the count under `label` to a total that is kept elsewhere; a lower one changes nothing."""
        missing = total - self.counts.get(label, 0)
        if missing > 0:
            self.add(label, missing)

    def total(self) -> int:
        """Return the sum over all labels."""
        return sum(self.counts.values())


class Gauge:
    """A value per label that goes up and down."""

    __slots__ = ("doc", "label", "name", "values")

    def __init__(self, name: str, doc: str, *, label: str = "") -> None:
        self.name = name
        self.doc = doc
        self.label = label
        self.values: dict[str, float] = {}

    def set(self, value: float, label: str = "") -> None:
        """Set the value under `label`."""
        self.values[label] = value


class LatencyHistogram:
    """Durations in ns, in buckets a quarter of a power of two wide: quantiles are right to within 25 %."""

    __slots__ = ("count", "slots", "sum_ns")

    def __init__(self) -> None:
        self.slots = [0] * _SLOTS
        self.count = 0
        self.sum_ns = 0

    def observe(self, ns: int) -> None:
        """Count one duration; anything below 4 ns counts as 4."""
        ns = max(ns, 4)
        bits = ns.bit_length()
        self.slots[(bits << _SUB_BITS) | ((ns >> (bits - 3)) & 3)] += 1
        self.count += 1
        self.sum_ns += ns

    def quantile_ns(self, q: float) -> int:
        """Return the upper edge of the bucket that holds the `q` quantile; 0 when empty."""
        rank = q * self.count
        seen = 0
        for index, count in enumerate(self.slots):
            seen += count
            if count and seen >= rank:
                return _upper_edge(index)
        return 0

    def edges(self) -> Iterator[tuple[int, int]]:
        """Yield (upper edge in ns, cumulative count) for each bucket in use."""
        seen = 0
        for index, count in enumerate(self.slots):
            if count:
                seen += count
                yield _upper_edge(index), seen


def _upper_edge(index: int) -> int:
    bits, sub = index >> _SUB_BITS, index & 3
    return (4 + sub + 1) << (bits - 3)


class Metrics:
    """The one set of metrics of a process; rooms get it injected and use its attributes."""

    def __init__(self) -> None:
        self._declare_market()
        self._declare_line()
        self._declare_pretrade()
        self._declare_bus()
        self._declare_edges()
        self._declare_execution()
        self._declare_people()
        self._declare_fleet()
        self._declare_process()
        self.line_latency = LatencyHistogram()
        self.hops: dict[tuple[str, str], LatencyHistogram] = {}

    def _declare_market(self) -> None:
        self.ticks_in = Counter("tradewind_market_ticks_in_total", "raw ticks handed in by sources", label="source")
        self.ticks_rejected = Counter("tradewind_market_ticks_rejected_total", "rejected ticks", label="reason")
        self.ticks_clean = Counter("tradewind_market_ticks_clean_total", "ticks that passed cleaning")
        self.ticks_repaired = Counter("tradewind_market_ticks_repaired_total", "fields made absent", label="reason")
        self.feed_messages = Counter(
            "tradewind_market_feed_messages_total", "messages of a live feed by form and spelling", label="variant"
        )
        self.feed_refused = Counter(
            "tradewind_market_feed_refused_total",
            "messages or quotes of a live feed that cannot be read",
            label="reason",
        )
        self.feed_filtered = Counter("tradewind_market_feed_filtered_total", "quotes of contracts nobody wants")
        self.feed_missing = Counter("tradewind_market_feed_missing_total", "messages that running numbers show missing")
        self.feed_connections = Counter(
            "tradewind_market_feed_connections_total", "what became of connections to publishers", label="event"
        )
        self.feed_alarm = Gauge("tradewind_market_feed_alarm", "1 while a feed is silent or absent in trading hours")
        self.ticks_recorded = Counter("tradewind_market_ticks_recorded_total", "raw ticks written to recordings")
        self.ticks_not_recorded = Counter(
            "tradewind_market_ticks_not_recorded_total", "raw ticks that are in no recording: disk refused, or no ticks"
        )
        self.ticks_waiting_for_disk = Gauge(
            "tradewind_market_ticks_waiting_for_disk", "raw ticks that wait in memory for the disk of the recordings"
        )

    def _declare_line(self) -> None:
        self.features = Counter("tradewind_features_snapshots_total", "feature snapshots published")
        self.bars = Counter("tradewind_features_bars_total", "closed bars published")
        self.features_passed_over = Counter(
            "tradewind_features_passed_over_total", "ticks that changed no bar or no features", label="reason"
        )
        self.gaps = Counter("tradewind_line_gaps_total", "missing sequence numbers seen by a room", label="room")
        self.signals = Counter("tradewind_strategies_signals_total", "signals published", label="strategy")
        self.signals_refused = Counter(
            "tradewind_signals_refused_total", "answers of strategies and signals that did not count", label="reason"
        )
        self.strategy_errors = Counter("tradewind_strategies_errors_total", "exceptions raised", label="strategy")
        self.quarantines = Counter("tradewind_strategies_quarantines_total", "quarantines begun", label="strategy")
        self.opportunities = Counter(
            "tradewind_signals_opportunities_total", "opportunity versions published", label="state"
        )
        self.alerts = Counter("tradewind_risk_alerts_total", "risk alerts published", label="kind")
        self.fills_aside = Counter(
            "tradewind_portfolio_fills_aside_total", "fills that could not be booked", label="reason"
        )
        self.opportunities_missed = Counter(
            "tradewind_desk_opportunities_missed_total",
            "opportunities of which the desk heard too late to act on them",
            label="reason",
        )
        self.settlements = Counter("tradewind_portfolio_settlements_total", "days settled", label="account")
        self.settled_without_price = Counter(
            "tradewind_portfolio_settled_without_price_total",
            "contracts settled at the price they stood at in the books",
        )

    def _declare_pretrade(self) -> None:
        self.orders_judged = Counter("tradewind_pretrade_decisions_total", "orders judged", label="decision")
        self.order_refusals = Counter("tradewind_pretrade_refusals_total", "reasons of refusals", label="code")
        self.rule_failures = Counter("tradewind_pretrade_rule_failures_total", "rules that raised", label="rule")
        self.trading_mode = Gauge(
            "tradewind_pretrade_mode", "0 active, 1 reducing, 2 halted; scopes never shut are left out", label="scope"
        )

    def _declare_bus(self) -> None:
        self.handler_failures = Counter(
            "tradewind_bus_handler_failures_total", "handlers that raised", label="topic_group"
        )
        self.bus_refused = Counter("tradewind_bus_refused_total", "entries that could not be read", label="reason")
        self.bus_poison = Counter("tradewind_bus_poison_total", "entries set aside", label="topic_group")
        self.bus_repeats = Counter("tradewind_bus_repeats_total", "events handled once of two", label="topic_group")
        self.bus_reclaimed = Counter(
            "tradewind_bus_reclaimed_total", "entries taken over from an earlier or a dead member", label="group"
        )
        self.bus_gaps = Counter("tradewind_bus_gaps_total", "entries a group never got", label="group_reason")
        self.bus_dropped = Counter("tradewind_bus_dropped_total", "commands never written to Redis", label="reason")
        self.bus_behind_s = Gauge(
            "tradewind_bus_behind_seconds", "between the last entry read and the newest of its streams", label="room"
        )
        self.bus_reconnects = Counter("tradewind_bus_reconnects_total", "connections to Redis lost")
        self.journal_entries = Counter("tradewind_stores_journal_entries_total", "entries that became durable")
        self.journal_groups = Counter("tradewind_stores_journal_groups_total", "transactions they came in")
        self.journal_troubles = Counter("tradewind_stores_journal_troubles_total", "times it could not be written")
        self.rows_left_out = Counter("tradewind_stores_rows_left_out_total", "rows no table could hold", label="table")
        self.service_restarts = Counter(
            "tradewind_service_restarts_total", "services started again after a failure", label="service"
        )
        self.services_refused = Counter(
            "tradewind_service_refused_total", "services that cannot work as they are configured", label="service"
        )

    def _declare_edges(self) -> None:
        self.push_messages = Counter("tradewind_push_messages_total", "frames written to clients", label="topic")
        self.push_dropped = Counter(
            "tradewind_push_dropped_total", "events not sent one by one (conflated or recovered)", label="reason"
        )
        self.push_commands_refused = Counter(
            "tradewind_push_commands_refused_total", "client commands refused", label="code"
        )
        self.push_clients = Gauge("tradewind_push_clients", "connected clients", label="dialect")
        self.quotes_frames = Counter("tradewind_quotes_frames_total", "quotes written to Socket.IO clients")
        self.quotes_dropped = Counter(
            "tradewind_quotes_dropped_total", "quotes not sent one by one, and clients given up", label="reason"
        )
        self.quotes_refused = Counter(
            "tradewind_quotes_refused_total", "what Socket.IO clients sent and we did not carry out", label="code"
        )
        self.quotes_clients = Gauge("tradewind_quotes_clients", "Socket.IO clients", label="state")
        self.access_refused = Counter("tradewind_identity_refusals_total", "callers turned away", label="code")
        self.cache_answers = Counter(
            "tradewind_api_cached_answers_total", "slow answers looked for in Redis: hit, miss, away", label="outcome"
        )
        self.api_requests = Counter("tradewind_api_requests_total", "HTTP answers", label="status")

    def _declare_execution(self) -> None:
        self.orders = Counter("tradewind_execution_orders_total", "order versions published", label="status")
        self.fills = Counter("tradewind_execution_fills_total", "fills published")
        self.orders_sent = Counter("tradewind_execution_sent_total", "messages to the broker", label="kind")
        self.reports_ignored = Counter(
            "tradewind_execution_reports_ignored_total", "reports of the broker that changed nothing", label="reason"
        )
        self.execution_alarms = Counter("tradewind_execution_alarms_total", "what a person must look at", label="kind")
        self.execution_queue = Gauge("tradewind_execution_queue", "orders that wait to be sent", label="account")
        self.unknown_orders = Gauge(
            "tradewind_execution_unknown_orders", "orders of which nobody knows whether they are sent", label="account"
        )

    def _declare_people(self) -> None:
        self.notices_told = Counter("tradewind_notices_told_total", "notices on pages", label="kind")
        self.notices_unreadable = Counter(
            "tradewind_notices_unreadable_total", "journal entries nobody could be told of", label="topic"
        )
        self.notices_lost = Counter(
            "tradewind_notices_lost_total", "alerts and mentions that could not be told", label="kind"
        )
        self.notice_tries = Counter(
            "tradewind_notices_tries_total", "messages handed to channels, by what came of it", label="channel_result"
        )
        self.chat_messages = Counter("tradewind_notices_chat_total", "what was done in the chat", label="act")

    def _declare_fleet(self) -> None:
        self.control_modules = Gauge("tradewind_control_modules", "modules connected here")
        self.control_refused = Counter(
            "tradewind_control_refused_total",
            "requests, connections and messages that were turned away",
            label="reason",
        )
        self.control_messages = Counter("tradewind_control_messages_total", "what modules said", label="kind")
        self.control_executions = Counter(
            "tradewind_control_executions_total", "executions sent, done, failed, reported again", label="outcome"
        )
        self.control_schedules = Counter(
            "tradewind_control_schedules_total", "schedules fired, missed", label="outcome"
        )

    def _declare_process(self) -> None:
        self.build_info = Gauge("tradewind_build_info", "1 under the version that runs", label="version")
        self.memory_bytes = Gauge("tradewind_process_memory_bytes", "resident memory")
        self.uptime_s = Gauge("tradewind_process_uptime_seconds", "since the start of the process")
        self.disk_free_bytes = Gauge("tradewind_process_disk_free_bytes", "free for us where the data folder lies")
        self.disk_size_bytes = Gauge("tradewind_process_disk_size_bytes", "size of the disk where the data folder lies")
        self.certificate_expires_s = Gauge(
            "tradewind_gateway_certificate_expires_timestamp_seconds", "when the entry's certificate ends, Unix time"
        )

    def observe_hop(self, topic: str, group: str, ns: int) -> None:
        """Count the own time of one handler on one topic."""
        key = (topic, group)
        histogram = self.hops.get(key)
        if histogram is None:
            histogram = self.hops[key] = LatencyHistogram()
        histogram.observe(ns)

    def counters(self) -> list[Counter]:
        """Return every counter declared above."""
        return [value for value in vars(self).values() if isinstance(value, Counter)]

    def gauges(self) -> list[Gauge]:
        """Return every gauge declared above."""
        return [value for value in vars(self).values() if isinstance(value, Gauge)]


class MetricsCollector:
    """Shows a `Metrics` to the Prometheus client library at the moment it is asked."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """Yield every family in Prometheus' terms."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily  # noqa: PLC0415 - heavy, only when scraped

        for counter in self._metrics.counters():
            family = CounterMetricFamily(counter.name, counter.doc, labels=[counter.label] if counter.label else [])
            for label, count in list(counter.counts.items()) or ([("", 0)] if not counter.label else []):
                family.add_metric([label] if counter.label else [], count)
            yield family
        for gauge in self._metrics.gauges():
            shown = GaugeMetricFamily(gauge.name, gauge.doc, labels=[gauge.label] if gauge.label else [])
            for label, value in list(gauge.values.items()):
                shown.add_metric([label] if gauge.label else [], value)
            yield shown
        line = HistogramMetricFamily("tradewind_line_latency_seconds", "raw tick in to last handler done", labels=[])
        line.add_metric([], *_prometheus_buckets(self._metrics.line_latency))
        yield line
        hops = HistogramMetricFamily(
            "tradewind_line_hop_latency_seconds", "own time of a room on a topic (sampled)", labels=["topic", "room"]
        )
        for (topic, room), histogram in list(self._metrics.hops.items()):
            hops.add_metric([topic, room], *_prometheus_buckets(histogram))
        yield hops


def _prometheus_buckets(histogram: LatencyHistogram) -> tuple[list[tuple[str, float]], float]:
    buckets = [(repr(edge / 1e9), float(seen)) for edge, seen in histogram.edges()]
    buckets.append(("+Inf", float(histogram.count)))
    return buckets, histogram.sum_ns / 1e9


def latency_summary(histogram: LatencyHistogram) -> dict[str, float]:
    """Return count and quantiles in µs, for people and the system page."""
    shown = {f"p{q * 100:g}_us": histogram.quantile_ns(q) / 1e3 for q in _QUANTILE_LABELS}
    return {"count": float(histogram.count), **shown}


def register(metrics: Metrics) -> CollectorRegistry:
    """Return a Prometheus registry that holds just these metrics."""
    from prometheus_client import CollectorRegistry  # noqa: PLC0415 - heavy, only when scraped

    registry = CollectorRegistry()
    registry.register(MetricsCollector(metrics))
    return registry
