"""A control server of system 002, written by what is known of its wire and by nothing of ours.

Registration is `GET /module/register`, the line is `ws://…/websocket?hash=…`. It answers `heartbeat` with
`heartbeat confirm` and every result with `receive result`, and may ask `{"type":"ping"}` of its own.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

HASH = "9f86d081884c7d659a2feaa0c55ad015"


class System002Server:
    """One server; what it does not do is switched off by name."""

    def __init__(
        self,
        port: int = 0,
        *,
        answers_beats: bool = True,
        confirms: bool = True,
        pings: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._tls = tls
        self.port = port
        self.answers_beats = answers_beats
        self.confirms = confirms
        self.pings = pings
        self.known = {HASH}
        self.registered: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.said: list[str] = []
        self.results: list[dict[str, Any]] = []
        self.refused: list[int] = []
        self.elsewhere = ""
        self.clock_s = 1_763_773_200
        self.lines: dict[str, ServerConnection] = {}
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.vanish()

    async def start(self) -> None:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self.port,
            process_request=self._answer,
            ping_interval=None,
            close_timeout=0.2,
            ssl=self._tls,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def vanish(self) -> None:
        """Be gone without a word, as a killed process is; `start` brings it back at the same port."""
        for line in self.lines.values():
            line.transport.abort()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def cut(self) -> None:
        """Break the connections and stay."""
        for line in list(self.lines.values()):
            line.transport.abort()

    async def say(self, text: str | dict[str, Any]) -> None:
        await self.lines[HASH].send(text if isinstance(text, str) else json.dumps(text, ensure_ascii=False))

    async def execute(self, execution_id: str, *codes: str, form: str = "bare", **args: Any) -> None:
        """Send a job as the servers of that system write it: bare, wrapped, or wrapped as text."""
        meta = {"execution_id": execution_id, "workflow_id": 3, "workflow_name": "收盘采集"}
        command: dict[str, Any] = {"type": "execute", "meta": meta, "args": {"codes": list(codes), **args}}
        forms: dict[str, dict[str, Any]] = {
            "bare": command,
            "wrapped": {"message": command},
            "text": {"message": json.dumps(command)},
        }
        await self.say(forms[form])

    async def execute_when_connected(self, execution_id: str, *codes: str) -> None:
        while HASH not in self.lines:  # noqa: ASYNC110 - the module comes when it comes
            await asyncio.sleep(0.002)
        await self.execute(execution_id, *codes)

    def of(self, execution_id: str) -> list[dict[str, Any]]:
        """Return what was said of one execution."""
        return [result for result in self.results if result["meta"].get("execution_id") == execution_id]

    def is_connected(self) -> bool:
        return HASH in self.lines

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        target = urlsplit(request.path)
        query = {key: values[0] for key, values in parse_qs(target.query, keep_blank_values=True).items()}
        if target.path == "/module/register":
            self.registered.append(query)
            body: dict[str, Any] = {"code": "2000", "message": "成功!", "result": {"hash": HASH}}
            if not query.get("name"):
                body = {"code": "3002", "message": "name 不能为空", "result": None}
            return connection.respond(200, json.dumps(body, ensure_ascii=False))
        if self.elsewhere:
            answer = self._refuse(connection, 302)
            answer.headers["Location"] = self.elsewhere
            return answer
        if target.path != "/websocket":
            return self._refuse(connection, 404)
        if query.get("hash") not in self.known:
            return self._refuse(connection, 401)
        if query["hash"] in self.lines:
            return self._refuse(connection, 409)
        self.headers.append(dict(request.headers.raw_items()))
        return None

    def _refuse(self, connection: ServerConnection, status: int) -> Response:
        self.refused.append(status)
        return connection.respond(status, "")

    async def _serve(self, line: ServerConnection) -> None:
        assert line.request is not None
        module_hash = parse_qs(urlsplit(line.request.path).query)["hash"][0]
        self.lines[module_hash] = line
        pinging = asyncio.create_task(self._ping(line)) if self.pings else None
        try:
            async for text in line:
                await self._hear(line, str(text))
        except ConnectionClosed:
            pass
        finally:
            if pinging is not None:
                pinging.cancel()
            self.lines.pop(module_hash, None)

    async def _ping(self, line: ServerConnection) -> None:
        while True:
            await line.send(json.dumps({"type": "ping", "timestamp": self.clock_s}))
            await asyncio.sleep(0.05)

    async def _hear(self, line: ServerConnection, text: str) -> None:
        self.said.append(text)
        if text == "heartbeat":
            if self.answers_beats:
                await line.send("heartbeat confirm")
            return
        told = json.loads(text)
        if told.get("type") == "pong":
            return
        self.results.append(told)
        if self.confirms:
            await line.send("receive result")
