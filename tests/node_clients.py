"""Node with the real socket.io-client, told what to do over a pipe."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parent / "contract" / "quotes" / "socket_clients.mjs"


class Clients:
    """Every client of one Node process, and what each has heard so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.heard: list[dict[str, Any]] = []
        self._news = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            async with self._news:
                self.heard.append(json.loads(line))
                self._news.notify_all()

    def order(self, order: str, name: str, **fields: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": order, "id": name, **fields}).encode() + b"\n")

    def connect(self, name: str, url: str, **options: Any) -> None:
        self.order("connect", name, url=url, options=options)

    async def connected(self, name: str, url: str, **options: Any) -> dict[str, Any]:
        """Connect and wait for the greeting."""
        self.connect(name, url, **options)
        greeting: dict[str, Any] = await self.hears(name, "connected")
        return greeting

    def emit(self, name: str, event: str, *args: Any, acknowledged: bool = False) -> None:
        self.order("emit", name, event=event, args=args, acknowledged=acknowledged)

    def said(self, name: str, event: str) -> list[Any]:
        """Return the first argument of every such event so far."""
        return [(line["args"] or [None])[0] for line in self.heard if (line["id"], line["event"]) == (name, event)]

    async def hears(self, name: str, event: str, count: int = 1, *, timeout_s: float = 10.0) -> Any:
        """Wait until a client has heard this event so many times; return the last one's first argument."""
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(lambda: len(self.said(name, event)) >= count)
        return self.said(name, event)[count - 1]

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._reading


async def start_clients() -> Clients:
    """Start Node; end it with `stop`."""
    process = await asyncio.create_subprocess_exec(
        "node", str(SCRIPT), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24
    )
    return Clients(process)
