"""`tradewind user`: people and rights from the command line, on the record, as the platform sees them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tradewind.cli.main import main
from tradewind.domain.rights import Grant
from tradewind.identity.hashing import Hashing
from tradewind.identity.settings import PasswordSettings
from tradewind.stores.people import Credentials
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.people import SqlIdentityStore

PASSWORD = "长城-correct-horse-9"  # noqa: S105 - of nobody


def _call(tmp_path: Path, settings: StoreSettings, *words: str) -> int:
    flags = ["--set", f"data_dir={tmp_path}"]
    if settings.url:
        flags += ["--set", f"store.url={settings.url}", "--set", f"store.password={settings.password}"]
    return main(["user", *words, *flags])


def _add(tmp_path: Path, settings: StoreSettings, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    return _call(tmp_path, settings, "add", "wang", "--chinese", "王伟", *more)


async def test_a_user_is_added_with_a_password_to_be_changed_and_it_is_on_the_record(
    settings: StoreSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _add(tmp_path, settings, monkeypatch, "--grant", "trader", "--grant", "viewer:*:A1") == 0
    store = SqlIdentityStore(settings, tmp_path)
    people, known = store.people(), store.find(Credentials, 1)
    store.close()
    assert known is not None
    assert await Hashing(PasswordSettings()).verify(known.password_hash, PASSWORD)
    assert [user.grants for user in people.users] == [(Grant("trader"), Grant("viewer", "*", "A1"))]
    assert people.must_change == {1}
    flags = ["--set", f"data_dir={tmp_path}", "--set", f"store.url={settings.url}"]
    flags += ["--set", f"store.password={settings.password}"]
    assert main(["audit", "verify", *flags]) == 0
    assert main(["audit", "show", "--chain", "identity", *flags]) == 0
    printed = capsys.readouterr().out
    assert "1 entries of 'identity' through 1 verified" in printed
    assert "user_added" in printed
    assert PASSWORD not in printed


def test_rights_are_given_shown_and_taken_back(
    settings: StoreSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _add(tmp_path, settings, monkeypatch) == 0
    assert _call(tmp_path, settings, "grant", "WANG", "viewer:*:A1", "risk_officer") == 0
    assert _call(tmp_path, settings, "revoke", "wang", "risk_officer") == 0
    capsys.readouterr()
    assert _call(tmp_path, settings, "check", "wang") == 0
    printed = capsys.readouterr().out
    assert "view         *:A1" in printed
    assert "release" not in printed
    assert _call(tmp_path, settings, "disable", "wang") == 0
    assert _call(tmp_path, settings, "list") == 0
    assert "disabled" in capsys.readouterr().out
    assert _call(tmp_path, settings, "enable", "wang") == 0
    assert "active" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("grant", "wang", "king"), "there is no role 'king'"),
        (("grant", "wang", "trader:F9"), "there is no product 'F9'"),
        (("grant", "wang", "trader::A1"), "a grant is role"),
        (("revoke", "wang", "trader"), "has no grant trader:*:*"),
        (("disable", "li"), "there is no user 'li'"),
    ],
)
def test_what_cannot_be_is_one_clear_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    told: str,
) -> None:
    settings = StoreSettings()
    assert _add(tmp_path, settings, monkeypatch) == 0
    assert _call(tmp_path, settings, *words) == 1
    assert told in capsys.readouterr().err
