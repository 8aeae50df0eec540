"""A program that follows one topic and, whatever ends its connection, comes again and goes on where it was."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection

_AGAIN_S = 0.1


class ResumingWatch:
    """Follows until it is told to stop; hands on each frame, its own place in the topic brought up to it."""

    def __init__(
        self,
        topic: str,
        connect: Callable[[], AbstractContextManager[ClientConnection]],
        hear: Callable[[dict[str, Any]], None],
    ) -> None:
        self._topic = topic
        self._connect = connect
        self._hear = hear
        self._is_ending = threading.Event()
        self._position: dict[str, Any] | None = None
        self._thread = threading.Thread(target=self._run, name=f"watch {topic}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._is_ending.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._is_ending.is_set():
            try:
                with self._connect() as socket:
                    self._follow(socket)
            except (OSError, WebSocketException):
                time.sleep(_AGAIN_S)

    def _follow(self, socket: ClientConnection) -> None:
        wish = {"op": "subscribe", "topic": self._topic, "mode": "every"}
        socket.send(json.dumps(wish if self._position is None else {**wish, "resume": self._position}))
        while not self._is_ending.is_set():
            try:
                frame: dict[str, Any] = json.loads(socket.recv(timeout=0.2))
            except TimeoutError:
                continue
            self._hear(frame)
            if frame["type"] == "subscribed":
                self._position = {"epoch": frame["epoch"], "offset": frame["offset"]}
            elif frame["type"] == "delta":
                assert self._position is not None
                self._position["offset"] = frame["offset"]
