"""The packed JavaScript client against a platform in a process of its own; its tests are `web/client/server_tests`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from documents import snippet
from running_platform import Running

from .conftest import NAME, WEB

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]
PAGE = "docs/how-to/js-client.md"


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where a platform is and its access token, as the variables that the programs read."""
    platform = Running(tmp_path_factory.mktemp("platform"))
    try:
        with platform.client() as client:
            token = client.headers["authorization"].partition(" ")[2]
            yield {"TW_URL": str(client.base_url).rstrip("/"), "TW_TOKEN": token}
    finally:
        platform.end()


def test_the_program_that_the_page_shows_runs_to_its_end(program: Path, where: dict[str, str]) -> None:
    file = program / "desk.mjs"
    file.write_text(snippet(PAGE, "js", "house.whatIf"), encoding="utf-8")
    done = subprocess.run(
        ["node", str(file)], env={**os.environ, **where}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert list(said) == ["last", "approved", "instruction", "live"]
    assert (said["approved"], said["instruction"]) == ("true", "working")


def test_the_package_asks_acts_once_and_resumes_against_a_real_platform(program: Path, where: dict[str, str]) -> None:
    entry = program / "node_modules" / NAME / "dist" / "node.js"
    done = subprocess.run(
        [str(WEB / "node_modules" / ".bin" / "vitest"), "run", "--config", "client/server_tests/vitest.config.ts"],
        cwd=WEB,
        env={**os.environ, **where, "TW_CLIENT": entry.as_uri(), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
