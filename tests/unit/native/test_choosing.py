"""Which core is in use is decided in one place, and said."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from native_builders import require_compiled
from tradewind import native
from tradewind.cli.main import tradewind
from tradewind.errors import ConfigError


def said(switch: str) -> subprocess.CompletedProcess[str]:
    """Ask a fresh process which core it uses."""
    return subprocess.run(
        [sys.executable, "-m", "tradewind", "--version"],
        env={**os.environ, native.SWITCH: switch},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_compiled_core_is_used_where_it_is_there() -> None:
    require_compiled()
    assert said("required").stdout.strip().endswith("compiled core")


def test_it_can_be_switched_off() -> None:
    assert "plain Python core: switched off by TRADEWIND_NATIVE" in said("off").stdout


def test_another_choice_is_refused_by_name() -> None:
    done = said("maybe")
    assert done.returncode != 0
    assert "TRADEWIND_NATIVE must be one of on, off, required, was 'maybe'" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_extension_of_other_sources_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    require_compiled()
    monkeypatch.setattr(native, "sources_digest", lambda: "of other sources")
    module, why_not = native.load("on")
    assert module is None
    assert "built from other sources" in why_not
    with pytest.raises(ConfigError, match="required"):
        native.load("required")


def test_without_the_extension_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tradewind.native._compiled", None)
    module, why_not = native.load("on")
    assert module is None
    assert why_not.startswith("not built")


def test_the_version_says_which_core_is_in_use() -> None:
    assert native.describe() in CliRunner().invoke(tradewind, ["--version"]).output
