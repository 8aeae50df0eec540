"""What `bench desk` makes of the frames it heard: a fill counts only once a client knows all of it."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.benches.desk_bare import framed
from tradewind.benches.desk_fills import CLIENTS, WARM_UP, spread_of
from tradewind.benches.desk_house import CONTRACTS
from tradewind.benches.desk_listeners import Frames, Heard
from tradewind.benches.result import pauses_s, percentile_ms
from tradewind.errors import ConfigError

BOUGHT = tuple(itertools.islice(itertools.cycle(CONTRACTS), WARM_UP + 2))
STAMPS = tuple(range(1_000, 1_000 * (len(BOUGHT) + 1), 1_000))


@given(st.lists(st.binary(max_size=70_000), max_size=4), st.integers(min_value=1, max_value=50_000))
def test_frames_come_out_as_they_went_in_wherever_the_stream_is_cut(payloads: list[bytes], step: int) -> None:
    stream = b"".join(map(framed, payloads))
    frames = Frames()
    pieces = [stream[at : at + step] for at in range(0, len(stream), step)]
    assert [frame for piece in pieces for frame in frames.feed(piece)] == payloads


def delta(topic: str, **row: Any) -> bytes:
    return framed(msgspec.json.encode({"type": "delta", "topic": topic, "data": [row]}))


def told_of(index: int) -> dict[str, bytes]:
    """Return what each topic tells once a fill is in it."""
    contract = BOUGHT[index]
    count = BOUGHT[: index + 1].count(contract)
    return {
        "positions": delta("positions", book="", instrument_id=contract, today=count, yesterday=0),
        "accounts": delta("accounts", book="", commission=str(index + 1)),
        "trade_statistics": delta("trade_statistics", instrument_id=contract, fills=count),
        "order_statistics": delta("order_statistics", instrument_id=contract, orders=0, version=STAMPS[index]),
        "position_groups": delta("position_groups", grouping="trader", product_code="fund", gross_quantity=index + 1),
    }


def heard_of_all(late: dict[tuple[int, int, str], int] | None = None, left_out: str = "") -> list[Heard]:
    """Return what everybody heard: each fill 10 ns after it, but `late` (client, fill, topic) at its own time."""
    heard = []
    for index, stamp in enumerate(STAMPS):
        for guest in range(CLIENTS + 1):
            for topic, frame in told_of(index).items():
                took = (late or {}).get((guest, index, topic), 10)
                if (index, topic) != (len(BOUGHT) - 1, left_out):
                    heard.append(Heard(guest, stamp + took, frame))
    return sorted(heard, key=lambda each: each.at_ns)


def test_a_fill_counts_when_the_last_of_the_five_is_there() -> None:
    late = {(3, WARM_UP, "position_groups"): 70, (3, WARM_UP, "accounts"): 40, (5, WARM_UP + 1, "order_statistics"): 90}
    spread = spread_of(heard_of_all(late), BOUGHT, STAMPS)
    assert len(spread.each) == 2 * CLIENTS
    assert sorted(spread.each)[-3:] == [10, 70, 90]
    assert spread.last == [70, 90]
    assert {topic: max(taken) for topic, taken in spread.by_topic.items()} == {
        "positions": 10, "accounts": 40, "trade_statistics": 10, "order_statistics": 90, "position_groups": 70,
    }  # fmt: skip


@pytest.mark.parametrize("topic", ["positions", "accounts", "order_statistics", "position_groups"])
def test_a_fill_that_some_topic_never_told_is_no_result(topic: str) -> None:
    with pytest.raises(ConfigError):
        spread_of(heard_of_all(left_out=topic), BOUGHT, STAMPS)


def test_a_row_of_a_later_fill_tells_of_the_one_before_too() -> None:
    # Conflated away: the client's first word of this fill's group is the next one's.
    heard = [
        each for each in heard_of_all() if not (each.guest == 0 and each.data == told_of(WARM_UP)["position_groups"])
    ]
    spread = spread_of(heard, BOUGHT, STAMPS)
    assert spread.last == [1_010, 10]


def test_percentiles_and_pauses_are_what_they_say() -> None:
    assert [percentile_ms([n * 1_000_000 for n in range(100, 0, -1)], part) for part in (50, 99)] == [51.0, 100.0]
    assert percentile_ms([5_000_000], 99) == 5.0
    assert all(0.1 <= pause <= 0.2 for pause in itertools.islice(pauses_s(0.1, 0.2), 100))
