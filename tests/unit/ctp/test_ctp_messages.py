"""What the platform and a child say to each other: in any pieces, and never showing a password."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.ctp.messages import Called, Connect, FrameReader, Ready, Release, Request, Subscribe, ToChild, frame

MESSAGES: tuple[ToChild, ...] = (
    Connect(fronts=("tcp://a:1",), flow_dir="/f", user_id="me", resume=2, production=False),
    Request(
        name="ReqOrderInsert", fields={"LimitPrice": 1.5, "VolumeTotalOriginal": 3, "Direction": "0"}, request_id=7
    ),
    Subscribe(symbols=("au2612", "IF2612")),
    Release(),
)


@given(st.lists(st.integers(1, 40), max_size=50))
def test_messages_arrive_whole_in_whatever_pieces_they_come(cuts: list[int]) -> None:
    stream = b"".join(frame(message) for message in MESSAGES)
    reader, heard, at = FrameReader(), list[ToChild](), 0
    for cut in [*cuts, len(stream)]:
        heard += reader.to_child(stream[at : at + cut])
        at += cut
    assert tuple(heard) == MESSAGES


def test_the_child_s_words_are_read_by_the_platform_alone() -> None:
    told = Called(name="OnRtnOrder", fields={"OrderRef": " 1"}, error_id=22, error_text="不允许重复报单", is_last=False)
    assert list(FrameReader().from_child(frame(told))) == [told]
    with pytest.raises(ValueError, match="Invalid value 'Ready'"):
        list(FrameReader().to_child(frame(Ready(version="v", pid=1))))


def test_a_broken_stream_is_an_error_and_no_endless_wait() -> None:
    with pytest.raises(ValueError, match="channel is broken: a message of 4294967295 bytes"):
        list(FrameReader().to_child(b"\xff" * 8))


def test_no_message_shows_a_password() -> None:
    fields = {"UserID": "me", "Password": "s3cret", "AuthCode": "c0de", "OneTimePassword": "123456", "BankPassWord": ""}
    shown = repr(Request(name="ReqAuthenticate", fields=fields, request_id=1))
    assert shown.count("***") == 3
    assert not any(word in shown for word in ("s3cret", "c0de", "123456"))
    assert "'UserID': 'me'" in shown
