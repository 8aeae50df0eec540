"""Modules beside a browser, of system 002 and ours: each with a loop of its own, in a thread that the test ends."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from pathlib import Path
from typing import Any

import websockets

from fleet_ear import Ear
from module_at_work import AtWork
from old_module import OldModule, register
from tradewind.collector.module_places import Places
from tradewind.collector.stream_kind import StreamKind


class ModuleBeside:
    """One registered module at work; a job waits until the test lets it end."""

    def __init__(self, address: str, name: str, *, is_held: bool = False, is_far: bool = False) -> None:
        answer = register(address, name=name, is_far=is_far)
        assert answer["code"] == "2000", answer
        self.hash: str = answer["result"]["hash"]
        self._module = OldModule(address, self.hash, self._work)
        self._may_end = threading.Event()
        if not is_held:
            self._may_end.set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name=name)

    def start(self) -> None:
        """Connect, and serve until it vanishes or is told to end."""
        self._thread.start()

    @property
    def is_started(self) -> bool:
        """Tell whether it was ever at work."""
        return self._thread.ident is not None

    def let_go(self) -> None:
        """Let the jobs it has end."""
        self._may_end.set()

    def vanish(self) -> None:
        """Cut its line; harmless when it has ended by itself."""
        self._may_end.set()
        with contextlib.suppress(RuntimeError):  # its loop is closed: it has ended
            self._loop.call_soon_threadsafe(self._cut)
        self._thread.join(timeout=10)
        assert not self._thread.is_alive()

    @property
    def is_shut_down(self) -> bool:
        """Tell whether it was told to end its program, and did."""
        self._thread.join(timeout=10)
        return self._module.is_shut_down

    def _cut(self) -> None:
        if self._module.socket is not None:
            self._module.socket.transport.abort()

    def _serve(self) -> None:
        with contextlib.suppress(OSError, websockets.WebSocketException):
            self._loop.run_until_complete(self._module.run())
        self._loop.close()

    async def _work(self, args: dict[str, Any]) -> Any:
        await asyncio.to_thread(self._may_end.wait, 30)
        if "FAIL" in args["codes"]:
            message = "没有这个代码的权限: FAIL"
            raise ValueError(message)
        return {"stored": len(args["codes"]), "quotes": [{"code": code, "price": "1.5"} for code in args["codes"]]}


class OurModuleBeside:
    """One of our own modules, which knows streams; they last until they are told to end."""

    def __init__(self, address: str, home: Path) -> None:
        answer = register(address, name="持续采集")
        _, _, port = address.rpartition(":")
        places = Places(home)
        places.write_hash(answer["result"]["hash"])
        self.ear = Ear()
        self._home, self._port = home, int(port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="our module")
        self._at_work: AtWork

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._at_work.module.stop)
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        self._loop.run_until_complete(self._work())
        self._loop.close()

    async def _work(self) -> None:
        self._at_work = AtWork(self._home, self._port)
        self._at_work.kinds["stream"] = StreamKind(self.ear)
        self._at_work.start()
        await self._at_work.task
