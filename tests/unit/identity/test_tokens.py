"""The access token: shown once, kept hashed, replaced at will."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.errors import ConfigError
from tradewind.identity.tokens import AccessTokens


def test_the_first_start_makes_a_token_and_later_ones_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "data" / "access.json"

    token = AccessTokens(path).ensure()

    assert token is not None
    assert len(token) >= 43
    assert AccessTokens(path).ensure() is None
    assert AccessTokens(path).verify(token)


def test_the_file_holds_no_token_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "access.json"
    token = AccessTokens(path).renew()

    assert token not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["access.json"]


@pytest.mark.parametrize("wrong", ["", "x", "0" * 64, "令牌", "\ud800"])
def test_anything_else_is_not_the_token(tmp_path: Path, wrong: str) -> None:
    tokens = AccessTokens(tmp_path / "access.json")
    tokens.renew()

    assert not tokens.verify(wrong)


def test_without_a_file_nothing_is_the_token(tmp_path: Path) -> None:
    assert not AccessTokens(tmp_path / "access.json").verify("")


def test_a_token_renewed_by_another_process_counts_at_once(tmp_path: Path) -> None:
    running = AccessTokens(tmp_path / "access.json")
    old = running.renew()
    generation = running.generation()

    new = AccessTokens(tmp_path / "access.json").renew()

    assert running.verify(new)
    assert not running.verify(old)
    assert running.generation() != generation


def test_a_damaged_file_is_named_with_its_remedy(tmp_path: Path) -> None:
    path = tmp_path / "access.json"
    path.write_text('{"token_sha256": 7}')

    with pytest.raises(ConfigError, match=r"access\.json is damaged .* `tradewind token new`"):
        AccessTokens(path).ensure()


def test_a_damaged_file_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "access.json"
    path.write_text("{")
    tokens = AccessTokens(path)

    assert tokens.verify(tokens.renew())


def test_a_folder_that_cannot_be_written_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")

    with pytest.raises(ConfigError, match="data_dir"):
        AccessTokens(tmp_path / "data" / "access.json").renew()
