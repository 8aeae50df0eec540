"""Whether a licence lets a module work: signature, module, time, grace, a clock that was turned back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tradewind.collector.licence import Licence, Standing, Verdict, check, read, sign
from tradewind.collector.licence_keys import make_key, public_half, read_key
from tradewind.collector.module_gate import LicenceGate
from tradewind.collector.module_journal import Journal
from tradewind.collector.module_places import Places
from tradewind.collector.settings import ModuleSettings
from tradewind.errors import ConfigError
from tradewind.kernel.clock import NS_PER_S, FakeClock

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = public_half(KEY)
HASH = "9f86d081884c7d659a2feaa0c55ad015"
ISSUED = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def make_licence(**changed: Any) -> Licence:
    fields: dict[str, Any] = {
        "licence_id": "L1", "holder": "某团队", "module_hash": HASH, "features": ("quotes",), "issued": ISSUED,
        "expires": ISSUED + 30 * DAY, "grace_days": 7,
    }  # fmt: skip
    return Licence(**(fields | changed))


def standing(text: str | None, now: datetime, *, seen: datetime = ISSUED, module_hash: str = HASH) -> Standing:
    return check(text, PUBLIC, module_hash, now=now, seen=seen)


def test_without_a_public_key_no_licence_is_asked_for() -> None:
    assert check(None, "", HASH, now=ISSUED, seen=ISSUED).is_working


@pytest.mark.parametrize(
    ("after", "verdict", "works", "words"),
    [
        (0 * DAY, Verdict.GOOD, True, "is good until 2026-01-31 00:00:00Z"),
        (30 * DAY, Verdict.GOOD, True, "is good until"),
        (31 * DAY, Verdict.GRACE, True, "expired at 2026-01-31 00:00:00Z; the module works until 2026-02-07"),
        (37 * DAY, Verdict.GRACE, True, "renew it"),
        (38 * DAY, Verdict.EXPIRED, False, "expired at 2026-01-31 00:00:00Z; renew it"),
        (-DAY, Verdict.TOO_EARLY, False, "this machine's clock says 2025-12-31 00:00:00Z; set the clock"),
    ],
)
def test_a_licence_goes_through_its_life(after: timedelta, verdict: Verdict, works: bool, words: str) -> None:  # noqa: FBT001 - a column of the table
    found = standing(sign(make_licence(), KEY), ISSUED + after)
    assert (found.verdict, found.is_working) == (verdict, works)
    assert words in found.message


def test_a_clock_turned_back_is_found_out_but_for_an_hour() -> None:
    text, seen = sign(make_licence(), KEY), ISSUED + 29 * DAY
    assert standing(text, seen - timedelta(minutes=59), seen=seen).verdict is Verdict.GOOD
    found = standing(text, ISSUED + 2 * DAY, seen=seen)
    assert (found.verdict, found.is_working) == (Verdict.CLOCK_BACK, False)
    assert "this machine's clock says 2026-01-03 00:00:00Z, and 2026-01-30 00:00:00Z has been" in found.message


def test_a_licence_is_for_one_module_unless_it_says_otherwise() -> None:
    assert standing(sign(make_licence(), KEY), ISSUED, module_hash="0" * 32).verdict is Verdict.OTHER_MODULE
    assert standing(sign(make_licence(module_hash="*"), KEY), ISSUED, module_hash="0" * 32).verdict is Verdict.GOOD


def test_a_licence_allows_kinds_of_jobs() -> None:
    found = standing(sign(make_licence(), KEY), ISSUED)
    assert found.refusal("quotes") == ""
    assert found.refusal("bars") == "the licence L1 allows quotes, not bars"
    assert standing(sign(make_licence(features=("*",)), KEY), ISSUED).refusal("bars") == ""
    assert "ask the operator for one" in standing(None, ISSUED).refusal("quotes")


def test_a_licence_of_another_signer_is_forged() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert standing(sign(make_licence(), other), ISSUED).verdict is Verdict.FORGED


@given(st.integers(0, 400), st.integers(1, 255))
def test_no_byte_of_a_licence_can_be_changed(at: int, change: int) -> None:
    text = bytearray(sign(make_licence(), KEY).encode())
    text[at % len(text)] ^= change
    found = read(bytes(text), PUBLIC)
    # Base64 has a last digit some bits of which count for nothing.
    assert isinstance(found, Standing) or found == make_licence()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"licence":"","signature":""}', '{"licence":"%%","signature":"x"}', '{"licence":1}', "é"],
)
def test_what_is_no_licence_is_called_damaged(text: str) -> None:
    assert standing(text, ISSUED).verdict is Verdict.UNREADABLE


def test_what_is_too_long_for_a_licence_is_called_damaged() -> None:
    text = json.dumps({"licence": "x" * 20_000, "signature": ""})
    assert standing(text, ISSUED).verdict is Verdict.UNREADABLE


def gate_at(places: Places, clock: FakeClock, journal: Journal) -> LicenceGate:
    return LicenceGate(ModuleSettings(licence_key=PUBLIC), places, HASH, journal, clock=clock)


def test_the_latest_time_seen_outlives_the_process_and_ends_with_the_licence(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.make()
    places.licence.write_text(sign(make_licence(), KEY), encoding="utf-8")
    clock = FakeClock(int((ISSUED + 20 * DAY).timestamp()) * NS_PER_S)
    journal = Journal(places.journal)
    assert gate_at(places, clock, journal).refusal("quotes") == ""
    journal.close()
    clock.advance(-10 * 86_400)
    journal = Journal(places.journal)
    gate = gate_at(places, clock, journal)
    assert "set the clock, or ask for a new licence" in gate.refusal("quotes")
    renewed = make_licence(licence_id="L2", issued=ISSUED + 9 * DAY)
    places.licence.write_text(sign(renewed, KEY), encoding="utf-8")
    assert gate.refusal("quotes") == ""
    journal.close()


def test_the_private_key_is_its_owners_alone_and_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "licence.key"
    public = make_key(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert public_half(read_key(file)) == public
    with pytest.raises(ConfigError, match="is there already"):
        make_key(file)
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="may be read by others than its owner"):
        read_key(file)
    other = tmp_path / "other"
    other.write_text("no key", encoding="utf-8")
    other.chmod(0o600)
    with pytest.raises(ConfigError, match="is no private key without a password, in PEM"):
        read_key(other)
