"""CTP's numbers for trouble: words and reactions."""

from __future__ import annotations

import pytest

from tradewind.ctp.error_texts import ERRORS, Reaction, meaning_of, reason_shown, shown


@pytest.mark.parametrize("number", [3, 63, 75, 131, 140, 141])
def test_what_may_lock_an_account_asks_for_a_person(number: int) -> None:
    assert ERRORS[number].reaction is Reaction.PERSON


@pytest.mark.parametrize("number", [8, 35, 90])
def test_a_front_that_is_not_ready_is_asked_again(number: int) -> None:
    assert ERRORS[number].reaction is Reaction.RETRY


@pytest.mark.parametrize("number", [22, 26, 30, 31, 50, 51])
def test_a_refused_order_is_never_sent_again(number: int) -> None:
    assert ERRORS[number].reaction is Reaction.NEVER


def test_an_unknown_number_is_never_tried_again_and_keeps_the_front_s_words() -> None:
    assert meaning_of(7777, "CTP:奇怪").reaction is Reaction.NEVER
    assert shown(7777, "CTP:奇怪") == "CTP:奇怪 (CTP 7777)"
    assert shown(31) == "资金不足 (CTP 31)"


def test_why_a_front_was_lost_is_told_in_words() -> None:
    assert reason_shown(0x2001) == "no heartbeat came in time (0x2001)"
    assert reason_shown(5) == "for a reason we do not know (0x0005)"
