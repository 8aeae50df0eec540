"""Asking supervisord over its unix socket: the few calls that starting, stopping and watching need."""

from __future__ import annotations

import http.client
import socket
import xmlrpc.client
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PATIENCE_S: Final = 60.0


class ProgramInfo(msgspec.Struct, frozen=True):
    """What supervisord says of one program."""

    name: str
    statename: str
    pid: int
    start: int
    now: int
    description: str
    spawnerr: str

    @property
    def is_up(self) -> bool:
        """True while there is a process."""
        return self.statename in {"STARTING", "RUNNING", "STOPPING"}

    @property
    def is_wanted(self) -> bool:
        """True unless nobody has started it, or somebody has stopped it."""
        return self.statename not in {"STOPPED", "STOPPING"}


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_PATIENCE_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _SocketTransport(xmlrpc.client.Transport):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:  # noqa: ANN401 - the parent's signature
        _, connection = self._connection
        if connection is None:
            connection = _SocketConnection(self._path)
            # Where the parent keeps it, and closes it.
            self._connection = host, connection
        return connection


class SupervisorRpc:
    """The calls. Only the owner of the socket can be on its other end, so what it answers is trusted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        proxy = xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=_SocketTransport(str(path)))
        self._supervisor: Any = proxy.supervisor
        self._close: Callable[[], None] = proxy("close")

    def close(self) -> None:
        """Hang up; the next call connects anew."""
        self._close()

    def pid(self) -> int | None:
        """Return supervisord's process, `None` where nobody answers."""
        if not self._path.exists():
            return None
        try:
            return int(self._supervisor.getPID())
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return None

    def programs(self) -> dict[str, ProgramInfo]:
        """Return every program by name.

        Raises: TransientError: supervisord does not answer.
        """
        found = msgspec.convert(self._call("getAllProcessInfo"), list[ProgramInfo])
        return {info.name: info for info in found}

    def renew(self, name: str) -> None:
        """Take the program as the configuration has it now; it must not run."""
        self._call("reloadConfig")
        if name in self.programs():
            self._call("removeProcessGroup", name)
        self._call("addProcessGroup", name)

    def start(self, name: str) -> None:
        """Begin to start a program."""
        self._call("startProcess", name, False)  # noqa: FBT003 - supervisord's signature: do not wait

    def stop(self, name: str) -> None:
        """Begin to stop a program; supervisord ends it by force when its time is over."""
        try:
            self._supervisor.stopProcess(name, False)  # noqa: FBT003 - as above
        except xmlrpc.client.Fault:
            return  # It does not run.
        except (OSError, http.client.HTTPException) as error:
            raise self._away(error) from error

    def signal(self, name: str, signal: str) -> None:
        """Send a program a signal, by its name without SIG."""
        self._call("signalProcess", name, signal)

    def shutdown(self) -> None:
        """Begin to stop every program and supervisord itself."""
        self._call("shutdown")

    def _call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - answers are of any kind
        try:
            return getattr(self._supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            raise self._away(error) from error

    def _away(self, error: Exception) -> TransientError:
        return TransientError(f"supervisord at {self._path} does not answer as it should ({error})")
