"""What is sealed opens with its key, for whom it was sealed, and not otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.errors import ConfigError
from tradewind.identity.vault import Vault


def test_what_was_sealed_is_opened_by_another_process_with_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "identity.key"
    sealed = Vault(path).seal(b"secret", about="totp 1")

    assert Vault(path).open(sealed, about="totp 1") == b"secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "secret" not in sealed


def test_one_persons_factor_cannot_be_given_to_another(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "identity.key")
    sealed = vault.seal(b"secret", about="totp 1")

    with pytest.raises(ConfigError, match="not the key"):
        vault.open(sealed, about="totp 2")


def test_another_key_or_none_says_what_to_do(tmp_path: Path) -> None:
    sealed = Vault(tmp_path / "one").seal(b"secret", about="x")
    Vault(tmp_path / "two").seal(b"", about="x")

    with pytest.raises(ConfigError, match="key_file"):
        Vault(tmp_path / "two").open(sealed, about="x")
    with pytest.raises(ConfigError, match="is gone"):
        Vault(tmp_path / "none").open(sealed, about="x")
