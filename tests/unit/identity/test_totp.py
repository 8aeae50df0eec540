"""Codes by the clock, against the vectors of the RFC."""

from __future__ import annotations

import pytest

from tradewind.identity import totp
from tradewind.kernel.clock import NS_PER_S

RFC_SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("at_s", "code"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238_come_out(at_s: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, totp.step_at(at_s * NS_PER_S), digits=8) == code
    assert totp.code_at(RFC_SECRET, totp.step_at(at_s * NS_PER_S)) == code[2:]


@pytest.mark.parametrize(("late_s", "is_taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_telephone_may_be_half_a_minute_off(late_s: int, is_taken: bool) -> None:  # noqa: FBT001 - a table
    now_s = 1_700_000_010
    code = totp.code_at(RFC_SECRET, totp.step_at((now_s - late_s) * NS_PER_S))

    assert (totp.accepted_step(RFC_SECRET, code, now_ns=now_s * NS_PER_S, after=0) is not None) is is_taken


def test_a_code_counts_once_and_none_before_it_does() -> None:
    now_ns = 1_700_000_010 * NS_PER_S
    step = totp.step_at(now_ns)
    codes = [totp.code_at(RFC_SECRET, one) for one in (step - 1, step)]

    assert totp.accepted_step(RFC_SECRET, codes[1], now_ns=now_ns, after=step - 1) == step
    assert totp.accepted_step(RFC_SECRET, codes[1], now_ns=now_ns, after=step) is None
    assert totp.accepted_step(RFC_SECRET, codes[0], now_ns=now_ns, after=step) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "\udc80"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert totp.accepted_step(RFC_SECRET, code, now_ns=1_700_000_010 * NS_PER_S, after=0) is None


def test_an_app_reads_the_address() -> None:
    assert totp.uri_of(RFC_SECRET, username="wang") == (
        "otpauth://totp/Tradewind:wang?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tradewind&digits=6&period=30"
    )
