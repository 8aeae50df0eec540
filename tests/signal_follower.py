"""A client of push that never gives up: it comes again whenever it is cut off, and asks for nothing it missed."""

from __future__ import annotations

import asyncio
import json

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


class Follower:
    """Notes the signals that were sent as news, and each life of the streams that it was in."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token
        self.news: list[str] = []
        self.epochs: list[str] = []

    async def follow(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except (OSError, ConnectionClosed):
                await asyncio.sleep(0.02)

    async def _listen(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with connect(f"ws://127.0.0.1:{self._port}/ws", additional_headers=headers) as socket:
            await socket.send(json.dumps({"op": "subscribe", "topic": "signals", "mode": "every"}))
            async for text in socket:
                frame = json.loads(text)
                if frame["type"] == "subscribed":
                    self.epochs.append(frame["epoch"])
                elif frame["type"] == "delta":
                    self.news += [signal["signal_id"] for signal in frame["data"]]
