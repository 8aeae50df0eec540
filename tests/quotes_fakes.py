"""What the quotes edge's pure parts stand on in tests: sockets and mailboxes that do as they are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from push_builders import FakeTimers, read_frames
from tradewind.domain.tick import Tick
from tradewind.kernel.metrics import Metrics
from tradewind.quotes.client import Client
from tradewind.quotes.ports import Packet
from tradewind.quotes.rooms import Rooms
from tradewind.quotes.settings import QuotesSettings

from builders import make_tick

IF, AU = "IF2101.CFFEX", "au2512.SHFE"


class FakeSocket:
    """A `Wire` that takes everything until it is told to take no more than so many frames."""

    def __init__(self) -> None:
        self.on_full: Callable[[], None] = lambda: None
        self.on_drained: Callable[[], None] = lambda: None
        self.frames: list[bytes] = []
        self.room = 1_000_000
        self.waiting = 0

    def write_frame(self, frame: bytes) -> None:
        self.frames.append(frame)
        self.room -= 1
        if self.room <= 0:
            self.waiting += len(frame)
            self.on_full()

    def buffered(self) -> int:
        return self.waiting

    def abort(self) -> None:
        self.room = 0

    def drain(self, room: int) -> None:
        """Take so many frames more."""
        self.room, self.waiting = room, 0
        self.on_drained()

    def events(self) -> list[Any]:
        return [json.loads(payload[2:]) for frame in self.frames for _, payload in read_frames(frame)]

    def seqs(self) -> list[int]:
        return [data["seq"] for event, data in self.events() if event == "market_data"]


class FakePost:
    """A mailbox that is emptied when the test says so, as a polling client does."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []

    def put(self, packet: Packet) -> None:
        self.packets.append(packet)

    def fetch(self) -> list[Any]:
        packets, self.packets = self.packets, []
        texts = [text for packet in packets for text in packet.encode(b64=True).split("\x1e")]
        return [json.loads(text[2:]) for text in texts if text != "6"]


class RoomsWorld:
    """Rooms on timers that run when a test says so."""

    def __init__(self, **settings: Any) -> None:
        self.metrics = Metrics()
        self.timers = FakeTimers()
        self.rooms = Rooms(settings=QuotesSettings(**settings), metrics=self.metrics, soon=self.timers.soon)

    def socket_client(self) -> tuple[Client, FakeSocket]:
        wire = FakeSocket()
        client, _ = self.polling_client()
        client.use_wire(wire)
        return client, wire

    def polling_client(self) -> tuple[Client, FakePost]:
        post = FakePost()
        client = Client(post, identity="li", session_id=None, encoded=self.rooms.book.encoded)
        self.rooms.enter(client)
        return client, post

    def tick(self, seq: int, instrument_id: str = IF, **changes: Any) -> Tick:
        tick = make_tick(instrument_id=instrument_id, seq=seq, **changes)
        self.rooms.on_tick(tick)
        return tick
