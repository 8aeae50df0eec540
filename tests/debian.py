"""Programs of Debian that tests run: found, or installed where that is allowed; an absent one is a failure, no skip."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Final

PATH: Final = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


def program_of(package: str, *names: str) -> str:
    """Return the path of the first of these programs that is here, installing the package where none is."""
    found = _first(names)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        # Without a runlevel no package starts a server of its own.
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        wait = ("-o", "DPkg::Lock::Timeout=300")
        subprocess.run(["apt-get", *wait, "update", "-qq"], env=environ, check=False, capture_output=True)
        install = ["apt-get", *wait, "install", "-y", "-qq", "--no-install-recommends", package]
        subprocess.run(install, env=environ, check=False, capture_output=True)
        found = _first(names)
    if found is None:
        message = f"these tests need a real {names[0]}: apt-get install {package} (not root here, so please do)"
        raise RuntimeError(message)
    return found


def _first(names: tuple[str, ...]) -> str | None:
    return next((found for name in names if (found := shutil.which(name, path=PATH))), None)
