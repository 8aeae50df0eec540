"""The JavaScript client as users get it: packed by npm, unpacked where a program of theirs would find it."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[3] / "web"
NAME = "@tradewind/client"


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a program that has the package among its modules."""
    npm = shutil.which("npm")
    if npm is None or not (WEB / "node_modules").is_dir():
        pytest.fail("the page's tools are not here; run `npm ci` in web/ (Node 20 or newer)")
    folder = tmp_path_factory.mktemp("program")
    packing = [npm, "pack", "--silent", "--pack-destination", str(folder)]
    # Tests that run side by side pack it one after the other: each empties and fills the same `dist/`.
    with (WEB / "client" / "package.json").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        subprocess.run(packing, cwd=WEB / "client", check=True, capture_output=True, text=True, timeout=120)
    (packed,) = folder.glob("*.tgz")
    shutil.unpack_archive(packed, folder)
    installed = folder / "node_modules" / NAME
    installed.parent.mkdir(parents=True)
    (folder / "package").rename(installed)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    return folder
