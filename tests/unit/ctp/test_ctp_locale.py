"""The locale without which CTP's library ends the process: found, made, or refused with the remedy."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tradewind.ctp import locale
from tradewind.errors import ConfigError


@pytest.fixture
def without_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a machine that lacks it, for good."""
    monkeypatch.setattr(locale, "is_there", lambda: False)


def _tool(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    tool = folder / "localedef"
    tool.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_a_machine_that_has_it_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locale, "is_there", lambda: True)
    assert locale.prepare(tmp_path / "none") == "system"
    assert not (tmp_path / "none").exists()


@pytest.mark.usefixtures("without_locale")
def test_without_a_compiler_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match=r"there is no localedef to make it; as root: `apt-get install -y locales"):
        locale.prepare(tmp_path / "made")


@pytest.mark.usefixtures("without_locale")
def test_what_the_compiler_says_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tool(tmp_path, monkeypatch, 'echo "character map file GB18030 not found" >&2; exit 4')
    with pytest.raises(ConfigError, match="localedef said: character map file GB18030 not found; as root"):
        locale.prepare(tmp_path / "made")
    assert list((tmp_path / "made").iterdir()) == []


def test_it_is_compiled_once_and_then_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "made"
    answers = iter([False, True, False, True])
    monkeypatch.setattr(locale, "is_there", lambda: next(answers))
    monkeypatch.setenv("LOCPATH", "")
    _tool(tmp_path, monkeypatch, f'mkdir -p "$6" && touch "$6/LC_CTYPE"; echo x >> {tmp_path}/calls')
    assert locale.prepare(made) == str(made)
    assert locale.prepare(made) == str(made)
    assert (tmp_path / "calls").read_text(encoding="ascii") == "x\n"
    assert [entry.name for entry in made.iterdir()] == [locale.NAME]
