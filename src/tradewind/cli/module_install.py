"""`tradewind module install`: what a module needs on this machine, put there where it is missing."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Final

from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.collector.module_places import Places
    from tradewind.runtime.settings import TradewindSettings

_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_EXAMPLE: Final = """\
# Copy this file to config/.env, chmod 600 it, and fill it in; the environment wins over it.
SERVER_IP=127.0.0.1
SERVER_PORT=10080
HEARTBEAT_INTERVAL=10
INFOWAY_API_KEY=
# mongodb:// or mongodb+srv://; empty: an embedded store below data_dir
MONGODB_HOST=
MONGODB_DB_NAME=forecast_platform
MONGODB_REALTIME_COLLECTION_NAME=realtime
MONGODB_CLOSE_COLLECTION_NAME=close
"""


def install(settings: TradewindSettings, places: Places) -> Iterator[str]:
    """Put it there and yield a line for each step.

    Raises: ConfigError: packages are missing and cannot be installed, or the folders cannot be made.
    """
    wanted = list(_wanted(settings))
    missing = [text for text in wanted if not _is_there(text)]
    if missing:
        yield f"installing {', '.join(missing)}"
        done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *missing], check=False)  # noqa: S603 - our own list
        if done.returncode != 0:
            message = f"pip could not install {', '.join(missing)} ({done.returncode}); what it said stands above"
            raise ConfigError(message)
    yield f"{len(wanted)} packages are there"
    places.make()
    places.example.write_text(_EXAMPLE, encoding="utf-8")
    yield f"config/, logs/ and state/ are in {places.home.resolve()}; an example of a .env is {places.example}"
    if not places.hash_file.exists():
        yield "next: tradewind module register"


def _wanted(settings: TradewindSettings) -> Iterator[str]:
    """Yield the requirements of this program, and those of MongoDB where it is named."""
    documents = getattr(settings, "documents", None)
    is_mongo = bool(documents and documents.url)
    for text in metadata.requires("tradewind") or ():
        requirement, _, marker = text.partition(";")
        if not marker.strip() or (is_mongo and "mongo" in marker):
            yield requirement.strip()


def _is_there(requirement: str) -> bool:
    found = _NAME.match(requirement)
    try:
        metadata.version(found.group() if found else requirement)
    except metadata.PackageNotFoundError:
        return False
    return True
