"""supervisord's configuration: a program for each service of the map and the gateway, a socket for its owner alone."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from tradewind.errors import ConfigError
from tradewind.runtime.lifecycle.programs import programs_of, service_of, stop_s
from tradewind.runtime.services import GATEWAY, PROGRAMS

if TYPE_CHECKING:
    from pathlib import Path

    from tradewind.runtime.lifecycle.places import Places
    from tradewind.runtime.settings import TradewindSettings

_HEAD = """; Made by `{verb}`; change the settings, not this file.
[unix_http_server]
file={socket}
chmod=0600

[supervisord]
logfile={log}
logfile_maxbytes={log_bytes}
logfile_backups={log_files}
loglevel=info
pidfile={pid}
childlogdir={logs}
umask=077
nodaemon=false
identifier=tradewind

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
# A group of its own for each, and signals to the whole group: what a service started ends with it.
_PROGRAM = """
[program:{name}]
command={command}
directory={folder}
priority={priority}
autostart=false
autorestart=true
startsecs={stable_s}
startretries={retries}
stopsignal=TERM
stopwaitsecs={stop_s}
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes={log_bytes}
stdout_logfile_backups={log_files}
"""


def command_of(program: str, places: Places) -> tuple[str, ...]:
    """Return what runs a process of a service; its settings are all in the file."""
    settings, service = str(places.settings(program)), service_of(program)
    verb = ("nginx", "--run") if service == GATEWAY else ("run", service)
    return (sys.executable, "-m", "tradewind", *verb, "--config", settings, "--tied")


def render(settings: TradewindSettings, places: Places, *, folder: Path) -> str:
    """Return the text of `supervisord.conf`; services run in `folder`, against which their relative paths count.

    Raises: ConfigError: a path that supervisord could not read.
    """
    services = settings.services
    shared = {"log_bytes": services.log_bytes, "log_files": services.log_files}
    text = head("tradewind start", places, **shared)
    for priority, name in enumerate(programs_of(settings, PROGRAMS)):
        text += _PROGRAM.format(
            name=name, command=as_value(shlex.join(command_of(name, places))), folder=as_value(folder),
            priority=priority, stable_s=services.stable_s, retries=services.retries, stop_s=stop_s(name, settings),
            log=as_value(places.log(name)), **shared,
        )  # fmt: skip
    return text


def head(verb: str, places: Places, *, log_bytes: int, log_files: int) -> str:
    """Return how a supervisor of ours begins: its socket for its owner alone, its files in `places`.

    Raises: ConfigError: a path that supervisord could not read.
    """
    return _HEAD.format(
        verb=verb, socket=as_value(places.socket), log=as_value(places.log("supervisord")), pid=as_value(places.pid),
        logs=as_value(places.logs), log_bytes=log_bytes, log_files=log_files,
    )  # fmt: skip


def as_value(value: object) -> str:
    """Write a value so that supervisord reads it as it is."""
    text = str(value)
    if "\n" in text or ";" in text:
        message = f"a path with a semicolon or a line break does not work in production mode, was {text!r}"
        raise ConfigError(message)
    return text.replace("%", "%%")
