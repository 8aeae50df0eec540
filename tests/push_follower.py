"""A program that follows opportunities through the gateway and, cut off, comes again and goes on where it was."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

from websockets.sync.client import connect

from resuming_watch import ResumingWatch


class PushFollower:
    """Hears every version of every opportunity until it is told to stop; remembers how it was received each time."""

    def __init__(self, port: int, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        coming = partial(connect, f"ws://127.0.0.1:{port}/ws", additional_headers=headers, proxy=None)
        watch = ResumingWatch("opportunities", coming, self._hear)
        self.start, self.end = watch.start, watch.end
        self.is_following = threading.Event()
        self.heard: list[tuple[str, int]] = []
        self.recovered: list[bool] = []

    def _hear(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "subscribed":
                self.recovered.append(frame["recovered"])
                self.is_following.set()
            case "delta":
                self.heard += [(each["opportunity_id"], each["version"]) for each in frame["data"]]
            case _:
                pass
