"""A stand-in for the data provider Infoway on this machine: every answer and every refusal that its documents know.

`python -m tradewind.testing.infoway_server --port 8899` runs it with prices that wander; then set `infoway.base_url` to
`http://127.0.0.1:8899`, `infoway.live_url` to `ws://127.0.0.1:8899/ws` and `infoway.api_key` to `stand-in-key`.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Literal, get_args

import msgspec
from aiohttp import web

from tradewind.testing.infoway_live import LiveDoor
from tradewind.testing.infoway_market import GOOD_KEY, StandInMarket, told

Fault = Literal[
    "http_500", "http_524", "problem_json", "detail", "ret_500", "ret_500_wrapped", "truncated", "huge", "gbk",
    "html", "redirect", "hang", "hang_up", "empty", "nonsense_rows", "retry_after", "echo_key",
]  # fmt: skip
"""What the next answers may be instead of what was asked for."""
FAULTS: Final[tuple[Fault, ...]] = get_args(Fault)
_MOST_CODES: Final = 100
_MOST_BARS: Final = 500
_HUGE: Final = 64 << 20
_PIECE: Final = b" " * (1 << 16)

_LISTS: Final = {"STOCK_US": (".US",), "STOCK_HK": (".HK",), "STOCK_CN": (".SH", ".SZ")}
_NAMES: Final[dict[str, dict[str, str]]] = {
    "TSLA.US": {"name_cn": "特斯拉", "name_hk": "特斯拉", "name_en": "Tesla, Inc."},
    "AAPL.US": {"name_en": "Apple Inc."},
    "00700.HK": {"name_hk": "騰訊控股", "name_en": "TENCENT"},
    "600519.SH": {"name_cn": "贵州茅台", "name_en": "Kweichow Moutai"},
}


class StandIn:
    """The server. `faults` are used up one by one; `requests` are the addresses asked for, `keys` the keys sent."""

    def __init__(self, market: StandInMarket | None = None) -> None:
        self.market = market or StandInMarket()
        self.live = LiveDoor(self.market)
        self.faults: deque[Fault] = deque()
        self.requests: list[str] = []
        self.keys: list[str] = []
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """Return what `infoway.base_url` should be."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def live_url(self) -> str:
        """Return what `infoway.live_url` should be."""
        return f"ws://127.0.0.1:{self.port}/ws"

    async def start(self, port: int = 0) -> None:
        """Listen on this machine; port 0 takes a free one."""
        app = web.Application()
        app.router.add_get("/{market}/batch_trade/{codes}", self._trades)
        app.router.add_get("/{market}/batch_depth/{codes}", self._depths)
        app.router.add_post("/{market}/v2/batch_kline", self._bars)
        app.router.add_get("/common/basic/symbols", self._symbols)
        app.router.add_get("/package/info", self._package)
        app.router.add_get("/ws", self.live.serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port or self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Hang up on everybody and listen no more; `start` listens at the same port again."""
        await self.live.hang_up()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def publish(self, code: str, price: float, *, size: float = 100.0, at_ms: int | None = None) -> None:
        """Let a symbol trade and push that to whoever subscribed to it."""
        self.market.quote(code, price, size=size, at_ms=at_ms)
        await self.live.push(code)

    async def _trades(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, request.match_info["codes"], lambda code: self.market.trades[code])

    async def _depths(self, request: web.Request) -> web.StreamResponse:
        account = self.market.accounts.get(request.headers.get("apiKey", ""))
        if account is not None and not account.has_depth:
            self.requests.append(request.path_qs)
            return web.json_response(told(514, "No permission"))
        return await self._answer(request, request.match_info["codes"], self.market.depth)

    async def _bars(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json()
            codes, kind, count = str(body["codes"]), int(body["klineType"]), int(body["klineNum"])
        except (ValueError, KeyError, TypeError):
            return web.json_response(told(507, "Param lost"))
        if count > _MOST_BARS:
            return web.json_response(told(503, f"Kline quantity exceeds the limit: {_MOST_BARS}"))
        if not 1 <= kind <= 12 or ("," in codes and count > 2):  # noqa: PLR2004 - the documents' numbers
            return web.json_response(told(506, "Param error"))
        return await self._answer(request, codes, lambda code: self.market.bars(code, count, kind))

    async def _symbols(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request.path_qs)
        refused = self._refused(request)
        if refused is not None:
            return refused
        endings = _LISTS.get(request.query.get("type", ""))
        if endings is None:
            return web.json_response(told(400, "Param error"), status=400)
        wanted = [code for code in request.query.get("symbols", "").split(",") if code]
        known = [code for code in self.market.trades if code.endswith(endings) and (not wanted or code in wanted)]
        return web.json_response(told(200, "success", [{"symbol": code, **_NAMES.get(code, {})} for code in known]))

    async def _package(self, request: web.Request) -> web.StreamResponse:
        key = request.headers.get("apikey", "")
        account = self.market.accounts.get(key)
        if account is None:
            return web.json_response(told(401, "Unauthorized"), status=401)
        quota = {"packageName": "stand-in", "apiNumPerSec": account.per_second, "apiNumPerDay": account.per_day}
        return web.json_response(told(200, "success", quota))

    async def _answer(self, request: web.Request, joined: str, row_of: Any) -> web.StreamResponse:  # noqa: ANN401 - rows are of any kind
        self.requests.append(request.path_qs)
        self.keys.append(request.headers.get("apiKey", ""))
        if self.faults:
            return await self._go_wrong(request, self.faults.popleft())
        refused = self._refused(request)
        if refused is not None:
            return refused
        market, codes = request.match_info["market"], [code for code in joined.split(",") if code]
        if len(codes) > _MOST_CODES:
            return web.json_response(told(505, f"Products quantity exceeds the limit: {_MOST_CODES}"))
        if market not in self.market.accounts[self.keys[-1]].markets:
            return web.json_response(told(514, "No permission"))
        known = [code for code in codes if self.market.knows(market, code)]
        if not known:
            return web.json_response(told(508, "All product not exists"))
        return web.json_response(told(200, "success", [row_of(code) for code in known]))

    def _refused(self, request: web.Request) -> web.Response | None:
        account = self.market.accounts.get(request.headers.get("apiKey", ""))
        if account is None:
            return web.json_response(told(401, "Unauthorized"), status=401)
        if account.is_expired:
            return web.json_response(told(509, "The token permission has expired"))
        refusal = account.refusal()
        return None if refusal is None else web.json_response(refusal)

    async def _go_wrong(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        match fault:
            case "hang":
                await asyncio.sleep(3_600)
            case "hang_up" | "truncated" | "huge":
                return await self._break_off(request, fault)
            case _:
                pass
        return _ANSWERS[fault](request)

    @staticmethod
    async def _break_off(request: web.Request, fault: Fault) -> web.StreamResponse:
        """Answer in part, or without end, and hang up."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        if fault == "truncated":
            response.content_length = 1_000
        if fault != "hang_up":
            await response.prepare(request)
            await response.write(b'{"ret":200,"msg":"success","data":[{"s":"TSLA')
        sent = 0
        try:
            while fault == "huge" and sent < _HUGE:
                await response.write(_PIECE)
                sent += len(_PIECE)
        except ConnectionError:
            return response
        if request.transport is not None:
            request.transport.close()
        return response


def _problem(status: int) -> dict[str, Any]:
    return {"type": "about:blank", "title": "Service Unavailable", "status": status}


_ANSWERS: Final[dict[Fault, Callable[[web.Request], web.Response]]] = {
    "http_500": lambda _request: web.Response(status=500, text="Internal Server Error"),
    "http_524": lambda _request: web.Response(status=524, text="error code: 524"),
    "problem_json": lambda _request: web.json_response(
        _problem(503), status=503, content_type="application/problem+json"
    ),
    "detail": lambda _request: web.json_response({"detail": "Rate limit exceeded"}),
    "ret_500": lambda _request: web.json_response(told(500, "Server error")),
    "ret_500_wrapped": lambda _request: web.json_response(told(500, "The token permission has expired")),
    "gbk": lambda _request: web.Response(
        body=msgspec.json.encode(told(501, "请求过于频繁")).decode().encode("gbk"), content_type="application/json"
    ),
    "html": lambda _request: web.Response(text="<html><body>502 Bad Gateway</body></html>", content_type="text/html"),
    "redirect": lambda _request: web.Response(status=302, headers={"Location": "http://203.0.113.1/steal"}),
    "empty": lambda _request: web.Response(body=b""),
    "nonsense_rows": lambda _request: web.json_response(
        told(200, "success", [7, None, {"s": "TSLA.US"}, {"s": "TSLA.US", "t": "x", "p": "NaN", "v": "1", "vw": "1"}])
    ),
    "retry_after": lambda _request: web.json_response(
        told(429, "Too many requests"), status=429, headers={"Retry-After": "7"}
    ),
    "echo_key": lambda request: web.json_response(told(400, f"bad request of {request.headers.get('apiKey')}")),
}


async def _run(port: int, trades_per_s: float) -> None:
    server = StandIn()
    await server.start(port)
    print(f"stand-in for Infoway on {server.base_url} and {server.live_url}, key {GOOD_KEY}")  # noqa: T201 - for who started it
    while True:
        await asyncio.sleep(1.0 / trades_per_s)
        await server.live.push(server.market.wander()["s"])


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8_899)
    parser.add_argument("--trades-per-s", type=float, default=20.0)
    arguments = parser.parse_args()
    try:
        asyncio.run(_run(arguments.port, arguments.trades_per_s))
    except KeyboardInterrupt:
        return


__all__ = ["FAULTS", "Fault", "StandIn"]

if __name__ == "__main__":
    main()
