"""The emergency stop's files: whole or not at all, read with suspicion, taken once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.domain.trading_state import Scope, TradingMode, TradingState
from tradewind.pretrade.files import HaltFiles, HaltRequest, StopOrder

STATE = TradingState(Scope.PLATFORM, "", TradingMode.HALTED, "wang", "DRILL", "a drill", 3, 7)
REQUEST = HaltRequest("reset", Scope.PLATFORM, "", "li", "", "RESUME PLATFORM", 5)


def test_what_was_latched_is_read_back(tmp_path: Path) -> None:
    files = HaltFiles(tmp_path / "var")
    assert files.keep([STATE]) == ""
    assert HaltFiles(tmp_path / "var").load() == ((STATE,), "")


def test_nothing_latched_is_nothing(tmp_path: Path) -> None:
    assert HaltFiles(tmp_path).load() == ((), "")


@pytest.mark.parametrize("content", [b"", b"{", b'[{"scope": "moon"}]', b"\xff\xfe", b"null"])
def test_a_damaged_latch_halts_the_platform(tmp_path: Path, content: bytes) -> None:
    files = HaltFiles(tmp_path)
    files.latch_file.write_bytes(content)
    states, problem = files.load()
    assert [(state.scope, state.mode) for state in states] == [(Scope.PLATFORM, TradingMode.HALTED)]
    assert "damaged" in problem


def test_a_latch_that_cannot_be_read_halts_the_platform(tmp_path: Path) -> None:
    files = HaltFiles(tmp_path)
    files.latch_file.mkdir()
    states, problem = files.load()
    assert states[0].mode is TradingMode.HALTED
    assert "cannot be read" in problem


def test_a_write_that_fails_is_told_and_leaves_what_was(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("no folder")
    assert "cannot be written" in HaltFiles(in_the_way).keep([STATE])


def test_a_write_leaves_no_other_file_behind(tmp_path: Path) -> None:
    files = HaltFiles(tmp_path)
    files.keep([STATE])
    files.keep([])
    assert [file.name for file in tmp_path.iterdir()] == ["trading_states.json"]


def test_the_stop_file_says_who_and_why(tmp_path: Path) -> None:
    files = HaltFiles(tmp_path)
    assert not files.is_stopped()
    files.press(StopOrder("wang", "a drill"))
    assert files.is_stopped()
    order = files.stop_order()
    assert (order.actor, order.reason) == ("wang", "a drill")
    assert order.pressed_ns > 0


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "EMERGENCY_STOP"), (b"fire in the house\n", "fire in the house"), (b"[1]", "[1]")]
)
def test_a_stop_file_of_any_content_stops(tmp_path: Path, content: bytes, reason: str) -> None:
    files = HaltFiles(tmp_path)
    files.stop_file.write_bytes(content)
    assert files.is_stopped()
    assert (files.stop_order().actor, files.stop_order().reason) == ("file", reason)


def test_a_stop_file_that_is_a_folder_stops_and_cannot_be_lifted(tmp_path: Path) -> None:
    files = HaltFiles(tmp_path)
    files.stop_file.mkdir()
    assert files.is_stopped()
    assert files.stop_order().reason == "EMERGENCY_STOP"
    assert "cannot be removed" in files.lift()


def test_lifting_takes_the_stop_file_away_and_again_is_no_failure(tmp_path: Path) -> None:
    files = HaltFiles(tmp_path)
    files.press(StopOrder("wang", ""))
    assert files.lift() == ""
    assert not files.is_stopped()
    assert files.lift() == ""


def test_a_request_is_taken_once(tmp_path: Path) -> None:
    files = HaltFiles(tmp_path)
    files.ask(REQUEST)
    assert files.waiting() == ("00000000000000000005-reset.json",)
    assert files.take_requests() == [REQUEST]
    assert files.take_requests() == []


def test_what_is_no_request_is_told_and_taken_away(tmp_path: Path) -> None:
    files = HaltFiles(tmp_path)
    files.ask(REQUEST).write_bytes(b"{}")
    (found,) = files.take_requests()
    assert isinstance(found, str)
    assert "is no request" in found
    assert files.waiting() == ()


def test_requests_come_in_the_order_they_were_asked(tmp_path: Path) -> None:
    files = HaltFiles(tmp_path)
    for asked in (30, 4, 200):
        files.ask(HaltRequest("halt", Scope.ACCOUNT, f"A{asked}", "wang", "", "", asked))
    assert [request.key for request in files.take_requests() if isinstance(request, HaltRequest)] == [
        "A4",
        "A30",
        "A200",
    ]
