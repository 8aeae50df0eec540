"""The dashboard's state: what replaces what, what is over, and that nothing grows without bound."""

from __future__ import annotations

from typing import Any

import pytest

from tradewind.ops.board import MOST_LINES, MOST_ROWS, Board


def _opportunity(number: int, **changes: Any) -> dict[str, Any]:
    return {"opportunity_id": f"o{number}", "instrument_id": f"i{number}.X", "state": "NEW", "version": 1, **changes}


def _column(board: Board, topic: str, at: int) -> list[str]:
    return [row[at] for row in board.rows(topic)]


def test_a_new_version_takes_the_place_of_the_one_before() -> None:
    board = Board()
    board.take("opportunities", [_opportunity(1), _opportunity(2)], is_snapshot=True)
    board.take("opportunities", [_opportunity(1, state="ACTIVE")], is_snapshot=False)

    assert _column(board, "opportunities", 1) == ["i1.X", "i2.X"]
    assert _column(board, "opportunities", 3) == ["ACTIVE", "NEW"]


def test_what_is_closed_or_sold_is_gone() -> None:
    board = Board()
    position = {"account_id": "a", "book": "", "instrument_id": "au", "direction": "long", "today": 1, "yesterday": 0}
    board.take("opportunities", [_opportunity(1)], is_snapshot=True)
    board.take("positions", [position], is_snapshot=True)
    board.take("opportunities", [_opportunity(1, state="CLOSED")], is_snapshot=False)
    board.take("positions", [{**position, "today": 0}], is_snapshot=False)

    assert board.rows("opportunities") == []
    assert board.rows("positions") == []


def test_a_snapshot_replaces_everything() -> None:
    board = Board()
    board.take("opportunities", [_opportunity(1)], is_snapshot=True)
    board.take("opportunities", [_opportunity(2)], is_snapshot=True)

    assert _column(board, "opportunities", 1) == ["i2.X"]


def test_what_happened_last_stands_on_top() -> None:
    board = Board()
    board.take("signals", [{"signal_id": f"s{n}", "instrument_id": f"i{n}"} for n in range(3)], is_snapshot=False)

    assert _column(board, "signals", 1) == ["i2", "i1", "i0"]


@pytest.mark.parametrize("topic", ["signals", "opportunities"])
def test_tables_and_lines_are_bounded(topic: str) -> None:
    board = Board()
    for number in range(MOST_ROWS + 10):
        board.take(topic, [{**_opportunity(number), "signal_id": str(number)}], is_snapshot=False)
    for number in range(MOST_LINES + 10):
        board.tell(str(number))

    assert len(board.rows(topic)) == MOST_ROWS
    assert (len(board.lines), board.told) == (MOST_LINES, MOST_LINES + 10)


def test_rows_are_chosen_by_a_text_in_whatever_case() -> None:
    board = Board()
    board.take("opportunities", [_opportunity(1), _opportunity(2)], is_snapshot=True)

    assert [row[1] for row in board.rows("opportunities", "I2.x")] == ["i2.X"]


def test_a_service_that_changes_is_a_line_of_the_log() -> None:
    board = Board()
    well = {"name": "risk", "state": "running", "is_healthy": True, "restarts": 0, "last_error": None}
    board.take("system", [{"services": [well]}], is_snapshot=True)
    board.take("system", [{"services": [{**well, "is_healthy": False, "last_error": "disk full"}]}], is_snapshot=False)

    assert list(board.lines) == ["risk: running → running ! disk full"]
    assert board.services() == [["risk", "running !", "0", "disk full"]]


def test_an_alarm_of_the_feed_stands_in_the_first_line() -> None:
    board = Board()
    told = {"source": {"kind": "zeromq"}, "feed_alarm": {"message": "feed silent in trading hours"}, "uptime_s": 3_725}
    board.take("system", [told], is_snapshot=True)

    assert "ALARM feed silent" in board.title()
    assert "up 1:02:05" in board.title()


def test_a_topic_nobody_asked_for_is_passed_over() -> None:
    board = Board()
    board.take("jobs", [{"job_id": "1"}], is_snapshot=True)

    assert board.changes == dict.fromkeys(board.changes, 0)
