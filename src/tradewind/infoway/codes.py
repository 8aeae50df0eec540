"""Codes of what is traded, as the provider spells them, and behind which of its doors each is asked for.

A code says by its form where it belongs: `TSLA.US`, `00700.HK`, `600519.SH` are stocks, `7203.JP` is Japanese, `USDCNY`
is a pair of currencies. Asked at the wrong door the provider only says that there is no such thing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

T = TypeVar("T")
Market = Literal["stock", "crypto", "common", "japan", "india", "korea", "taiwan"]
"""The first part of a path of the provider, and the `business` of its live connections."""

CODE: Final = re.compile(r"^[A-Z0-9]{1,12}(\.[A-Z0-9]{1,4}){0,2}$")
_LONGEST: Final = 22
_BY_SUFFIX: Final[Mapping[str, Market]] = {
    "US": "stock",
    "HK": "stock",
    "SH": "stock",
    "SZ": "stock",
    "JP": "japan",
    "IN": "india",
    "KS": "korea",
    "TW": "taiwan",
}
_FOREIGN_SUFFIXES: Final = {"T": "JP", "NS": "IN", "BO": "IN", "SS": "SH", "KQ": "KS"}
"""How another well-known provider ends codes that are spelled otherwise here."""
_MONEY: Final = frozenset((
    "USD", "EUR", "JPY", "GBP", "AUD", "NZD", "CAD", "CHF", "CNY", "CNH", "HKD", "SGD", "TWD", "KRW", "INR", "THB",
    "MYR", "IDR", "PHP", "VND", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "TRY", "ILS", "ZAR", "MXN", "BRL",
    "CLP", "COP", "PEN", "RUB", "AED", "SAR",
))  # fmt: skip
_METALS: Final = frozenset({"XAU", "XAG", "XPT", "XPD"})
_COIN_MONEY: Final = ("USDT", "USDC", "FDUSD", "BUSD")
_COINS: Final = frozenset(
    ["BTC", "ETH", "BNB", "XRP", "SOL", "ADA", "DOGE", "DOT", "LTC", "BCH", "TRX", "LINK", "AVAX"]
)
_PAIR: Final = 6
_FORMS: Final = {
    "HK": (re.compile(r"\d{5}"), "five digits, as 00700.HK"),
    "SH": (re.compile(r"\d{6}"), "six digits, as 600519.SH"),
    "SZ": (re.compile(r"\d{6}"), "six digits, as 000001.SZ"),
}
_HONG_KONG: Final = re.compile(r"(\d{1,5})\.HK")
_ALLOWED: Final = "TSLA.US, 00700.HK, 600519.SH, 000001.SZ, 7203.JP, RELIANCE.IN, 005930.KS, 2330.TW, USDCNY, BTCUSDT"


class Routed(msgspec.Struct, frozen=True):
    """Codes by the door they are asked at, in the order given and each once; and those that fit none, with why."""

    by_market: dict[Market, tuple[str, ...]]
    refused: dict[str, str]


def spelled(code: str) -> str:
    """Return a code as the provider spells it: capitals, and five digits for Hong Kong."""
    text = code.strip().upper()
    hong_kong = _HONG_KONG.fullmatch(text)
    return f"{hong_kong.group(1):0>5}.HK" if hong_kong is not None else text


def market_of(code: str, named: Mapping[str, Market] | None = None) -> Market | str:
    """Return the door of a code that is spelled rightly, or else a sentence that says what is wrong with it.

    `named` are codes whose form does not say it, such as indices and energies, with their doors. A sentence has blanks
    in it and a door has none.
    """
    if len(code) > _LONGEST or not CODE.fullmatch(code):
        return f"{shown(code)} is no code: capital letters and digits, with one or two endings, as {_ALLOWED}"
    if named and code in named:
        return named[code]
    symbol, _, suffix = code.rpartition(".")
    return _by_suffix(symbol, suffix) if symbol else _by_pair(code)


def is_refusal(market: Market | str) -> bool:
    """Tell a sentence of `market_of` from a door."""
    return " " in market


def route(codes: Iterable[str], named: Mapping[str, Market] | None = None) -> Routed:
    """Sort codes by their doors; what fits none is refused and disturbs no other."""
    by_market: dict[Market, dict[str, None]] = {}
    refused: dict[str, str] = {}
    for given in codes:
        code = spelled(given)
        market = market_of(code, named)
        if is_refusal(market):
            refused[shown(given)] = market
        else:
            by_market.setdefault(market, {})[code] = None  # type: ignore[arg-type]  # is_refusal says that it is a door
    return Routed({market: tuple(found) for market, found in by_market.items()}, refused)


def in_batches(codes: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield `codes` in order, at most `size` at a time."""
    for at in range(0, len(codes), size):
        yield codes[at : at + size]


def shown(code: str) -> str:
    """Return what was given as a code as it may stand in a message or a log: short, and nothing but printable text."""
    return "".join(letter if letter.isprintable() else "." for letter in code[:_LONGEST]) or "(nothing)"


def _by_suffix(symbol: str, suffix: str) -> Market | str:
    market = _BY_SUFFIX.get(suffix)
    if market is None:
        ours = _FOREIGN_SUFFIXES.get(suffix)
        hint = f"; here it is spelled {symbol}.{ours}" if ours else ""
        return f"{symbol}.{suffix} ends with no market we know: {', '.join(_BY_SUFFIX)}{hint}"
    form = _FORMS.get(suffix)
    if form is not None and not form[0].fullmatch(symbol):
        return f"{symbol}.{suffix} is no {suffix} code: {form[1]}"
    return market


def _by_pair(code: str) -> Market | str:
    if len(code) == _PAIR and code[3:] in _MONEY and code[:3] in _MONEY | _METALS:
        return "common"
    if code.endswith(_COIN_MONEY) and code not in _COIN_MONEY:
        return "crypto"
    if any(code == coin + money for coin in _COINS for money in ("USD", "BTC", "ETH")):
        return "crypto"
    return f"{code} has no market in it and is no pair of currencies; write {_ALLOWED}, or name it in infoway.markets"
