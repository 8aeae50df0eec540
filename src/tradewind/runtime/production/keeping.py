"""The servers of a production set under a supervisor of their own: started, kept running, stopped last."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import PortTakenError, TransientError
from tradewind.kernel.clock import monotonic_s
from tradewind.runtime.lifecycle.leftovers import is_alive
from tradewind.runtime.lifecycle.places import write_private
from tradewind.runtime.lifecycle.ports import owner_of
from tradewind.runtime.lifecycle.supervisor_conf import as_value, head
from tradewind.runtime.lifecycle.supervisor_rpc import SupervisorRpc
from tradewind.runtime.lifecycle.supervisord import PATIENCE_S, spawn
from tradewind.runtime.production.asking import listens
from tradewind.runtime.production.plan import HOST
from tradewind.runtime.production.servers import SERVERS, present

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.runtime.lifecycle.supervisor_rpc import ProgramInfo
    from tradewind.runtime.production.plan import Plan
    from tradewind.runtime.production.servers import Server

_START_S: Final = 60.0
_STOP_S: Final = 30
_LOOK_S: Final = 0.05
_LOGS: Final = {"log_bytes": 20_000_000, "log_files": 3}
_PROGRAM: Final = """
[program:{name}]
command={command}
directory={folder}
autostart=false
autorestart=true
startsecs=1
startretries=20
stopsignal=TERM
stopwaitsecs={stop_s}
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes={log_bytes}
stdout_logfile_backups={log_files}
"""


class ServerState(msgspec.Struct, frozen=True, kw_only=True):
    """One server at one moment: running, starting, silent (runs, does not answer), failed, stopped, absent."""

    name: str
    state: str
    address: str
    pid: int | None = None


class Keeper:
    """The supervisor of a plan's servers."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._places = plan.places
        self._rpc = SupervisorRpc(self._places.socket)

    def start(self, servers: Sequence[Server]) -> list[str]:
        """Prepare and start those that do not run, and wait until each answers; return which were started.

        Raises:
            PortTakenError: somebody else listens where one should; nothing was started.
            TransientError: one does not start; says where its log is.
        """
        self._places.make()
        known = self._programs()
        here = [server for server in servers if server in present(self._plan)]
        missing = [server for server in here if server.name not in known or not known[server.name].is_up]
        for server in missing:
            self._check_free(server)
        for server in missing:
            server.prepare(self._plan)
        if missing:
            write_private(self._places.conf, self._rendered())
            if not known and self._rpc.pid() is None:
                spawn(self._places, self._rpc)
        for server in missing:
            self._rpc.renew(server.name)
            self._rpc.start(server.name)
        for server in missing:
            self._wait_up(server)
        return [server.name for server in missing]

    def stop(self) -> list[str]:
        """Stop what runs, what watches first, and the supervisor; return which servers were stopped.

        Raises: TransientError: one does not stop.
        """
        programs = self._programs()
        running = [server for server in reversed(SERVERS) if server.name in programs and programs[server.name].is_up]
        for server in running:
            self._rpc.stop(server.name)
        self._wait_gone([server.name for server in running])
        pid = self._rpc.pid()
        if pid is not None:
            self._rpc.shutdown()
            until_s = monotonic_s() + PATIENCE_S
            while is_alive(pid) and monotonic_s() < until_s:
                time.sleep(_LOOK_S)
        self._rpc.close()
        return [server.name for server in running]

    def states(self) -> list[ServerState]:
        """Return how each server is."""
        programs, here = self._programs(), present(self._plan)
        return [self._state(server, programs.get(server.name), is_here=server in here) for server in SERVERS]

    def _state(self, server: Server, info: ProgramInfo | None, *, is_here: bool) -> ServerState:
        port = self._plan.ports[server.port]
        address = f"{HOST}:{port}"
        if not is_here:
            return ServerState(name=server.name, state="absent", address="")
        if info is None or info.statename in {"STOPPED", "STOPPING"}:
            return ServerState(name=server.name, state="stopped", address=address)
        if not info.is_up:
            return ServerState(name=server.name, state="failed", address=address)
        state = "running" if listens(port) else "silent"
        return ServerState(name=server.name, state=state, address=address, pid=info.pid)

    def _programs(self) -> dict[str, ProgramInfo]:
        return self._rpc.programs() if self._rpc.pid() is not None else {}

    def _check_free(self, server: Server) -> None:
        port = self._plan.ports[server.port]
        if listens(port):
            message = (
                f"{server.name} cannot start: port {port} on {HOST} is taken by {owner_of(port)}; stop that program, "
                f"or make the set in another folder with --port {server.port}=N"
            )
            raise PortTakenError(message)

    def _rendered(self) -> str:
        text = head("tradewind production up", self._places, **_LOGS)
        for server in present(self._plan):
            text += _PROGRAM.format(
                name=server.name, command=as_value(shlex.join(server.command(self._plan))), stop_s=_STOP_S,
                folder=as_value(self._plan.server(server.name)), log=as_value(self._places.log(server.name)), **_LOGS,
            )  # fmt: skip
        return text

    def _wait_up(self, server: Server) -> None:
        until_s = monotonic_s() + _START_S
        while not listens(self._plan.ports[server.port]):
            has_failed = self._programs()[server.name].statename in {"FATAL", "EXITED"}
            if has_failed or monotonic_s() > until_s:
                message = f"{server.name} does not answer; {self._places.log(server.name)} says why"
                raise TransientError(message)
            time.sleep(_LOOK_S)

    def _wait_gone(self, names: Sequence[str]) -> None:
        until_s = monotonic_s() + _STOP_S + PATIENCE_S
        while any(info.is_up for name, info in self._programs().items() if name in names):
            if monotonic_s() > until_s:
                message = f"servers did not stop; {self._places.log('supervisord')} may say why"
                raise TransientError(message)
            time.sleep(_LOOK_S)
