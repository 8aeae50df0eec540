"""The bench of orders: it measures what it says, beside its baseline."""

from __future__ import annotations

from tradewind.benches import orders


def test_the_bench_reports_the_room_and_its_baseline() -> None:
    numbers = orders.main(as_json=True, quick=True)
    figures = numbers["figures"]
    assert set(numbers["goals"]) == {"approved_to_acknowledged_p50_us", "instruction_to_acknowledged_p50_us"}
    assert 0 < figures["plain_chain_p50_us"] < figures["approved_to_acknowledged_p50_us"]
