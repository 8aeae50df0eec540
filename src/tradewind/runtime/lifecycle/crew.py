"""The services of one installation under one supervisord: start, stop, and never leave anything behind."""

from __future__ import annotations

import contextlib
import fcntl
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import ConfigError, TransientError
from tradewind.kernel.clock import monotonic_s
from tradewind.runtime.gateway.program import MISSING, find_nginx
from tradewind.runtime.lifecycle import frozen, health, leftovers
from tradewind.runtime.lifecycle.last_words import last_error
from tradewind.runtime.lifecycle.places import Places, write_private
from tradewind.runtime.lifecycle.ports import check_free
from tradewind.runtime.lifecycle.programs import in_order, programs_of, service_of, stop_s
from tradewind.runtime.lifecycle.redis_facts import check_admits
from tradewind.runtime.lifecycle.supervisor_conf import render
from tradewind.runtime.lifecycle.supervisor_rpc import ProgramInfo, SupervisorRpc
from tradewind.runtime.lifecycle.supervisord import PATIENCE_S, spawn
from tradewind.runtime.services import CONTROL, GATEWAY, PROGRAMS, TRADING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tradewind.kernel.settings import Loaded
    from tradewind.runtime.settings import TradewindSettings

_LOOK_S: Final = 0.05
_STOPPED: Final = "stopped"


class Outcome(msgspec.Struct, frozen=True):
    """What became of one process of a service, called `service`, `service-2` and so on."""

    service: str
    is_well: bool
    text: str


class Crew:
    """All services of the installation that the settings describe."""

    def __init__(self, loaded: Loaded[TradewindSettings]) -> None:
        """Raises: ConfigError: the bus is inside one process."""
        self._loaded = loaded
        self.settings = frozen.with_gateway(loaded.settings)
        if self.settings.bus.kind != "redis":
            message = (
                f"production mode needs bus.kind=redis, was {self.settings.bus.kind}; set it and bus.url in "
                "tradewind.toml, or use `tradewind run` for all in one process"
            )
            raise ConfigError(message)
        self.places = Places(self.settings.data_dir)
        self.rpc = SupervisorRpc(self.places.socket)

    def all_services(self) -> tuple[str, ...]:
        """Return the services that run when none are named: rooms that the settings leave out are left out."""
        left_out = {"features", "strategies", "signals", "risk"}.difference(self.settings.rooms)
        if not self.settings.gateway.is_before_us:
            left_out.add(GATEWAY)
        if not self.settings.is_trading:
            left_out.add(TRADING)
        if not self.settings.control.enabled:
            left_out.add(CONTROL)
        return tuple(name for name in PROGRAMS if name not in left_out)

    def missing(self) -> list[Outcome]:
        """Return what an operator may miss among all services: the gateway where it waits for Nginx."""
        if self._loaded.settings.gateway.enabled != "auto" or self.settings.gateway.is_before_us:
            return []
        return [Outcome(GATEWAY, is_well=True, text=f"not started: {MISSING}, or set gateway.enabled=false")]

    def programs(self) -> dict[str, ProgramInfo]:
        """Return what supervisord says of each service; nothing where there is none."""
        return self.rpc.programs() if self.rpc.pid() is not None else {}

    def programs_of(self, services: Sequence[str], known: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the processes of services: those that the settings want, and those in `known` that they did once."""
        wanted = programs_of(self.settings, services)
        others = {name for name in known if service_of(name) in services} - set(wanted)
        return tuple(sorted((*wanted, *others), key=in_order))

    def start(self, services: Sequence[str]) -> list[Outcome]:
        """Start what does not run and wait until each answers, or is known not to.

        Raises:
            ConfigError: a folder, a port or Nginx cannot be had, or Redis will not have us; nothing was started.
            TransientError: supervisord does not do as it should.
        """
        if GATEWAY in services:
            self._check_gateway()
        with self._alone():
            programs = self.programs()
            names = self.programs_of(services)
            running = [name for name in names if name in programs and programs[name].is_up]
            outcomes = [self._running_already(name, programs[name]) for name in running]
            missing = [name for name in names if name not in running]
            if missing:
                if not programs:
                    self._clean()
                check_free(missing, self.settings)
                check_admits(self.settings.bus)
                self._begin(missing, is_supervised=bool(programs))
            return outcomes + self._wait_up(missing)

    def stop(self, services: Sequence[str]) -> list[Outcome]:
        """Stop services, by force when their time is over; the last one takes supervisord with it.

        Raises: TransientError: supervisord does not do as it should.
        """
        with self._alone():
            programs = self.programs()
            names = self.programs_of(services, programs)
            wanted = [name for name in names if name in programs and programs[name].is_wanted]
            for name in names:
                if name in programs:
                    self.rpc.stop(name)
            self._wait_stopped(names)
            patience_s = self.settings.services.stop_s
            if GATEWAY in names and leftovers.end_workers_left(self.places, patience_s=patience_s):
                wanted.append(GATEWAY)
            left: list[str] = []
            if not any(info.is_wanted for info in self.programs().values()):
                left = self._end_supervisor()
            told = dict.fromkeys(names, "did not run")
            told |= dict.fromkeys(left, "ended; its supervisor was gone") | dict.fromkeys(wanted, _STOPPED)
            known = {name: text for name, text in told.items() if service_of(name) in PROGRAMS}
            return [Outcome(name, is_well=True, text=text) for name, text in known.items()]

    def renew(self, program: str) -> Outcome:
        """Stop one process, start it with the settings of this call, and wait until it does its work again.

        Raises: TransientError: supervisord does not do as it should.
        """
        with self._alone():
            self.rpc.stop(program)
            self._wait_stopped((program,))
            if program not in programs_of(self.settings, PROGRAMS):
                return Outcome(program, is_well=True, text="stopped; the settings no longer want it")
            self._begin((program,), is_supervised=True)
            (outcome,) = self._wait_up((program,))
            return self._wait_well(outcome) if outcome.is_well else outcome

    def drain(self, services: Sequence[str]) -> list[Outcome]:
        """Have edges see their clients off and end; whoever has not gone when their time is over is cut.

        Raises: TransientError: supervisord does not do as it should.
        """
        return [self._drained(outcome) for outcome in self.stop(services)]

    @staticmethod
    def _drained(outcome: Outcome) -> Outcome:
        if outcome.text != _STOPPED:
            return outcome
        return msgspec.structs.replace(outcome, text="drained; `tradewind start` brings it back")

    def _wait_well(self, started: Outcome) -> Outcome:
        """Wait until who has answered does its work too: it is connected, stands by, or nothing of it fails."""
        until_s = monotonic_s() + self.settings.services.start_s
        while (answer := health.ask(started.service, self.settings)) is None or answer.status != "ok":
            if monotonic_s() > until_s:
                break
            time.sleep(_LOOK_S)
        else:
            return started
        trouble = answer.trouble if answer is not None else "it does not answer any more"
        return Outcome(started.service, is_well=False, text=f"started, and does not get well: {trouble}")

    def _check_gateway(self) -> None:
        if find_nginx() is None:
            message = f"gateway cannot start: {MISSING}, or set gateway.enabled=false"
            raise ConfigError(message)
        if not self.settings.gateway.is_before_us:
            message = "gateway cannot start: gateway.enabled is false, the services would not let it in; set it to true"
            raise ConfigError(message)

    def _clean(self) -> list[str]:
        """Make room for a new supervisord after one that was killed; return what it had left behind."""
        left = leftovers.end(self.places, patience_s=self.settings.services.stop_s)
        for path in (self.places.socket, self.places.pid):
            with contextlib.suppress(OSError):
                path.unlink()
        return left

    def _begin(self, names: Sequence[str], *, is_supervised: bool) -> None:
        for name in names:
            frozen.freeze(self._loaded, name, self.places)
        write_private(self.places.conf, render(self.settings, self.places, folder=Path.cwd()))
        if not is_supervised:
            spawn(self.places, self.rpc)
        for name in names:
            self.rpc.stop(name)
            self.rpc.renew(name)
            self.rpc.start(name)

    def _wait_up(self, names: Sequence[str]) -> list[Outcome]:
        found: dict[str, Outcome] = {}
        until_s = monotonic_s() + self.settings.services.start_s
        while len(found) < len(names) and monotonic_s() < until_s:
            programs = self.programs()
            for name in names:
                if name not in found and (outcome := self._judge(name, programs[name])) is not None:
                    found[name] = outcome
            time.sleep(_LOOK_S)
        late = f"does not answer at its health door yet; see `tradewind logs` and {self.places.logs}"
        return [found.get(name) or Outcome(name, is_well=False, text=late) for name in names]

    def _judge(self, name: str, info: ProgramInfo) -> Outcome | None:
        """Say what became of a start, `None` while it is open."""
        if info.statename in {"BACKOFF", "FATAL", "EXITED"}:
            why = last_error(name, self.places) or info.spawnerr or info.description
            return Outcome(name, is_well=False, text=f"failed: {why}")
        answer = health.ask(name, self.settings, patience_s=1.0) if info.is_up else None
        if answer is None or (answer.pid and answer.pid != info.pid):
            return None
        waiting = f"; {answer.trouble}" if answer.bus == "degraded" else ""
        return Outcome(name, is_well=True, text=f"started, pid {info.pid}{waiting}")

    def _running_already(self, name: str, info: ProgramInfo) -> Outcome:
        text = f"runs already, pid {info.pid}"
        if not frozen.is_frozen_as(self._loaded, name, self.places):
            text += f", with the settings it was started with; `tradewind restart {name}` gives it these"
        return Outcome(name, is_well=True, text=text)

    def _wait_stopped(self, names: Sequence[str]) -> None:
        patience_s = max((stop_s(name, self.settings) for name in names), default=0)
        until_s = monotonic_s() + patience_s + PATIENCE_S
        while any(info.is_up for name, info in self.programs().items() if name in names):
            if monotonic_s() > until_s:
                message = f"services did not stop; {self.places.log('supervisord')} may say why"
                raise TransientError(message)
            time.sleep(_LOOK_S)

    def _end_supervisor(self) -> list[str]:
        """End supervisord, and whatever else may be left of this installation; return what that was."""
        pid = self.rpc.pid()
        if pid is not None:
            self.rpc.shutdown()
            until_s = monotonic_s() + PATIENCE_S
            while leftovers.is_alive(pid) and monotonic_s() < until_s:
                time.sleep(_LOOK_S)
        return self._clean()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one command at a time change what runs."""
        self.places.make()
        with self.places.lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
