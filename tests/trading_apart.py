"""The order line in a process of its own beside a simulated market, and who uses it: over REST, over push, by files."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from real_redis import RealRedis
from running_platform import tradewind, wait_for
from services_apart import Services
from tradewind.bus.codec import build_codec
from tradewind.bus.redis.keys import place_key
from tradewind.bus.topics import OPPORTUNITIES
from tradewind.domain.opportunity import Contribution, Opportunity, OpportunityState
from tradewind.identity import AccessTokens
from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.kernel.ids import new_epoch

AU = "au2604.SHFE"
PLAN = {"account_id": "paper", "lots": 1, "cooldown_s": 0, "max_instruments": 5, "min_confidence": 0.5}
_PATIENCE_S = 60.0
SIMULATOR = (
    f"market.simulator.instruments={AU}",
    "market.simulator.warm_up_s=0",
    "market.simulator.rate=8",
    "services.ask_s=2",
)


def opportunity_of(name: str, **changes: Any) -> Opportunity:
    """Return an opportunity to buy that holds for a minute."""
    now_ns = SystemClock().now_ns()
    signal = Contribution("rise", "rise-1", "RISE", "buy", 0.9, 0.9, 1.0, now_ns, ("RISE",))
    told = Opportunity(
        opportunity_id=name, instrument_id=AU, side="buy", state=OpportunityState.NEW, version=1, confidence=0.9,
        strength=0.9, last_price=600.0, entry_price=600.0, created_at=now_ns, updated_at=now_ns,
        expires_at=now_ns + 60 * NS_PER_S, reasons=("RISE",), contributions=(signal,), cause="rise-1",
    )  # fmt: skip
    return msgspec.structs.replace(told, **changes)


class TradingApart:
    """Services by name on one Redis, with a client of each door."""

    def __init__(self, folder: Path, redis: RealRedis, *flags: str) -> None:
        self.folder = folder
        self.redis = redis
        self.token = AccessTokens(folder / "access.json").renew()
        self.services = Services(folder, redis, *SIMULATOR, *flags)
        self._headers = {"Authorization": f"Bearer {self.token}"}
        base = f"http://127.0.0.1:{self.services.ports['api_port']}"
        self.api = httpx.Client(base_url=base, headers=self._headers, timeout=20)
        self._encode = build_codec(OPPORTUNITIES, "json").encode

    def end(self) -> None:
        self.services.end()
        self.api.close()

    def start(self, *names: str) -> None:
        """Start services and wait until the desk answers, if its process and api are among those that run."""
        self.services.start(*names)
        if {"trading", "api"} <= self.services.processes.keys():
            self.wait_open()

    def wait_open(self) -> None:
        wait_for(lambda: (got := self.get("/api/v1/accounts")) is not None and got, patience_s=_PATIENCE_S)

    def get(self, path: str) -> Any:
        """Return what a route answers, `None` where it refuses or nobody is there."""
        try:
            answer = self.api.get(path)
        except httpx.TransportError:
            return None
        return answer.json() if answer.is_success else None

    def post(self, path: str, body: Any = None, *, key: str = "") -> httpx.Response:
        """Give a command under a fresh key, or this one."""
        return self.api.post(path, json=body, headers={"Idempotency-Key": key or new_epoch()})

    def run_plan(self, name: str = "rise", **params: Any) -> None:
        """Make a plan and start it."""
        assert self.post("/api/v1/plans", {"name": name, "params": {**PLAN, **params}}).is_success
        assert self.post(f"/api/v1/plans/{name}/start").is_success

    def offer(self, opportunity: Opportunity) -> None:
        """Write an opportunity to its stream, as the signals room does."""
        with self.redis.client as client:
            client.xadd("dfp:opportunities", {"payload": self._encode(opportunity)})

    def wait_noted(self) -> None:
        """Wait until every opportunity is noted as heard: a kill before that lets some be read again."""
        stream = "dfp:opportunities"
        with self.redis.client as client:
            ((newest, _),) = client.xrevrange(stream, count=1)
            wait_for(lambda: client.get(place_key("trading", stream)) == newest, patience_s=_PATIENCE_S)

    def wait_quote(self) -> None:
        """Wait until the desk knows a price."""
        line = {"instrument_id": AU, "side": "buy", "quantity": 1}
        wish = {"account_id": "paper", "lines": [line]}
        wait_for(lambda: self.post("/api/v1/what-if", wish).is_success, patience_s=_PATIENCE_S)

    def positions(self) -> dict[tuple[str, str], int]:
        """Return lots by book and direction, as the desk says."""
        found = wait_for(self._positions, patience_s=_PATIENCE_S)[0]
        return {(each["book"], each["direction"]): each["today"] + each["yesterday"] for each in found}

    def _positions(self) -> tuple[list[dict[str, Any]], ...]:
        """Return the answer, nothing while there is none: no position is an answer too."""
        found = self.get("/api/v1/positions")
        return () if found is None else (found,)

    def wait_lots(self, lots: int, *, book: str = "") -> None:
        wait_for(lambda: self.positions().get((book, "long"), 0) == lots, patience_s=_PATIENCE_S)

    def triggers(self) -> list[dict[str, Any]]:
        return list(self.get("/api/v1/triggers") or [])

    def push(self, path: str = "/ws") -> ClientConnection:
        """Connect to push, once it listens."""
        url = f"ws://127.0.0.1:{self.services.ports['push_port']}{path}"

        def attempt() -> ClientConnection | None:
            try:
                return connect(url, additional_headers=self._headers, proxy=None)
            except (OSError, WebSocketException):
                return None

        socket: ClientConnection = wait_for(attempt, patience_s=_PATIENCE_S)
        return socket

    def shown(self, topic: str) -> list[dict[str, Any]]:
        """Return the snapshot that a client who comes now is given; one who is sent away comes again."""
        return list(wait_for(lambda: self._shown(topic), patience_s=_PATIENCE_S)[0])

    def _shown(self, topic: str) -> tuple[list[dict[str, Any]], ...]:
        try:
            with self.push() as socket:
                socket.send(json.dumps({"op": "subscribe", "topic": topic}))
                while (frame := json.loads(socket.recv(timeout=20)))["type"] != "snapshot":
                    pass
                return (frame["data"],)
        except WebSocketException:
            return ()

    def channel(self, name: str) -> list[dict[str, Any]]:
        """Return what a channel of system 004 opens with; one who is sent away comes again."""
        return list(wait_for(lambda: self._opening(name), patience_s=_PATIENCE_S)[0])

    def _opening(self, name: str) -> tuple[list[dict[str, Any]], ...]:
        try:
            with self.push(f"/hsapi/ws/{name}/") as socket:
                return (json.loads(socket.recv(timeout=20))["data"],)
        except WebSocketException:
            return ()

    def shown_lots(self) -> dict[tuple[str, str], int]:
        """Return lots by book and direction, as push shows them."""
        found = (
            (each["book"], each["direction"], each["today"] + each["yesterday"]) for each in self.shown("positions")
        )
        return {(book, direction): lots for book, direction, lots in found if lots}

    def recorded(self, question: str) -> list[tuple[Any, ...]]:
        """Ask the SQLite file itself."""
        with sqlite3.connect(f"file:{self.folder / 'tradewind.db'}?mode=ro", uri=True) as connection:
            return connection.execute(question).fetchall()

    def recorded_lots(self) -> Decimal:
        """Return the lots bought less those sold, of all fills on record."""
        return sum(
            (Decimal(each["quantity"]) * (1 if each["side"] == "buy" else -1) for each in self.fills()), Decimal(0)
        )

    def fills(self) -> list[dict[str, Any]]:
        """Return every fill on record."""
        rows = self.recorded("SELECT payload FROM journal WHERE kind = 'fills' ORDER BY seq")
        return [msgspec.json.decode(payload) for (payload,) in rows]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command with the settings of the services."""
        flags = [word for flag in self.services.flags for word in ("--set", flag)]
        return tradewind(*arguments, *flags, folder=self.folder)

    def health(self, name: str = "trading") -> dict[str, Any]:
        """Return what a health door says, nothing where nobody answers."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.services.ports[f'{name}_health']}/health", timeout=5)
        except httpx.TransportError:
            return {}
        found: dict[str, Any] = answer.json()
        return found

    def counted(self, name: str) -> dict[str, int]:
        """Return a counter of the trading process."""
        answer = httpx.get(
            f"http://127.0.0.1:{self.services.ports['trading_health']}/metrics", headers=self._headers, timeout=5
        ).text
        lines = [line for line in answer.splitlines() if line.startswith(name)]
        return {line.partition('"')[2].partition('"')[0]: int(float(line.split()[-1])) for line in lines}
