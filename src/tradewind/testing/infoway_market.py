"""What the stand-in for the provider Infoway knows: prices, keys, how often a key has asked, what should go wrong.

Written from the provider's documents alone, with none of our client's code, so that one cannot hide the other's faults.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import msgspec

from tradewind.kernel.clock import NS_PER_MS, SystemClock, monotonic_s
from tradewind.kernel.rng import Rng, named_rng

GOOD_KEY: Final = "stand-in-key"
"""The key that the stand-in knows unless told of others."""
_SUFFIXES: Final = {
    "stock": (".US", ".HK", ".SH", ".SZ"),
    "japan": (".JP",),
    "india": (".IN",),
    "korea": (".KS",),
    "taiwan": (".TW",),
}
_USUAL: Final = {
    "TSLA.US": 250.0, "AAPL.US": 190.0, "00700.HK": 380.0, "600519.SH": 1_600.0, "000001.SZ": 11.0,
    "7203.JP": 2_800.0, "RELIANCE.IN": 2_900.0, "005930.KS": 71_000.0, "2330.TW": 900.0,
    "USDCNY": 7.1, "EURUSD": 1.08, "XAUUSD": 2_400.0, "BTCUSDT": 65_000.0, "ETHUSDT": 3_300.0,
}  # fmt: skip
_SPREAD: Final = 0.0002


class Account(msgspec.Struct, kw_only=True):
    """One key: what it may use, what it has used."""

    per_second: int = 1_000
    per_minute: int = 60_000
    per_day: int = 1_000_000
    connections: int = 10
    codes_each: int = 500
    is_expired: bool = False
    has_depth: bool = True
    markets: tuple[str, ...] = ("stock", "crypto", "common", "japan", "india", "korea", "taiwan")
    asked: deque[float] = msgspec.field(default_factory=deque)
    today: int = 0

    def refusal(self) -> dict[str, Any] | None:
        """Count one request, or return how the provider refuses it."""
        now_s = monotonic_s()
        while self.asked and now_s - self.asked[0] > 60.0:  # noqa: PLR2004 - a minute
            self.asked.popleft()
        if self.today >= self.per_day:
            return told(502, "Request frequency for the day upper limit")
        if len(self.asked) >= self.per_minute:
            return told(501, "Request frequency exceed the limit")
        if sum(now_s - moment < 1.0 for moment in self.asked) >= self.per_second:
            return {"detail": "Rate limit exceeded"}
        self.asked.append(now_s)
        self.today += 1
        return None


class StandInMarket:
    """The quotes of the stand-in. Symbols are those that were ever `quote`d, and some usual ones."""

    def __init__(self, *, seed: int = 1) -> None:
        self._rng: Rng = named_rng(seed, "infoway.stand_in")
        self.accounts: dict[str, Account] = {GOOD_KEY: Account()}
        self.trades: dict[str, dict[str, Any]] = {}
        self.day: dict[str, dict[str, float]] = {}
        self.minutes: dict[str, dict[int, dict[str, float]]] = {}
        """What traded in each minute, by the second it began."""
        self.tells_minutes = False
        """Whether bars of a minute are those, or made up so that there are as many as anybody asks for."""
        for code, price in _USUAL.items():
            self.quote(code, price)

    def quote(self, code: str, price: float, *, size: float = 100.0, at_ms: int | None = None) -> dict[str, Any]:
        """Let a symbol trade; return the trade as the provider tells it."""
        at_ms = SystemClock().now_ns() // NS_PER_MS if at_ms is None else at_ms
        trade = {
            "s": code,
            "t": at_ms,
            "p": f"{price:.10g}",
            "v": f"{size:.1f}",
            "vw": f"{price * size:.4f}",
            "td": self._rng.choice((0, 1, 2)),
        }
        self.trades[code] = trade
        day = self.day.setdefault(code, {"before": price, "o": price, "h": price, "l": price, "v": 0.0, "vw": 0.0})
        day["h"], day["l"], day["c"] = max(day["h"], price), min(day["l"], price), price
        day["v"] += size
        day["vw"] += price * size
        self._count_minute(code, price, size, at_ms)
        return trade

    def _count_minute(self, code: str, price: float, size: float, at_ms: int) -> None:
        minutes = self.minutes.setdefault(code, {})
        fresh = {"before": price, "o": price, "h": price, "l": price, "v": 0.0, "vw": 0.0}
        one = minutes.setdefault(at_ms // 60_000 * 60, fresh)
        one["h"], one["l"], one["c"] = max(one["h"], price), min(one["l"], price), price
        one["v"] += size
        one["vw"] += price * size

    def wander(self) -> dict[str, Any]:
        """Let some symbol trade a little off its last price."""
        code = self._rng.choice(list(self.trades))
        price = float(self.trades[code]["p"]) * (1.0 + self._rng.gauss(0.0, 0.0005))
        return self.quote(code, round(price, 5), size=float(self._rng.randint(1, 20) * 100))

    def depth(self, code: str) -> dict[str, Any]:
        """Return a book as the provider tells it: columns of prices and sizes."""
        trade = self.trades[code]
        price = float(trade["p"])
        asks = [f"{price * (1 + _SPREAD * level):.6g}" for level in range(1, 6)]
        bids = [f"{price * (1 - _SPREAD * level):.6g}" for level in range(1, 6)]
        sizes = [str(100 * level) for level in range(1, 6)]
        return {"s": code, "t": trade["t"], "a": [asks, sizes], "b": [bids, sizes]}

    def bars(self, code: str, count: int, kind: int = 0) -> dict[str, Any]:
        """Return bars as the provider tells them, newest first, times in seconds as text."""
        if kind == 1 and self.tells_minutes:
            newest = sorted(self.minutes[code].items(), reverse=True)[:count]
            return {"s": code, "respList": [{"t": str(begun), **_bar(one)} for begun, one in newest]}
        day, begun_s = self.day[code], int(self.trades[code]["t"]) // 1_000
        bars = [{"t": str(begun_s - 60 * back), **_bar(day)} for back in range(count)]
        return {"s": code, "respList": bars}

    def knows(self, market: str, code: str) -> bool:
        """Tell whether a symbol is traded behind that door."""
        return code in self.trades and door_of(code) == market


def _bar(day: dict[str, float]) -> dict[str, str]:
    return {**{key: f"{day[key]:.10g}" for key in ("o", "h", "l", "c", "v", "vw")}, **_change(day)}


def _change(day: dict[str, float]) -> dict[str, str]:
    """Return how far the last price is from the close of the day before, in percent and in money."""
    change = day["c"] - day["before"]
    return {"pc": f"{change / day['before'] * 100:.2f}%", "pca": f"{change:.10g}"}


def door_of(code: str) -> str:
    """Return the door that the provider keeps a symbol behind."""
    for market, suffixes in _SUFFIXES.items():
        if code.endswith(suffixes):
            return market
    return "crypto" if code.endswith("USDT") else "common"


def told(ret: int, msg: str, data: object = None) -> dict[str, Any]:
    """Return an answer as the provider wraps it."""
    return {"ret": ret, "msg": msg, "traceId": "stand-in", "data": data}
