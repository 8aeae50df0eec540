"""Metrics: histograms are right to a quarter, label sets bounded, Prometheus can read it all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.kernel.metrics import Counter, LatencyHistogram, Metrics, latency_summary, register


@given(st.integers(4, 10**12))
def test_a_single_duration_is_told_to_within_a_quarter(ns: int) -> None:
    histogram = LatencyHistogram()
    histogram.observe(ns)
    assert ns <= histogram.quantile_ns(0.5) <= ns * 1.25 + 1


@given(st.lists(st.integers(4, 10**9), min_size=1, max_size=200), st.floats(0.01, 1.0))
def test_a_quantile_is_at_least_the_true_one_and_at_most_a_quarter_more(durations: list[int], q: float) -> None:
    histogram = LatencyHistogram()
    for ns in durations:
        histogram.observe(ns)
    rank = next(index for index in range(len(durations)) if index + 1 >= q * len(durations))
    true = sorted(durations)[rank]
    assert true <= histogram.quantile_ns(q) <= true * 1.25 + 1


@pytest.mark.parametrize("ns", [-5, 0, 1, 3])
def test_what_is_too_short_to_measure_counts_as_the_shortest(ns: int) -> None:
    histogram = LatencyHistogram()
    histogram.observe(ns)
    assert histogram.count == 1
    assert histogram.quantile_ns(1.0) == 5


def test_an_empty_histogram_has_no_quantile() -> None:
    assert LatencyHistogram().quantile_ns(0.99) == 0


def test_labels_are_bounded() -> None:
    counter = Counter("c_total", "doc", label="who", max_labels=2)
    for label in ("a", "b", "c", "d", "a"):
        counter.add(label)
    assert counter.counts == {"a": 2, "b": 1, "other": 2}
    assert counter.total() == 5


def test_a_counter_follows_a_total_kept_elsewhere_and_never_goes_back() -> None:
    counter = Counter("c_total", "doc", label="who")
    for total in (3, 5, 4):
        counter.raise_to(total, "a")
    counter.raise_to(0, "b")
    assert counter.counts == {"a": 5}


def test_prometheus_reads_counters_gauges_and_histograms() -> None:
    from prometheus_client import generate_latest

    metrics = Metrics()
    metrics.ticks_rejected.add("duplicate", 3)
    metrics.push_clients.set(2, "native")
    metrics.line_latency.observe(5_000)
    metrics.observe_hop("clean_ticks", "features", 2_000)
    text = generate_latest(register(metrics)).decode()
    assert 'tradewind_market_ticks_rejected_total{reason="duplicate"} 3.0' in text
    assert 'tradewind_push_clients{dialect="native"} 2.0' in text
    assert "tradewind_line_latency_seconds_count 1.0" in text
    assert 'tradewind_line_hop_latency_seconds_sum{room="features",topic="clean_ticks"} 2e-06' in text


def test_every_declared_name_says_room_and_unit() -> None:
    metrics = Metrics()
    assert all(
        counter.name.startswith("tradewind_") and counter.name.endswith("_total") for counter in metrics.counters()
    )


def test_a_summary_is_in_microseconds() -> None:
    histogram = LatencyHistogram()
    histogram.observe(1_000)
    assert latency_summary(histogram) == {"count": 1.0, "p50_us": 1.024, "p99_us": 1.024, "p99.9_us": 1.024}
