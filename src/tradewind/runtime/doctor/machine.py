"""What this machine brings along: versions, the data folder, disks, files, locale, the built page."""

from __future__ import annotations

import importlib.util
import locale
import os
import platform
import resource
import shutil
import sqlite3
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind import __version__
from tradewind.ctp.binding import needs_locale
from tradewind.native import describe, why_not
from tradewind.ops import judging
from tradewind.ops.findings import Found, fail, ok, warn
from tradewind.runtime.doctor.ctp.cheap import has_locale
from tradewind.runtime.gateway.program import MISSING, find_nginx
from tradewind.runtime.open_files import files_needed
from tradewind.ui.pages import STATIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.kernel.settings import Loaded
    from tradewind.runtime.settings import TradewindSettings

_OLDEST_PYTHON: Final = (3, 11)
_OLDEST_SQLITE: Final = (3, 37, 0)
"""Strict tables and what the journal's statements need."""
_FOR_OTHERS: Final = 0o077
_SECRET_FILES: Final = ("access.json", "identity.key")


def versions(loaded: Loaded[TradewindSettings]) -> list[Found]:
    """Say what runs here, and which drivers are missing that the settings ask for."""
    python = platform.python_version()
    found = [ok(f"Tradewind {__version__}, Python {python}, SQLite {sqlite3.sqlite_version}, {describe()}")]
    if sys.version_info < _OLDEST_PYTHON:
        found.append(fail(f"Python {python} is too old", "install Python 3.11 or newer and make the environment anew"))
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        found.append(
            fail(f"SQLite {sqlite3.sqlite_version} is too old", "use a Python that brings SQLite 3.37 or newer")
        )
    if why_not:
        found.append(
            warn(f"the compiled core is not used ({why_not}): all works, several times slower",
                 "install a C compiler and run `make install`, or unset TRADEWIND_NATIVE")
        )  # fmt: skip
    missing = [
        fail(f"{setting} needs the driver {module}, which is not installed", f"pip install '{package}'")
        for module, package, setting in _drivers(loaded.settings)
        if importlib.util.find_spec(module) is None
    ]
    if loaded.settings.gateway.enabled is True and find_nginx() is None:
        missing.append(fail(f"gateway.enabled: {MISSING}", "install it, or set gateway.enabled = false"))
    return [*found, *missing]


def folder(loaded: Loaded[TradewindSettings]) -> list[Found]:
    """Write a file into data_dir and sync it to the disk; see who else may read what is secret there."""
    home = Path(loaded.settings.data_dir).absolute()
    if not home.exists():
        return [_not_made_yet(home)]
    try:
        with tempfile.NamedTemporaryFile(prefix=".doctor-", dir=home) as file:
            file.write(b"tradewind doctor\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        remedy = f"let this user write there (chown {os.getuid()} {home}), or choose another data_dir"
        return [fail(f"data_dir {home} cannot be written: {error.strerror}", remedy)]
    found = [ok(f"data_dir {home} can be written")]
    for name in _SECRET_FILES:
        file_path = home / name
        if file_path.exists() and stat.S_IMODE(file_path.stat().st_mode) & _FOR_OTHERS:
            found.append(fail(f"{file_path} may be read by others on this machine", f"chmod 600 {file_path}"))
    return found


def disks(loaded: Loaded[TradewindSettings]) -> Iterator[Found]:
    """Look at the room of each disk once."""
    settings = loaded.settings
    seen: set[int] = set()
    for name in (settings.data_dir, settings.market.recording.folder):
        place = _nearest(Path(name).absolute()) if name else None
        if place is None or place.stat().st_dev in seen:
            continue
        seen.add(place.stat().st_dev)
        usage = shutil.disk_usage(place)
        yield judging.disk(str(place), usage.free, usage.total)


def files(loaded: Loaded[TradewindSettings]) -> list[Found]:
    """Compare the limit of open files with the connections that are allowed."""
    settings = loaded.settings
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return [judging.open_files(None if hard == resource.RLIM_INFINITY else hard, files_needed(settings))]


def locales(loaded: Loaded[TradewindSettings]) -> list[Found]:
    """Look at the locale, and at CTP's where its library is used."""
    settings = loaded.settings
    source: str = settings.market.source
    is_used = source == "ctp" or settings.execution.broker == "ctp"
    needs = is_used and needs_locale(settings.ctp.binding)
    found = locale.getpreferredencoding(do_setlocale=False)
    return judging.encoding(found, needs_gb18030=needs, has_gb18030=needs and has_locale(settings))


def page(_loaded: Loaded[TradewindSettings]) -> list[Found]:
    """See whether the front-end is built."""
    if (STATIC / "index.html").exists():
        return [ok("the page is built")]
    return [warn("the page is not built: browsers are told so, everything else is served", "run `make run`, or "
                 "`npm install && npm run build` in web/; a released wheel contains it")]  # fmt: skip


def _not_made_yet(home: Path) -> Found:
    parent = _nearest(home)
    if parent is not None and os.access(parent, os.W_OK | os.X_OK):
        return ok(f"data_dir {home} is made at the first start")
    remedy = "choose a data_dir whose parent this user may write to"
    return fail(f"data_dir {home} is not there and cannot be made in {parent}", remedy)


def _nearest(folder_path: Path) -> Path | None:
    """Return the folder, or the nearest above it that is there."""
    return next((each for each in (folder_path, *folder_path.parents) if each.is_dir()), None)


def _drivers(settings: TradewindSettings) -> Iterator[tuple[str, str, str]]:
    """Yield module, what to install and the setting that asks for it."""
    sql = {
        "store.url": settings.store.url,
        "databases.pms_monitor.url": settings.databases.pms_monitor.url,
        "databases.dataweb_read.url": settings.databases.dataweb_read.url,
    }
    for name, url in sql.items():
        if url.startswith(("mysql", "mariadb")):
            yield "pymysql", "tradewind[mysql]", name
    if settings.documents.url:
        yield "pymongo", "tradewind[mongo]", "documents.url"
