"""The true binding of CTP in true child processes: it loads, tells its version, and meets fronts that are dead.

What the reference says of them was measured; these tests would show a release of the library that behaves otherwise.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from private_ports import free_port
from sources_builders import KeepingIntake
from tradewind.ctp.binding import Kind
from tradewind.ctp.channel import CtpChannel, Places
from tradewind.ctp.messages import (
    Answered,
    Ask,
    Called,
    Connect,
    Failed,
    FromChild,
    Release,
    Released,
    Request,
    Returned,
    Subscribe,
)
from tradewind.ctp.ring import RingReader
from tradewind.ctp.settings import CtpSettings
from tradewind.kernel.metrics import Metrics
from tradewind.market.calendar import RoundTheClockCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.sources.ctp import CtpSource
from tradewind.market.sources.settings import CtpFeedSettings

from waiting import eventually

pytestmark = pytest.mark.process
CHARMAP = Path("/usr/share/i18n/charmaps/GB18030.gz")
LOCALES = Path(tempfile.gettempdir()) / f"tradewind-locale-{os.getuid()}"
"""Compiled once by the first child that needs it, as in a user's data_dir."""
PATIENCE_S = 25.0


@pytest.fixture(scope="module", autouse=True)
def _sources_of_locales() -> None:
    """Install what the locale is compiled from, where that is allowed; its absence is a failure, never a skip."""
    if not CHARMAP.exists() and os.geteuid() == 0 and shutil.which("apt-get"):
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        wait = ("-o", "DPkg::Lock::Timeout=300")
        for command in (("update",), ("install", "-y", "--no-install-recommends", "locales")):
            subprocess.run(["apt-get", *wait, "-qq", *command], env=environ, check=False, capture_output=True)
    assert CHARMAP.exists(), "these tests need: apt-get install locales (not root here, so please do)"


class Told:
    """A channel to a child with the library, and all it said."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        settings = CtpSettings(locale_dir=str(LOCALES), flow_dir=str(folder / "not" / "there yet"), retry_scale=0.05)
        self.messages: list[FromChild] = []
        self.ends: list[str] = []
        self.ring = RingReader(1024) if kind == "market" else None
        self.channel = CtpChannel(
            kind,
            settings,
            Places.of(settings, str(folder), kind),
            name=kind,
            on_message=self.messages.append,
            on_end=self.ends.append,
            ring=self.ring,
        )

    async def ready(self) -> None:
        await eventually(lambda: self.channel.pid is not None, timeout_s=PATIENCE_S)

    def connect(self, front: str) -> None:
        assert self.channel.send(Connect(fronts=(front,), flow_dir=str(self.channel.places.flow_dir), resume=2))

    def heard(self, kind: type[FromChild]) -> list[FromChild]:
        return [message for message in self.messages if type(message) is kind]

    async def hear(self, expected: FromChild) -> None:
        await eventually(lambda: expected in self.messages, timeout_s=PATIENCE_S)


@asynccontextmanager
async def child(folder: Path, kind: Kind) -> AsyncIterator[Told]:
    told = Told(folder, kind)
    running = asyncio.create_task(told.channel.run())
    try:
        await told.ready()
        yield told
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if told.ring is not None:
            told.ring.close()


@pytest.mark.parametrize("kind", ["market", "trading"])
async def test_the_library_loads_meets_dead_fronts_and_starts_anew_when_killed(tmp_path: Path, kind: Kind) -> None:
    async def slam(_reader: object, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    slamming = free_port()
    server = await asyncio.start_server(slam, "127.0.0.1", slamming)
    async with server, child(tmp_path, kind) as told:
        assert told.channel.version.startswith("v6.7.")

        # A front that refuses is never called back about; requests and getters say so.
        told.connect(f"tcp://127.0.0.1:{free_port()}")
        told.channel.send(Request(name="ReqUserLogin", fields={"UserID": "u", "Password": "p"}, request_id=7))
        await told.hear(Returned(request_id=7, code=-1))
        told.channel.send(Request(name="ReqUserLogin", fields={"UserLD": "u"}, request_id=8))
        await eventually(lambda: bool(told.heard(Failed)))
        assert "CThostFtdcReqUserLoginField has no field 'UserLD'" in repr(told.heard(Failed))
        told.channel.send(Ask(name="GetTradingDay"))
        await told.hear(Answered(name="GetTradingDay", fields={"value": "19800100"}))
        assert not told.heard(Called)

        # One that accepts and closes is lost again every second, for the same reason.
        told.channel.send(Release())
        await told.hear(Released())
        told.connect(f"tcp://127.0.0.1:{slamming}")
        await told.hear(Called(name="OnFrontDisconnected", fields={"reason": 0x1001}))

        if kind == "market":
            told.channel.send(Subscribe(symbols=("au2612",), request_id=9))
            await told.hear(Returned(request_id=9, code=-1))
        else:
            told.channel.send(Ask(name="GetFrontInfo"))
            await told.hear(Answered(name="GetFrontInfo", fields={"FTDPkgFreq": 0, "FrontAddr": "", "QryFreq": 0}))

        first = told.channel.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: bool(told.ends), timeout_s=PATIENCE_S)
        assert told.ends[0].startswith("the child process ended with signal 9")
        assert not told.channel.send(Ask(name="GetTradingDay"))
        await told.ready()
        assert told.channel.pid != first


async def test_the_watchdog_tells_of_a_front_the_library_is_silent_about(tmp_path: Path) -> None:
    front = f"tcp://127.0.0.1:{free_port()}"
    settings = CtpSettings(locale_dir=str(LOCALES), no_answer_s=0.5)
    source = CtpSource(
        CtpFeedSettings(fronts=(front,), symbols=("rb2701",), timer_step_ms=20),
        settings,
        places=Places.of(settings, str(tmp_path), "market"),
        instruments=InstrumentTable(),
        calendar=RoundTheClockCalendar(),
        metrics=Metrics(),
    )
    running = asyncio.create_task(source.run(KeepingIntake()))
    try:
        said = f"connecting to {front}, no answer"
        await eventually(lambda: source.status().detail == said, timeout_s=PATIENCE_S)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_two_children_in_one_folder_are_refused_and_both_live_on(tmp_path: Path) -> None:
    front = f"tcp://127.0.0.1:{free_port()}"
    async with child(tmp_path, "market") as first, child(tmp_path, "market") as second:
        first.connect(front)
        first.channel.send(Ask(name="GetTradingDay"))
        await eventually(lambda: bool(first.heard(Answered)))
        second.connect(front)
        await eventually(lambda: bool(second.heard(Failed)))
        assert "another process uses" in repr(second.heard(Failed))
        assert first.channel.pid is not None
        assert second.channel.pid is not None
