"""The live door of the stand-in for Infoway: subscriptions, pushes, heartbeats, and every reason to hang up."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import WSMsgType, web

from tradewind.kernel.clock import monotonic_s

if TYPE_CHECKING:
    from tradewind.testing.infoway_market import Account, StandInMarket

_BUSINESSES: Final = frozenset({"stock", "crypto", "common", "japan", "india", "korea", "taiwan"})
_GREETING: Final = "You have permission to subscribe to all market data"
_FRAMES_A_MINUTE: Final = 60


class Guest:
    """One connection and what it subscribed to."""

    def __init__(self, socket: web.WebSocketResponse, key: str, business: str) -> None:
        self.socket = socket
        self.key = key
        self.business = business
        self.codes: dict[str, set[str]] = {"trade": set(), "depth": set(), "bar": set()}
        self.heartbeats = 0
        self.heard: deque[float] = deque()
        self.heard_s = monotonic_s()

    async def tell(self, code: int, msg: str = "", data: object = None) -> None:
        """Send one message, if anybody is there still."""
        message: dict[str, Any] = {"code": code, "trace": "stand-in"}
        if msg:
            message["msg"] = msg
        if data is not None:
            message["data"] = data
        with contextlib.suppress(ConnectionError):
            await self.socket.send_str(msgspec.json.encode(message).decode())


class LiveDoor:
    """Serves `/ws`. `refuse_handshake` is a status, `greet_with` an error for the next who come."""

    def __init__(self, market: StandInMarket) -> None:
        self._market = market
        self.guests: list[Guest] = []
        self.frames: list[dict[str, Any]] = []
        self.connects = 0
        self.refuse_handshake = 0
        self.greet_with: deque[str | int] = deque()
        """Errors for the next connections: a number is sent as its message, text as it is."""
        self.on_subscribe: deque[str | int] = deque()
        """What the next subscriptions are answered with instead of being taken."""
        self.heartbeat_timeout_s = 60.0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Speak with one client to its end."""
        key, business = request.query.get("apikey", ""), request.query.get("business", "")
        account = self._market.accounts.get(key)
        self.connects += 1
        if self.refuse_handshake or account is None:
            return web.Response(status=self.refuse_handshake or 401)
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        guest = Guest(socket, key, business)
        if not await self._admit(guest, account):
            await socket.close()
            return socket
        self.guests.append(guest)
        try:
            await self._listen(guest, account)
        finally:
            self.guests.remove(guest)
        return socket

    async def push(self, code: str) -> None:
        """Tell everybody who subscribed what a symbol last did."""
        for guest in list(self.guests):
            if code in guest.codes["trade"]:
                await guest.tell(10_002, data=self._market.trades[code])
            if code in guest.codes["depth"]:
                await guest.tell(10_005, data=self._market.depth(code))
            if code in guest.codes["bar"]:
                bar = self._market.bars(code, 1)["respList"][0]
                await guest.tell(10_008, data={"s": code, "ty": 1, **bar})

    async def hang_up(self) -> None:
        """End every connection, without a word of why."""
        for guest in list(self.guests):
            await guest.socket.close(code=1_001)

    async def _admit(self, guest: Guest, account: Account) -> bool:
        if self.greet_with:
            trouble = self.greet_with.popleft()
            await (guest.tell(trouble, "refused") if isinstance(trouble, int) else guest.socket.send_str(trouble))
            return False
        if account.is_expired:
            await guest.tell(508, "apikey expired")
            return False
        if guest.business not in _BUSINESSES:
            await guest.tell(520, "product code or already connected")
            return False
        if guest.business not in account.markets:
            await guest.tell(519, "no permission")
            return False
        if sum(other.key == guest.key for other in self.guests) >= account.connections:
            await guest.tell(512, "ws connections exceed")
            return False
        if guest.business == "stock":
            await guest.socket.send_str(_GREETING)
        await guest.tell(200, "ws connect success")
        return True

    async def _listen(self, guest: Guest, account: Account) -> None:
        while True:
            try:
                message = await guest.socket.receive(timeout=max(self.heartbeat_timeout_s / 4, 0.01))
            except TimeoutError:
                if monotonic_s() - guest.heard_s > self.heartbeat_timeout_s:
                    await guest.tell(513, "ws heart timeout")
                    await guest.socket.close()
                    return
                continue
            if message.type is not WSMsgType.TEXT:
                return
            guest.heard.append(monotonic_s())
            while guest.heard and guest.heard[-1] - guest.heard[0] > 60.0:  # noqa: PLR2004 - a minute
                guest.heard.popleft()
            if len(guest.heard) > _FRAMES_A_MINUTE:
                await guest.tell(501, "request frequency exceed")
                await guest.socket.close()
                return
            await self._take(guest, account, message.data)

    async def _take(self, guest: Guest, account: Account, text: str) -> None:
        try:
            frame = msgspec.json.decode(text)
        except msgspec.DecodeError:
            await guest.tell(515, "param not json")
            return
        self.frames.append(frame)
        code = frame.get("code")
        if code == 10_010:  # noqa: PLR2004 - the documents' number for a heartbeat, which has no answer
            guest.heartbeats += 1
            guest.heard_s = monotonic_s()
            return
        kinds = {10_000: "trade", 10_003: "depth", 10_006: "bar", 11_000: "trade", 11_001: "depth", 11_002: "bar"}
        kind = kinds.get(code)
        if kind is None:
            await guest.tell(506, "param error")
            return
        data = frame.get("data") or {}
        joined = data["arr"][0]["codes"] if "arr" in data else data.get("codes", "")
        await self._subscribe(guest, account, code, kind, {part for part in joined.split(",") if part})

    async def _subscribe(self, guest: Guest, account: Account, code: int, kind: str, codes: set[str]) -> None:
        if code >= 11_000:  # noqa: PLR2004 - from here on they unsubscribe
            guest.codes[kind] -= codes
            await guest.tell(11_010, "ok")
            return
        if self.on_subscribe:
            trouble = self.on_subscribe.popleft()
            await (guest.tell(trouble, "refused") if isinstance(trouble, int) else guest.socket.send_str(trouble))
            return
        if kind == "depth" and not account.has_depth:
            await guest.tell(504, "Orderbook depth exceeds the limit")
            return
        if len(set().union(*guest.codes.values()) | codes) > account.codes_each:
            await guest.tell(505, "Products quantity exceed")
            return
        guest.codes[kind] |= codes
        await guest.tell(code + 1, "ok")


async def until(door: LiveDoor, kind: str, codes: set[str]) -> None:
    """Wait until somebody has subscribed to all of these codes."""
    while not any(codes <= guest.codes[kind] for guest in door.guests):  # noqa: ASYNC110 - no one event says so
        await asyncio.sleep(0.002)
