"""An existing module of system 002, written by what is known of its wire and of nothing else of ours.

It registers with a GET, keeps its hash, opens one WebSocket, speaks one of the two forms of heartbeat, takes commands
bare or wrapped, answers with a status, and waits for `receive result`. It has no journal: what it forgets, it forgets.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import websockets
from websockets.asyncio.client import ClientConnection, connect

ABOUT: Final = "取行情"
"""What it says of itself."""
Work = Callable[[dict[str, Any]], Awaitable[Any]]


def register(
    address: str, *, name: str = "股票采集", form: Literal["data", "mission"] = "data", is_far: bool = False
) -> dict[str, Any]:
    """Return the whole answer of `/module/register`, in either variant of the query; `is_far`: as behind a proxy."""
    query = {"name": name, "description": ABOUT, "modelHash": "d41d8cd98f00b204e9800998ecf8427e"}
    if form == "data":
        query |= {"input_data": json.dumps({"codes": ["TSLA.US"]}), "output_data": json.dumps({"count": 1})}
    else:
        query |= {"missionKind": "realtime", "dataRequirement": "codes"}
    return get(address, "/module/register", query, headers={"X-Forwarded-For": "10.20.30.40"} if is_far else None)


def get(
    address: str, path: str, query: dict[str, str] | None = None, *, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """Send a GET as a script would; the answer's body is JSON whatever its status."""
    url = f"http://{address}{path}?{urllib.parse.urlencode(query or {})}"
    return _open(urllib.request.Request(url, headers=headers or {}))


def post(address: str, path: str, body: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Send a POST of JSON."""
    sent = {"content-type": "application/json", **(headers or {})}
    return _open(urllib.request.Request(f"http://{address}{path}", json.dumps(body).encode(), sent, method="POST"))


def _open(request: urllib.request.Request) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own server
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        found = json.load(error) | {"http": error.code}
    return found


class OldModule:
    """One module from its connection to its end; `work` does a job and returns what is reported."""

    def __init__(
        self,
        address: str,
        module_hash: str,
        work: Work,
        *,
        heartbeat: Literal["text", "json"] = "text",
        interval_s: float = 0.2,
    ) -> None:
        self.url = f"ws://{address}/websocket?hash={module_hash}"
        self.work = work
        self.heartbeat = heartbeat
        self.interval_s = interval_s
        self.heard: list[str] = []
        self.executed: list[str] = []
        self.is_shut_down = False
        self.socket: ClientConnection | None = None

    async def run(self) -> None:
        """Connect and serve until the server closes, or says shutdown."""
        async with connect(self.url, ping_interval=None, proxy=None) as socket:
            self.socket = socket
            beating = asyncio.create_task(self._beat(socket))
            try:
                async for frame in socket:
                    text = frame if isinstance(frame, str) else frame.decode()
                    self.heard.append(text)
                    if await self._take(socket, text):
                        return
            finally:
                beating.cancel()

    async def run_for_ever(self) -> None:
        """Connect again and again, as its start script does."""
        while not self.is_shut_down:
            with contextlib.suppress(OSError, websockets.WebSocketException):
                await self.run()
            await asyncio.sleep(0.1)

    async def _beat(self, socket: ClientConnection) -> None:
        while self.heartbeat == "text":
            await socket.send("heartbeat")
            await asyncio.sleep(self.interval_s)

    async def _take(self, socket: ClientConnection, text: str) -> bool:
        if text in {"heartbeat confirm", "receive result"}:
            return False
        said = json.loads(text)
        if "message" in said:
            said = json.loads(said["message"]) if isinstance(said["message"], str) else said["message"]
        if said["type"] == "ping":
            await socket.send(json.dumps({"type": "pong", "timestamp": said["timestamp"]}))
        elif said["type"] == "shutdown":
            self.is_shut_down = True
            await socket.send(json.dumps({"status": "success", "message": "模块正在关闭"}, ensure_ascii=False))
            return True
        elif said["type"] == "execute":
            await self._execute(socket, said)
        return False

    async def _execute(self, socket: ClientConnection, said: dict[str, Any]) -> None:
        self.executed.append(said["meta"]["execution_id"])
        try:
            answer = {"status": "success", "meta": said["meta"], "result": await self.work(said["args"])}
        except ValueError as error:
            answer = {"status": "error", "meta": said["meta"], "message": str(error)}
        await socket.send(json.dumps(answer))
