"""The ports a service needs, and who has one that is taken: asked before anything is started."""

from __future__ import annotations

import contextlib
import errno
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.errors import PortTakenError
from tradewind.runtime.gateway.places import module_port
from tradewind.runtime.lifecycle.programs import service_of, settings_of
from tradewind.runtime.services import CONTROL, GATEWAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.runtime.settings import TradewindSettings

_LISTENING: Final = "0A"


def ports_of(service: str, settings: TradewindSettings) -> dict[str, tuple[str, int]]:
    """Return where a service will listen, by the setting that says so."""
    services = settings.services
    if service == GATEWAY:
        gateway = settings.gateway
        door = (services.host, services.gateway_health)
        ports = {"gateway.port": (gateway.host, gateway.port), "services.gateway_health": door}
        if modules := module_port(settings):
            ports["gateway.control_port"] = (gateway.host, modules)
        return ports
    if service == "api":
        return {"services.api_port": (settings.api.host, services.api_port)}
    ports = {f"services.{service}_health": (services.host, services.health_port(service))}
    if service == "push":
        ports["services.push_port"] = (settings.push.host, services.push_port)
    if service == "quotes" and settings.quotes.port:
        ports["quotes.port"] = (settings.quotes.host, settings.quotes.port)
    if service == CONTROL and settings.control.port:
        ports["control.port"] = (settings.control.host, settings.control.port)
    return ports


def check_free(programs: Iterable[str], settings: TradewindSettings) -> None:
    """Refuse to start what could not listen.

    Raises: PortTakenError: somebody has a port, or two of ours want the same one.
    """
    wanted: dict[int, str] = {}
    for name in programs:
        for setting, (host, port) in ports_of(service_of(name), settings_of(name, settings)).items():
            other = wanted.setdefault(port, setting)
            if other != setting:
                message = f"{other} and {setting} are both {port}; give each a port of its own"
                raise PortTakenError(message)
            if _is_taken(host, port):
                message = (
                    f"{name} cannot start: port {port} on {host} is taken by {owner_of(port)}; stop that program, or "
                    f"choose another port with --set {setting}=N"
                )
                raise PortTakenError(message)


def owner_of(port: int) -> str:
    """Say which process listens on a port, as far as this user may know."""
    inodes = set(_inodes_listening(port))
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            for handle in (entry / "fd").iterdir():
                found = re.fullmatch(r"socket:\[(\d+)\]", str(handle.readlink()))
                if found and found[1] in inodes:
                    return f"process {entry.name} ({_command_of(entry)})"
    return "another program"


def _is_taken(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _inodes_listening(port: int) -> Iterable[str]:
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]


def _command_of(entry: Path) -> str:
    words = (entry / "cmdline").read_text(encoding="utf-8", errors="replace").rstrip("\0").split("\0")
    shown = " ".join(Path(word).name if number == 0 else word for number, word in enumerate(words))
    shown = " ".join(shown.split())
    return shown if len(shown) < 80 else shown[:77] + "..."  # noqa: PLR2004 - as much as a line has room for
