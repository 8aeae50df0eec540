"""`tradewind reload`: new settings for what runs, as far as they can be taken over without a restart.

A service that runs apart was started with a file of its own. There what may be taken over is replaced and nothing else,
so that a service which is restarted at night does not find half of what was meant.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import msgspec

from tradewind.errors import ConfigError
from tradewind.kernel.settings import value_at
from tradewind.kernel.settings_doc import as_toml
from tradewind.runtime.lifecycle.frozen import load_frozen, settled
from tradewind.runtime.lifecycle.places import write_private
from tradewind.runtime.lifecycle.programs import service_of, settings_of
from tradewind.runtime.reloading import SIGNAL, compare, listens
from tradewind.runtime.services import GATEWAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tradewind.runtime.lifecycle.crew import Crew
    from tradewind.runtime.reloading import Reloaded


class Told(msgspec.Struct, frozen=True):
    """What a process was told to take over, and what of the new settings needs a restart."""

    program: str
    taken: tuple[str, ...]
    waiting: tuple[str, ...]


def reload(crew: Crew, services: Sequence[str]) -> Iterator[Told]:
    """Tell every running process of these services; all is looked at before any is told.

    Raises:
        ConfigError: settings that do not go together, or a file that cannot be read or written; nobody was told.
        TransientError: supervisord does not do as it should.
    """
    running = [
        name
        for name, info in crew.programs().items()
        if info.is_up and service_of(name) in services and service_of(name) != GATEWAY
    ]
    found = {name: _compared(crew, name) for name in running}
    programs = crew.programs()
    if deaf := [name for name in running if found[name].taken and not listens(programs[name].pid)]:
        message = f"{', '.join(deaf)} cannot take settings over while running; `tradewind restart {deaf[0]}` gives them"
        raise ConfigError(message)
    for name, reloaded in found.items():
        if reloaded.taken:
            _write(crew, name, reloaded)
            crew.rpc.signal(name, SIGNAL.name.removeprefix("SIG"))
        yield Told(name, reloaded.taken, reloaded.waiting)


def _compared(crew: Crew, program: str) -> Reloaded:
    wanted = settings_of(program, settled(crew.settings, crew.places))
    return compare(load_frozen(program, crew.places, crew.settings), wanted)


def _write(crew: Crew, program: str, reloaded: Reloaded) -> None:
    path = crew.places.settings(program)
    lines = {line.partition(" = ")[0]: line for line in path.read_text(encoding="utf-8").splitlines() if line}
    for name in reloaded.taken:
        lines[name] = f"{name} = {as_toml(value_at(reloaded.settings, name))}"
    text = "".join(f"{lines[name]}\n" for name in sorted(lines))
    if not tomllib.loads(text):
        message = f"{path} would say nothing; `tradewind restart {program}` writes it anew"
        raise ConfigError(message)
    write_private(path, text)
