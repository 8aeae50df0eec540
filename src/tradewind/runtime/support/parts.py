"""What a support bundle is made of: a name in the archive, and who makes the text of it."""

from __future__ import annotations

import http.client
import importlib.metadata
import os
import platform
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import msgspec

from tradewind import __version__
from tradewind.kernel.clock import SystemClock
from tradewind.native import describe
from tradewind.ops.findings import report_of
from tradewind.runtime.doctor.running import examine
from tradewind.runtime.doctor.table import CHECKS
from tradewind.runtime.gateway.places import reachable
from tradewind.runtime.lifecycle.crew import Crew
from tradewind.runtime.lifecycle.health import TOKEN_VARIABLE, credentials
from tradewind.runtime.lifecycle.logs import tail_of
from tradewind.runtime.lifecycle.places import Places
from tradewind.runtime.lifecycle.report import status_of
from tradewind.runtime.monitoring.scrape import targets
from tradewind.runtime.operations.setting_views import setting_views

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.kernel.settings import Loaded
    from tradewind.runtime.settings import TradewindSettings

_PATIENCE_S: Final = 5.0
_DOCTOR_S: Final = 15.0
Part = tuple[str, str]
"""A name below the archive's folder, and a text."""


def versions(_loaded: Loaded[TradewindSettings]) -> Iterator[Part]:
    """Say what runs here, and which packages are installed beside it."""
    packages = sorted(
        f"{name}=={each.version}" for each in importlib.metadata.distributions() if (name := each.metadata["Name"])
    )
    told = {
        "tradewind": __version__,
        "core": describe(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "packages": packages,
    }
    yield "versions.json", _as_json(told)


def settings(loaded: Loaded[TradewindSettings]) -> Iterator[Part]:
    """Print every setting that is no default, and where it comes from."""
    views = [view for view in setting_views(loaded.settings, loaded.origins) if view.value != view.default]
    yield "settings.toml", "".join(f"{view.path} = {view.value}  # {view.origin}\n" for view in views)


def doctor(loaded: Loaded[TradewindSettings]) -> Iterator[Part]:
    """Let every check of `tradewind doctor` look."""
    begun = SystemClock().now_ns()
    findings = examine(CHECKS, loaded, patience_s=_DOCTOR_S)
    yield "doctor.json", _as_json(report_of(findings, version=__version__, ts=begun))


def status(loaded: Loaded[TradewindSettings]) -> Iterator[Part]:
    """Say how everything is that runs."""
    if loaded.settings.bus.kind == "redis":
        yield "status.json", _as_json(status_of(Crew(loaded)))
        return
    api = loaded.settings.api
    yield "status.json", _asked(reachable(api.host), api.port, "/gateway/health")


def metrics(loaded: Loaded[TradewindSettings]) -> Iterator[Part]:
    """Take every process' metrics."""
    for place in targets(loaded.settings):
        yield f"metrics/{place.service}-{place.port}.txt", _asked(place.host, place.port, "/metrics")


def alerts(loaded: Loaded[TradewindSettings]) -> Iterator[Part]:
    """Say which alerts fire."""
    yield "alerts.json", _asked(*_api(loaded.settings), "/api/v1/ops/alerts")


def logs(loaded: Loaded[TradewindSettings], *, lines: int) -> Iterator[Part]:
    """Take the last lines of each log; in one process those that it keeps in memory."""
    files = sorted(Places(loaded.settings.data_dir).logs.glob("*.log"))
    for path in files:
        yield f"logs/{path.name}", "".join(f"{line.text}\n" for line in tail_of(path, lines))
    if not files:
        question = urlencode({"limit": min(lines, 2_000)})
        yield "logs/recent.json", _asked(*_api(loaded.settings), f"/api/v1/ops/logs?{question}")


def migrations(loaded: Loaded[TradewindSettings]) -> Iterator[Part]:
    """Say at which version the tables are, and which steps are done."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - heavy, only here

    from tradewind.stores.sql import schema  # noqa: PLC0415 - as above
    from tradewind.stores.sql.failures import explain  # noqa: PLC0415 - as above
    from tradewind.stores.sql.store import SqlStore  # noqa: PLC0415 - as above

    store = SqlStore(loaded.settings.store, Path(loaded.settings.data_dir))
    try:
        steps = [
            f"{'done' if each.is_done else 'open'}  {each.revision}  {each.what}"
            for each in schema.history(store.engine)
        ]
    except SQLAlchemyError as error:
        raise explain(error, store.shown) from error
    finally:
        store.close()
    yield "migrations.txt", "\n".join([f"this program knows {schema.HEAD}", *steps]) + "\n"


def _api(settings: TradewindSettings) -> tuple[str, int]:
    is_apart = settings.bus.kind == "redis"
    return reachable(settings.api.host), settings.services.api_port if is_apart else settings.api.port


def _asked(host: str, port: int, path: str) -> str:
    """Return what a door of ours answers, or why there is no answer."""
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", path, headers=credentials())
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return f"{host}:{port}{path} does not answer: {error}\n"
    finally:
        connection.close()
    if answer.status in {401, 403}:
        return f"{host}:{port}{path} is not open to everybody: set {TOKEN_VARIABLE} to the access token\n"
    return body


def _as_json(value: Any) -> str:  # noqa: ANN401 - whatever JSON can say
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
