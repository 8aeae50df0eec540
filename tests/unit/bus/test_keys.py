"""Keys of Redis: the seeds' names, split the same way in every process."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tradewind.bus.redis.keys import entry_id, shard_of, stream_key


def test_one_stream_has_the_seeds_plain_name() -> None:
    assert stream_key("dfp:clean_ticks", 0, 1) == "dfp:clean_ticks"


def test_a_split_stream_has_a_hash_tag_per_shard() -> None:
    assert [stream_key("dfp:clean_ticks", shard, 2) for shard in (0, 1)] == [
        "dfp:clean_ticks:{0}",
        "dfp:clean_ticks:{1}",
    ]


def test_an_instrument_never_changes_its_shard() -> None:
    assert [shard_of(name, 8) for name in ("au2512.SHFE", "IF2101.CFFEX", "600000.SSE")] == [0, 7, 3]


@given(first=st.tuples(st.integers(0, 2**48), st.integers(0, 2**20)), second=st.tuples(st.integers(0), st.integers(0)))
def test_entry_ids_compare_as_numbers(first: tuple[int, int], second: tuple[int, int]) -> None:
    one, other = (b"%d-%d" % pair for pair in (first, second))
    assert (entry_id(one) < entry_id(other)) == (first < second)
