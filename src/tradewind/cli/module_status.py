"""How a module is, from its status file and from whether it runs, in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from tradewind.collector.module_process import find
from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from tradewind.collector.module_places import Places


def look(places: Places) -> dict[str, Any]:
    """Return whether the module runs, and what it last said of itself, where that is of this run."""
    running = find(places)
    try:
        module_hash = f"{places.read_hash()[:6]}…"
    except ConfigError as error:
        module_hash, trouble = "", str(error)
    else:
        trouble = ""
    told = _told(places)
    if running is not None and told.get("pid") != running.pid:
        told = {}
    return {
        "is_running": running is not None,
        "pid": running.pid if running else None,
        "home": str(places.home.resolve()),
        "hash": module_hash,
        "trouble": trouble,
        "told": told,
    }


def as_text(found: dict[str, Any]) -> str:
    """Return it as lines of a name and a value."""
    told = found["told"]
    rows = [("module", f"runs (pid {found['pid']})" if found["is_running"] else "does not run")]
    rows += [("folder", found["home"]), ("hash", found["hash"] or found["trouble"])]
    if found["is_running"] and told:
        rows += [("since", _moment(told["begun_ms"])), ("version", told["version"]), ("server", _line(told))]
        rows += [("running", ", ".join(told["running"]) or "nothing"), ("licence", told["licence"]["message"])]
    if told:
        counts = told["counts"]
        rows.append(
            ("jobs", f"{counts['succeeded']} done, {counts['failed']} failed, {told['unsent']} results to tell")
        )
        last = told["last_job"]
        if last:
            outcome = "done" if last["is_success"] else f"failed: {last['why']}"
            rows.append(("last job", f"{last['execution_id']} {outcome}, {_moment(last['ended_ms'])}"))
    return "\n".join(f"{name:10}{value}" for name, value in rows)


def _told(places: Places) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(places.status.read_bytes())
    except (OSError, msgspec.DecodeError):
        return {}
    return told if isinstance(told, dict) else {}


def _line(told: dict[str, Any]) -> str:
    line = told["line"]
    if line["is_connected"]:
        return f"{told['server']}, connected, last heard {_moment(line['heard_ms'])}"
    return f"{told['server']}, not connected: {line['trouble'] or 'no answer yet'}"


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
