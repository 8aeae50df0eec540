"""`tradewind dashboard`: the running system on this terminal, live, until q."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from tradewind.cli.options import load_settings, settings_options
from tradewind.errors import ConfigError
from tradewind.runtime.lifecycle.logs import Logs
from tradewind.runtime.lifecycle.places import Places
from tradewind.runtime.lifecycle.programs import programs_of
from tradewind.runtime.lifecycle.redis_facts import look
from tradewind.runtime.services import PROGRAMS
from tradewind.runtime.terminal.door import door_of

if TYPE_CHECKING:
    from pathlib import Path

    from tradewind.runtime.settings import TradewindSettings

_LAST_LINES = 200


@click.command()
@click.option("--url", default="", help="Where it is; else as the settings say, on this machine.")
@settings_options
def dashboard(config_file: Path | None, flags: tuple[str, ...], url: str) -> int:
    """Show services, rates, latency per hop, quotes, opportunities, alerts, positions, streams and logs; ? for keys.

    TRADEWIND_TOKEN says who asks: the access token or an API key, whose rights decide what is shown.
    """
    if not sys.stdout.isatty():
        message = "the dashboard needs a terminal; for a pipe there are `tradewind watch` and `tradewind status --json`"
        raise ConfigError(message)
    settings = load_settings(config_file, flags).settings
    door = door_of(settings, url)
    from tradewind.runtime.terminal.dashboard import Dashboard  # noqa: PLC0415 - brings the terminal library along

    is_apart_here = settings.bus.kind == "redis" and not url
    app = (
        Dashboard(door, fresh_lines=_logs(settings), far=partial(_far, settings)) if is_apart_here else Dashboard(door)
    )
    code = app.run()
    if app.refusal is not None:
        raise app.refusal
    return code or 0


class _Tail:
    """Lines of the services' logs on this machine: the last ones first, then what comes."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self._is_begun = False

    def __call__(self) -> list[str]:
        lines = self._logs.fresh() if self._is_begun else self._logs.last(_LAST_LINES)
        self._is_begun = True
        return [f"{line.service}: {line.text}" for line in lines]


def _far(settings: TradewindSettings) -> list[list[str]]:
    """Return how far behind the newest tick each room is, and the newest entry of each stream."""
    facts = look(settings.bus)
    if not facts.is_here:
        return [["redis", "away", facts.reason]]
    rows = [["redis", "answers in, ms", f"{facts.answer_ms:g}"]]
    rows += [["lag, ms", room, f"{behind:,}"] for room, behind in facts.done.items()]
    return rows + [["newest entry", key, entry] for key, entry in facts.newest.items()]


def _logs(settings: TradewindSettings) -> _Tail:
    places = Places(settings.data_dir)
    return _Tail(Logs({name: places.log(name) for name in programs_of(settings, PROGRAMS)}))
