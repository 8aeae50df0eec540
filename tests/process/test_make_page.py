"""`make run` where the page's tools are missing: one line says so, and nothing stops."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.process
REPO = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("script", "found"),
    [("echo 18.19.1", "18.19.1"), ("echo 8.17.0", "8.17.0"), ("exit 127", "none")],
)
def test_without_node_twenty_one_line_says_what_becomes_of_the_page(tmp_path: Path, script: str, found: str) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    node.chmod(0o700)
    made = subprocess.run(
        ["make", "--no-print-directory", "page"],
        cwd=REPO,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert made.returncode == 0
    assert made.stdout.startswith(f"Node 20 or newer is not here (found: {found}): the page is ")
    assert made.stdout.count("\n") == 1
