"""Replays beside the live line: each a process of its own with the same people and no order line. Decision 0028.

A process and not a second line in this one: a recording at full speed takes a whole core, and the live line must not
wait for it. It has the same sign-ins, because it reads the same store; it ends with this process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.api.ops_desk import ReplayForm, ReplayView
from tradewind.errors import InputError, StateConflictError
from tradewind.identity.cookies import USUAL_PORT, installation_of
from tradewind.kernel.ids import new_epoch
from tradewind.kernel.log import get_log
from tradewind.kernel.settings import leaves, value_at
from tradewind.kernel.settings_doc import as_toml
from tradewind.runtime.gateway.places import public_port
from tradewind.runtime.lifecycle.frozen import environment
from tradewind.runtime.lifecycle.places import write_private
from tradewind.runtime.settings import TradewindSettings

if TYPE_CHECKING:
    from pathlib import Path

    from tradewind.kernel.clock import Clock
    from tradewind.runtime.operations.stored import Playable, Stored

_LOG = get_log("runtime.replays")
_ADDRESS: Final = re.compile(r"https?://\S+?:(\d+)\s")
_READY_S: Final = 60.0
_LOOK_S: Final = 0.1
_END_S: Final = 10.0
_TOLD: Final = 4_000
_REMEMBERED: Final = 10
"""Replays that have ended and are still shown."""


class _Room:
    """One replay."""

    def __init__(self, view: ReplayView, process: asyncio.subprocess.Process, folder: Path) -> None:
        self.view = view
        self.process = process
        self.folder = folder
        self.watch: asyncio.Task[None] | None = None


class Replays:
    """`api.ops_desk.ReplayRooms`."""

    def __init__(self, settings: TradewindSettings, stored: Stored, *, folder: Path, clock: Clock) -> None:
        self._settings = settings
        self._stored = stored
        self._folder = folder
        self._clock = clock
        self._rooms: dict[str, _Room] = {}

    def list(self) -> list[ReplayView]:
        """Return those there are and the last that ended, newest first."""
        return [room.view for room in reversed(self._rooms.values())]

    async def start(self, form: ReplayForm, *, host: str, by: str) -> ReplayView:
        """Play a recording in a process of its own.

        Raises:
            InputError: there is no such recording.
            StateConflictError: as many as may play already.
        """
        most = self._settings.market.replay.beside_most
        if sum(room.view.state != "ended" for room in self._rooms.values()) >= most:
            message = f"{most} replays play already (market.replay.beside_most); end one first"
            raise StateConflictError(message)
        playable = await asyncio.to_thread(self._stored.playable, form.day)
        name = new_epoch()[:12]
        room = await self._spawn(name, form, playable, by)
        self._rooms[name] = room
        self._forget_oldest()
        room.watch = asyncio.create_task(self._look_after(room, host), name=f"replay-{name}")
        _LOG.info("replay_started", replay=name, day=form.day, by=by)
        return room.view

    async def end(self, replay_id: str, *, by: str) -> None:
        """End one.

        Raises: InputError: there is none of that id.
        """
        room = self._rooms.get(replay_id)
        if room is None:
            message = f"no replay {replay_id[:40]!r} plays here"
            raise InputError(message)
        _LOG.info("replay_ended_by_hand", replay=replay_id, by=by)
        await self._end(room, "")

    async def _spawn(self, name: str, form: ReplayForm, playable: Playable, by: str) -> _Room:
        folder = self._folder / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / "settings.toml"
        write_private(file, _as_file(_settings_of(playable, form, folder)))
        with (folder / "replay.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tradewind", "run", "--tied", "--config", str(file)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(os.environ),
            )
        view = ReplayView(id=name, day=form.day, url="", state="starting", by=by, since=self._clock.now_ns())
        return _Room(view, process, folder)

    async def _look_after(self, room: _Room, host: str) -> None:
        """Say where its pages are once it is open, and that it is over when it is."""
        error = await self._opened(room, host)
        if error:
            await self._end(room, error)
            return
        code = await room.process.wait()
        error = room.view.error or (f"exit code {code}" if code > 0 else "")
        room.view = msgspec.structs.replace(room.view, state="ended", error=error)
        await asyncio.to_thread(_clear, room.folder)

    async def _opened(self, room: _Room, host: str) -> str:
        """Wait for the line in which it says where it listens; return why it says none, empty where it did."""
        log = room.folder / "replay.log"
        try:
            async with asyncio.timeout(_READY_S):
                while room.process.returncode is None:
                    if found := _ADDRESS.search(_read(log)):
                        url = f"http://{_without_port(host)}:{found[1]}/market"
                        room.view = msgspec.structs.replace(room.view, state="playing", url=url)
                        return ""
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            return f"the replay did not open within {_READY_S:.0f} s"
        told = _read(log).strip().splitlines()
        return f"the recording cannot be played: {told[-1][:500] if told else 'no reason given'}"

    async def _end(self, room: _Room, error: str) -> None:
        if room.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                room.process.terminate()
            try:
                await asyncio.wait_for(room.process.wait(), _END_S)
            except TimeoutError:
                room.process.kill()
                await room.process.wait()
        room.view = msgspec.structs.replace(room.view, state="ended", error=error)
        await asyncio.to_thread(_clear, room.folder)

    def _forget_oldest(self) -> None:
        over = [name for name, room in self._rooms.items() if room.view.state == "ended"]
        for name in over[:-_REMEMBERED]:
            del self._rooms[name]


def _settings_of(playable: Playable, form: ReplayForm, folder: Path) -> TradewindSettings:
    """Return the settings of a replay: the platform's, with no feed, no orders, no recording and doors of its own."""
    change = msgspec.structs.replace
    mine = playable.settings
    replay = change(
        mine.market.replay, path=str(playable.path.absolute()), speed=form.speed, start_paused=form.is_paused, begin="",
        loop=False, beside_most=0,
    )  # fmt: skip
    market = change(
        mine.market,
        source="replay",
        replay=replay,
        recording=change(mine.market.recording, folder="", archive_folder=""),
        contract_file=str(folder / "main_contract.json"),
    )
    return change(
        mine,
        market=market,
        bus=change(mine.bus, kind="local"),
        trading=change(mine.trading, enabled=False),
        notices=change(mine.notices, enabled=False),
        quotes=change(mine.quotes, enabled=False),
        control=change(mine.control, enabled=False),
        # The platform looks after its files; two would be in each other's way.
        retention=change(mine.retention, enabled=False),
        gateway=change(mine.gateway, enabled=False),
        # Whoever is signed in here is there: the same cookie, whatever port it gets.
        access=change(
            mine.access, installation=installation_of(mine.access.installation, public_port(mine)) or str(USUAL_PORT)
        ),
        api=change(mine.api, port=0),
        push=change(mine.push, port=0),
        log=change(mine.log, format="json"),
    )


def _as_file(settings: TradewindSettings) -> str:
    """Write what differs from the defaults as a settings file."""
    lines = []
    for leaf in leaves(TradewindSettings):
        value = msgspec.to_builtins(value_at(settings, leaf.path))
        # A secret that no file may hold is of no use to a replay.
        if value != msgspec.to_builtins(leaf.default) and not leaf.kept_in:
            lines.append(f"{leaf.path} = {as_toml(value)}\n")
    return "".join(lines)


def _read(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")[-_TOLD:]
    except OSError:
        return ""


def _without_port(host: str) -> str:
    """Return the name in a `Host` header; this machine's own where there is none."""
    name = re.sub(r":\d+$", "", host)
    return name or "127.0.0.1"


def _clear(folder: Path) -> None:
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):
            path.unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()
