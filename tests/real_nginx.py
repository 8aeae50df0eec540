"""A real Nginx for tests: found or installed, run from our configuration in a folder of its own, stopped after."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import msgspec

from debian import program_of
from private_ports import free_port
from tradewind.kernel.clock import monotonic_s
from tradewind.runtime.gateway.nginx import nginx_config
from tradewind.runtime.settings import TradewindSettings

_START_S = 10.0
_SBIN = "/usr/sbin:/usr/local/sbin"


def find_nginx() -> str:
    """Return the path of nginx."""
    return program_of("nginx-light", "nginx")


def gateway_settings(settings: TradewindSettings, **changes: Any) -> TradewindSettings:
    """Return the settings of services behind a gateway on a free port, with these gateway fields."""
    # Started by root, the workers would become a user who may not read the test's folder.
    user = getpass.getuser() if os.geteuid() == 0 else ""
    fields = {"enabled": True, "port": free_port(), "user": user, "workers": 1, "connections": 512, **changes}
    return msgspec.structs.replace(settings, gateway=msgspec.structs.replace(settings.gateway, **fields))


class RealNginx:
    """One Nginx on the configuration that `tradewind nginx` writes."""

    def __init__(self, folder: Path, settings: TradewindSettings, *, static: Path | None = None) -> None:
        self._program = find_nginx()
        self._folder = folder
        self._file = folder / "nginx.conf"
        self._file.write_text(nginx_config(settings, folder=folder, static=static), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None
        self.port = settings.gateway.port
        self.origin = f"{'https' if settings.gateway.certificate else 'http'}://127.0.0.1:{self.port}"

    def check(self) -> str:
        """Let Nginx judge the configuration; return what it says when it refuses."""
        done = subprocess.run([*self._command(), "-t"], capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else done.stderr

    def start(self) -> None:
        """Start and wait until it takes connections."""
        self._process = subprocess.Popen([*self._command(), "-g", "daemon off;"])
        until_s = monotonic_s() + _START_S
        while monotonic_s() < until_s:
            with socket.socket() as probe:
                probe.settimeout(0.2)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self._process.poll() is not None:
                break
        message = f"nginx does not listen on port {self.port}: {self.check()}"
        raise RuntimeError(message)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def _command(self) -> list[str]:
        return [self._program, "-e", "stderr", "-p", str(self._folder), "-c", str(self._file)]
