"""A program that follows opportunities through the gateway and, cut off, comes again and goes on where it was."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

_AGAIN_S = 0.1


class PushFollower(threading.Thread):
    """Hears every version of every opportunity until it is told to stop; remembers how it was received each time."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__(name="follower", daemon=True)
        self._url = f"ws://127.0.0.1:{port}/ws"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._position: dict[str, Any] | None = None
        self._is_ending = threading.Event()
        self.is_following = threading.Event()
        self.heard: list[tuple[str, int]] = []
        self.recovered: list[bool] = []

    def run(self) -> None:
        """Follow, and connect again whatever ends the connection."""
        while not self._is_ending.is_set():
            try:
                with connect(self._url, additional_headers=self._headers, proxy=None) as socket:
                    self._follow(socket)
            except (OSError, WebSocketException):
                time.sleep(_AGAIN_S)

    def end(self) -> None:
        self._is_ending.set()
        self.join(timeout=10)

    def _follow(self, socket: ClientConnection) -> None:
        wish = {"op": "subscribe", "topic": "opportunities", "mode": "every"}
        socket.send(json.dumps(wish if self._position is None else {**wish, "resume": self._position}))
        while not self._is_ending.is_set():
            try:
                self._hear(json.loads(socket.recv(timeout=0.2)))
            except TimeoutError:
                continue

    def _hear(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "subscribed":
                self._position = {"epoch": frame["epoch"], "offset": frame["offset"]}
                self.recovered.append(frame["recovered"])
                self.is_following.set()
            case "delta":
                self.heard += [(each["opportunity_id"], each["version"]) for each in frame["data"]]
                assert self._position is not None
                self._position["offset"] = frame["offset"]
            case _:
                pass
