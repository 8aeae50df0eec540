"""Nginx as a program: where it is on this machine, and becoming it, so that whoever watches us watches it."""

from __future__ import annotations

import os
import resource
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import ConfigError
from tradewind.runtime.gateway.nginx import nginx_config

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings

MISSING: Final = "nginx is not on this machine; install it (Debian: apt-get install nginx-light)"
_BESIDE_PATH: Final = "/usr/sbin:/usr/local/sbin"
_FOR_OTHERS_TO_ENTER: Final = 0o711


def find_nginx() -> str | None:
    """Return the path of nginx, `None` where there is none; it may lie where only root's PATH leads."""
    return shutil.which("nginx") or shutil.which("nginx", path=_BESIDE_PATH)


def folder_of(settings: TradewindSettings) -> Path:
    """Return where Nginx works: its configuration, its pid, what is too large for its memory."""
    return (Path(settings.data_dir) / "nginx").absolute()


def become_nginx(settings: TradewindSettings, *, static: Path | None, has_door: bool) -> None:
    """Write the configuration and be Nginx, in foreground, until it ends. Returns never.

    Raises: ConfigError: there is no Nginx, its folder cannot be made, or the settings make no configuration.
    """
    program, folder = find_nginx(), folder_of(settings)
    if program is None:
        raise ConfigError(MISSING)
    file = folder / "nginx.conf"
    text = nginx_config(_for_this_machine(settings), folder=folder, static=static, has_door=has_door)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Its workers may be another user than we are; their files in it are their own.
        folder.chmod(_FOR_OTHERS_TO_ENTER)
        file.write_text(text, encoding="utf-8")
        # Where it works is how its processes are known for ours: its workers' command lines name nothing.
        os.chdir(folder)
    except OSError as error:
        message = f"data_dir: cannot write {file} ({error.strerror}); choose a folder that is yours"
        raise ConfigError(message) from error
    command = [program, "-e", "stderr", "-p", str(folder), "-c", str(file), "-g", "daemon off;"]
    # Replaced, not started; its log is in universal time, as the services' are.
    os.execve(program, command, {**os.environ, "TZ": "UTC"})  # noqa: S606 - no shell wanted


def _for_this_machine(settings: TradewindSettings) -> TradewindSettings:
    """Return the settings with files named from the root, and no more connections than files may be open.

    Nginx counts relative names from its own folder, and calls it an error to be allowed less than it is told.
    """
    gateway = settings.gateway
    changes: dict[str, str | int] = {
        field: str(Path(path).absolute())
        for field in ("certificate", "certificate_key")
        if (path := getattr(gateway, field))
    }
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY:
        changes["connections"] = min(gateway.connections, most // 2)
    return msgspec.structs.replace(settings, gateway=msgspec.structs.replace(gateway, **changes))
