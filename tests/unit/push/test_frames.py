"""Frames as RFC 6455 lays them out."""

from __future__ import annotations

import pytest

from push_builders import read_frames
from tradewind.push.frames import close_frame, ping_frame, pong_frame, text_frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 70_000])
def test_a_text_frame_of_any_size_reads_back(size: int) -> None:
    payload = b"x" * size
    assert list(read_frames(text_frame(payload))) == [(0x81, payload)]


def test_the_length_takes_the_shortest_form() -> None:
    assert [len(text_frame(b"x" * size)) - size for size in (125, 126, 65_535, 65_536)] == [2, 4, 4, 10]


def test_a_pong_carries_the_payload_of_its_ping() -> None:
    assert pong_frame(b"abc") == b"\x8a\x03abc"
    assert ping_frame() == b"\x89\x00"


def test_a_close_reason_too_long_is_cut_at_a_whole_character() -> None:
    frame = close_frame(4408, "慢" * 60)
    (_, payload) = next(read_frames(frame))
    assert len(payload) <= 125
    assert payload[:2] == (4408).to_bytes(2, "big")
    assert set(payload[2:].decode()) == {"慢"}
