"""Events of push as lines of a terminal: which columns of each topic, and texts that cannot steer the terminal."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Event = dict[str, Any]
Mode = Literal["every", ""]
"""Of push; "" is the topic's own."""
Kind = str
"""How a value is written: text, number, time, day, percent, money, list."""
_EXCHANGE_TIME: Final = timezone(timedelta(hours=8))
_NS: Final = 1_000_000_000
_ABSENT: Final = "-"
_WIDEST: Final = 60
ALIASES: Final[Mapping[str, tuple[str, Mode]]] = {"ticks": ("quotes", "every"), "alerts": ("risk_alerts", "")}
"""Names people know, with the topic and the mode they mean: `ticks` are all of them, `quotes` the newest."""


class Column(msgspec.Struct, frozen=True):
    """One column: its head, the field (dotted into structs), how wide it is at least and how it is written."""

    head: str
    field: str
    width: int
    kind: Kind = "text"

    @property
    def is_right(self) -> bool:
        """True where figures stand below each other."""
        return self.kind in {"number", "money", "percent"}


class View(msgspec.Struct, frozen=True):
    """What a terminal shows of one topic, and by which field an event replaces an earlier one."""

    columns: tuple[Column, ...]
    keys: tuple[str, ...] = ()


_TIME: Final = Column("time", "ts_event", 12, "time")
_CONTRACT: Final = Column("contract", "instrument_id", 14)
_SIDE: Final = Column("side", "side", 4)
VIEWS: Final[Mapping[str, View]] = {
    "quotes": View(
        (
            *(_TIME, _CONTRACT, Column("last", "last_price", 10, "number"), Column("bid", "bid_price", 10, "number")),
            *(Column("", "bid_volume", 6, "number"), Column("ask", "ask_price", 10, "number")),
            *(Column("", "ask_volume", 6, "number"), Column("volume", "volume", 9, "number")),
        ),
        ("instrument_id",),
    ),
    "features": View(
        (
            *(_TIME, _CONTRACT, Column("last", "last_price", 10, "number")),
            *(Column("day %", "day_change_percent", 7, "number"), Column("rsi", "rsi", 6, "number")),
            *(Column("macd", "macd", 8, "number"), Column("atr", "atr", 8, "number")),
        ),
        ("instrument_id",),
    ),
    "bars": View(
        (
            *(Column("close at", "ts_close", 12, "time"), _CONTRACT, Column("open", "open", 9, "number")),
            *(Column("high", "high", 9, "number"), Column("low", "low", 9, "number")),
            *(Column("close", "close", 9, "number"), Column("volume", "volume", 8, "number")),
        )
    ),
    "signals": View(
        (
            *(_TIME, _CONTRACT, _SIDE, Column("strategy", "strategy", 14), Column("conf", "confidence", 5, "percent")),
            *(Column("last", "last_price", 10, "number"), Column("why", "reasons", 20, "list")),
        ),
        ("signal_id",),
    ),
    "opportunities": View(
        (
            *(Column("time", "updated_at", 12, "time"), _CONTRACT, _SIDE, Column("state", "state", 8)),
            *(Column("conf", "confidence", 5, "percent"), Column("last", "last_price", 10, "number")),
            *(Column("v", "version", 3, "number"), Column("why", "reasons", 20, "list")),
        ),
        ("opportunity_id",),
    ),
    "risk_alerts": View(
        (_TIME, Column("severity", "severity", 8), Column("kind", "kind", 18), _CONTRACT, Column("", "params", 20)),
        ("alert_id",),
    ),
    "orders": View(
        (
            *(_TIME, Column("contract", "request.instrument_id", 14), Column("side", "request.side", 4)),
            *(Column("offset", "request.offset", 9), Column("lots", "request.quantity", 5, "number")),
            *(Column("price", "request.price", 10), Column("status", "status", 9)),
            *(Column("done", "filled_quantity", 5, "number"), Column("why", "reason", 12)),
        ),
        ("request.client_order_id",),
    ),
    "fills": View(
        (
            *(_TIME, _CONTRACT, _SIDE, Column("offset", "offset", 9), Column("lots", "quantity", 5, "number")),
            *(Column("price", "price", 10), Column("account", "account_id", 10)),
        )
    ),
    "positions": View(
        (
            *(Column("account", "account_id", 10), Column("book", "book", 12), _CONTRACT),
            *(Column("way", "direction", 5), Column("today", "today", 6, "number")),
            *(Column("earlier", "yesterday", 7, "number"), Column("pnl", "floating_pnl", 12, "money")),
        ),
        ("account_id", "book", "instrument_id", "direction"),
    ),
    "accounts": View(
        (
            *(Column("account", "account_id", 10), Column("book", "book", 12)),
            *(Column("balance", "balance", 15, "money"), Column("available", "available", 15, "money")),
            *(Column("margin", "margin", 13, "money"), Column("pnl", "position_pnl", 12, "money")),
        ),
        ("account_id", "book"),
    ),
    "instructions": View(
        (
            *(Column("time", "updated_at", 12, "time"), Column("instruction", "instruction_id", 14)),
            *(Column("fund", "product_code", 10), Column("status", "status", 11), Column("v", "version", 3, "number")),
            *(Column("who", "actor", 10), Column("why", "reason", 12)),
        ),
        ("instruction_id",),
    ),
    "trading_states": View(
        (
            *(_TIME, Column("scope", "scope", 10), Column("key", "key", 10), Column("mode", "mode", 8)),
            *(Column("who", "actor", 10), Column("why", "reason", 16)),
        ),
        ("scope", "key"),
    ),
    "notices": View((_TIME, Column("kind", "kind", 22), Column("of", "subject", 20), Column("by", "actor", 10))),
    "chat": View((Column("time", "created_at", 12, "time"), Column("room", "room", 8), Column("who", "name", 10),
                  Column("text", "text", 20)), ("message_id",)),
    "modules": View(
        (
            *(Column("module", "module_id", 14), Column("name", "name", 18), Column("state", "state", 8)),
            *(Column("load", "load", 4, "number"), Column("done", "done", 7, "number")),
            *(Column("failed", "failed", 6, "number"),),
        ),
        ("module_id",),
    ),
    "jobs": View(
        (
            *(Column("since", "created_at", 12, "time"), Column("job", "job_id", 14), Column("state", "state", 9)),
            *(Column("done", "done", 5, "number"), Column("failed", "failed", 6, "number")),
            *(Column("why", "error", 16),),
        ),
        ("job_id",),
    ),
}  # fmt: skip


def value_of(event: Event, field: str) -> Any:  # noqa: ANN401 - an event is JSON
    """Return a field of an event, dotted into what is inside; `None` where there is none."""
    value: Any = event
    for part in field.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def is_wanted(event: Event, wanted: Mapping[str, str]) -> bool:
    """Tell whether each of these fields reads like that, in whatever case."""
    return all(str(value_of(event, field)).casefold() == value.casefold() for field, value in wanted.items())


def head_line(view: View) -> str:
    """Return the line above the columns."""
    return "  ".join(_fit(column.head, column) for column in view.columns).rstrip()


def row_line(view: View, event: Event) -> str:
    """Return an event as a line."""
    return "  ".join(_fit(text, column) for text, column in zip(cells(view, event), view.columns, strict=True)).rstrip()


def cells(view: View, event: Event) -> list[str]:
    """Return what stands in each column."""
    return [written(value_of(event, column.field), column.kind) for column in view.columns]


def loose_line(event: Event) -> str:
    """Return an event of a topic without columns of its own: its plain fields, as far as they fit a screen."""
    plain = (f"{name}={written(value, 'text')}" for name, value in event.items() if not isinstance(value, list | dict))
    return " ".join(plain)[: 3 * _WIDEST]


def json_line(topic: str, event: Event) -> str:
    """Return an event as one line of JSON, `topic` first; no character in it steers a terminal."""
    text = msgspec.json.encode({"topic": topic, **event}).decode()
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def written(value: Any, kind: Kind) -> str:  # noqa: ANN401 - as it comes
    """Return a value as a person reads it."""
    if value is None or value == "":
        return _ABSENT
    if kind in {"time", "percent", "money", "list"}:
        return _WRITERS[kind](value)
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    if isinstance(value, dict):
        return harmless(" ".join(f"{key}={written(each, 'text')}" for key, each in value.items()))
    return harmless(str(value))


def harmless(text: str) -> str:
    """Return a text of one line in which nothing moves the cursor, changes colours or writes backwards."""
    return "".join(" " if char.isspace() else "·" if unicodedata.category(char)[0] == "C" else char for char in text)


def width_of(text: str) -> int:
    """Return how many cells a text takes: two for each wide character."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _fit(text: str, column: Column) -> str:
    blank = " " * max(0, column.width - width_of(text))
    return blank + text if column.is_right else text + blank


def _time(value: Any) -> str:  # noqa: ANN401 - ns since the epoch, if the server keeps its word
    if not isinstance(value, int) or value <= 0:
        return _ABSENT
    moment = datetime.fromtimestamp(value // _NS, tz=UTC).astimezone(_EXCHANGE_TIME)
    return f"{moment:%H:%M:%S}.{value % _NS // 1_000_000:03d}"


def _percent(value: Any) -> str:  # noqa: ANN401 - a part of 1
    return f"{value:.0%}" if isinstance(value, int | float) else harmless(str(value))


def _money(value: Any) -> str:  # noqa: ANN401 - exact money comes as text
    try:
        return f"{float(value):,.2f}"
    except (TypeError, ValueError):
        return harmless(str(value))


def _list(value: Any) -> str:  # noqa: ANN401 - texts
    texts: Sequence[Any] | Iterable[Any] = value if isinstance(value, list) else [value]
    return harmless("; ".join(str(each) for each in texts))[:_WIDEST]


_WRITERS: Final = {"time": _time, "percent": _percent, "money": _money, "list": _list}
