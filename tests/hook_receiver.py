"""An HTTPS server for tests that is told things by hooks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

from certificates import Authority


class Receiver:
    """An HTTPS server that keeps what it was sent and answers as it is told, at the pace it is told."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder, "hook-authority")
        self._certificate = self.authority.sign("hook")
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answer = b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"errcode":0}'
        self.is_silent = False
        self.port = 0

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self._certificate)
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            body = await reader.readexactly(int(headers["content-length"]))
            self.requests.append((first.split(" ")[1], headers, body))
            if self.is_silent:
                await reader.read()
            writer.write(self.answer)
            await writer.drain()
        writer.close()

    def reply(self, body: object, status: int = 200, more: str = "") -> None:
        told = json.dumps(body).encode()
        self.answer = f"HTTP/1.1 {status} X\r\n{more}Content-Length: {len(told)}\r\n\r\n".encode() + told
