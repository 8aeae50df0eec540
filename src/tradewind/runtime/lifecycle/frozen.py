"""The settings of one `start`, as one file: what a service gets is what the call had, whichever layer it came from.

A file and not the environment or flags, because passwords would show in the list of processes, and because a service
that is restarted at night must not find other settings than in the evening.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import ConfigError
from tradewind.kernel.settings import ENV_PREFIX, ENV_RESERVED, Loaded, leaves, load, value_at
from tradewind.kernel.settings_doc import as_toml
from tradewind.runtime.gateway.program import find_nginx
from tradewind.runtime.lifecycle.places import Places, write_private
from tradewind.runtime.lifecycle.programs import number_of, service_of, settings_of
from tradewind.runtime.settings import OLDER_NAMES, TradewindSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT: Final = {
    f"{ENV_PREFIX}{leaf.path.upper().replace('.', '__')}": leaf.path
    for leaf in leaves(TradewindSettings)
    if leaf.kept_in
}
"""Variables of secrets that no file may hold: a service gets them from its environment, as this process did."""


def freeze(loaded: Loaded[TradewindSettings], program: str, places: Places) -> None:
    """Write what `program` is to be started with.

    Raises: ConfigError: the file cannot be written, or does not say what was meant.
    """
    settings = _own_settings(loaded, program, places)
    written = {*loaded.origins, "bus.member", "gateway.enabled"}
    if number_of(program) > 1:
        written.add(f"services.{service_of(program)}_health")
    written -= set(_KEPT.values())
    path = places.settings(program)
    write_private(path, "".join(f"{name} = {as_toml(value_at(settings, name))}\n" for name in sorted(written)))
    if load(TradewindSettings, file=path, environ=_kept(settings)).settings != settings:
        message = f"{path} does not say what the settings of this call say; remove what is unusual in them"
        raise ConfigError(message)


def settled(settings: TradewindSettings, places: Places) -> TradewindSettings:
    """Return the settings with what they leave to whoever starts the services: our name, whether Nginx is there."""
    return with_gateway(with_member(settings, places))


def with_gateway(settings: TradewindSettings) -> TradewindSettings:
    """Say whether there is an entry before the services, where the settings leave it to what is installed."""
    if settings.gateway.enabled != "auto":
        return settings
    gateway = msgspec.structs.replace(settings.gateway, enabled=find_nginx() is not None)
    return msgspec.structs.replace(settings, gateway=gateway)


def with_member(settings: TradewindSettings, places: Places) -> TradewindSettings:
    """Give this installation one name on the bus: one killed and started again is known there and goes on at once."""
    if settings.bus.member:
        return settings
    host = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in socket.gethostname())
    member = f"{host[:60]}-{places.name}"
    return msgspec.structs.replace(settings, bus=msgspec.structs.replace(settings.bus, member=member))


def is_frozen_as(loaded: Loaded[TradewindSettings], program: str, places: Places) -> bool:
    """Tell whether `program` was started with these settings."""
    try:
        found = load_frozen(program, places, loaded.settings)
    except ConfigError:
        return False
    return found == _own_settings(loaded, program, places)


def load_frozen(program: str, places: Places, settings: TradewindSettings) -> TradewindSettings:
    """Return what `program` was started with; secrets that no file holds are those of `settings`.

    Raises: ConfigError: its file is not there, or cannot be read.
    """
    return load(TradewindSettings, file=places.settings(program), environ=_kept(settings)).settings


def _own_settings(loaded: Loaded[TradewindSettings], program: str, places: Places) -> TradewindSettings:
    return settings_of(program, settled(loaded.settings, places))


def _kept(settings: TradewindSettings) -> dict[str, str]:
    return {variable: str(value_at(settings, path)) for variable, path in _KEPT.items() if value_at(settings, path)}


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the settings that are in the file, by whatever name they went."""
    kept = ENV_RESERVED - {"TRADEWIND_CONFIG"}
    return {
        name: value
        for name, value in environ.items()
        if name in kept or name in _KEPT or not (name.startswith(ENV_PREFIX) or name in OLDER_NAMES)
    }
