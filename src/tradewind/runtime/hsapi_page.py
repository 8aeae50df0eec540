"""`python -m tradewind.runtime.hsapi_page` writes docs/hsapi.md, with `en` its twin: what system 004's clients meet.

The examples are what the code answers: a row of each kind through the very forms that both edges use.
"""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from tradewind.api.admission import PERMISSION
from tradewind.api.dialects import HSAPI_ROUTES
from tradewind.api.dialects import hsapi_book_forms as bodies
from tradewind.api.dialects import hsapi_rows as rows
from tradewind.api.dialects import hsapi_user as people
from tradewind.api.dialects.hsapi_states import ADJUSTMENT_WORDS, INSTRUCTION_WORDS, SETTING
from tradewind.bus import hsapi_forms as forms
from tradewind.domain.account import Direction
from tradewind.domain.book_messages import BOOK_NEEDS
from tradewind.domain.order import Side
from tradewind.domain.statistics import (
    AccountFigures,
    Grouping,
    OrderStatistic,
    PositionFigures,
    PositionGroup,
    TradeStatistic,
)
from tradewind.market.contracts import InstrumentTable
from tradewind.runtime import hsapi_book_words, hsapi_book_words_en, hsapi_words, hsapi_words_en

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Language = Literal["zh", "en"]
_NS: Final = 1_767_577_500_000_000_000
_D = Decimal
_TABLES: Final[tuple[tuple[str, str, type[msgspec.Struct]], ...]] = (
    ("stock", "`/hsapi/ws/stock/`", forms.HsapiStock),
    ("pos", "`/hsapi/ws/pos/`, `strategy_position`", forms.HsapiPosition),
    ("acc", "`/hsapi/ws/acc/`, `strategy_account`", forms.HsapiAccount),
    ("trade_statistic", "`/hsapi/ws/trade_statistic/`, `trade_statistic`", forms.HsapiTrade),
    ("order_statistic", "`/hsapi/ws/order_statistic/`, `order_statistic`", forms.HsapiOrder),
    ("pos_group_statistic", "`/hsapi/ws/pos_group_statistic/`", forms.HsapiGroup),
    ("contract", "`contract-list`", forms.HsapiContract),
)
CHANNEL_TABLES: Final = {channel: form for channel, _, form in _TABLES}
"""What channels and data queries carry."""
BOOK_TABLES: Final[Mapping[str, type[msgspec.Struct]]] = {
    "instruction": rows.HsapiInstruction,
    "adjustment": rows.HsapiAdjustment,
    "detail": rows.HsapiDetail,
    "to_trade": rows.HsapiToTrade,
    "to_adjust": rows.HsapiToAdjust,
    "user": people.HsapiUser,
    "user_role": people.HsapiUserRole,
    "role": people.HsapiRole,
    "product": people.HsapiProduct,
    "adjustment_form": bodies.AdjustmentForm,
    "position_form": bodies.PositionWish,
    "status_form": bodies.StatusForm,
    "line_form": bodies.LineStatusForm,
}
"""What the instruction book and users are shown and told as, by the names of their tables."""


def page(language: Language = "zh") -> str:
    """Return the text of docs/hsapi.md or of its English twin."""
    words = hsapi_words if language == "zh" else hsapi_words_en
    book = hsapi_book_words if language == "zh" else hsapi_book_words_en
    examples = _examples()
    lines = [
        words.HEAD.rstrip("\n"),
        "",
        *_paths(book.PATHS_HEAD, book.PATHS, book.BY_STATE),
        "",
        book.BOOK.rstrip("\n"),
    ]
    lines += [*_states(book.NOBODY), "", book.LINES.rstrip("\n"), *_line_states(), "", book.ERRORS.rstrip("\n")]
    lines += ["", words.FIELDS_HEAD.rstrip("\n")]
    for channel, title, form in _TABLES:
        lines += ["", f"### {title}", "", *_fields(channel, form, language), "", "```json", examples[channel], "```"]
    for name, form in BOOK_TABLES.items():
        lines += ["", f"### {book.TITLES[name]}", "", *_fields(name, form, language)]
    return "\n".join([*lines, "", words.TAIL.rstrip("\n")]) + "\n"


def served() -> dict[str, str]:
    """Return each route of system 004 as the page writes it, with the permission it asks for."""
    return {
        f"{method} {_written(path)}/": str(handler.opt[PERMISSION])
        for handler in HSAPI_ROUTES
        for method in sorted(handler.http_methods)
        for path in sorted(handler.paths)
    }


def _written(path: str) -> str:
    """Return a path with its parameters named as system 004 names them."""
    is_contract = "/contract-list/" in path
    return re.sub(r"\{(\w+):\w+\}", lambda found: f"{{{found[1] if is_contract else 'id'}}}", path)


def words_for(table: str, field: str, language: Language) -> str:
    """Return what a field of a table means. Raises: KeyError: nobody wrote it down."""
    words = hsapi_words if language == "zh" else hsapi_words_en
    book = hsapi_book_words if language == "zh" else hsapi_book_words_en
    fields: dict[str, str] = {**words.FIELDS, **book.FIELDS}
    return fields.get(f"{table}.{field}") or fields[field]


def _fields(table: str, form: type[msgspec.Struct], language: Language) -> Iterator[str]:
    yield "| 字段 | 含义 |" if language == "zh" else "| field | meaning |"
    yield "|---|---|"
    yield from (f"| `{name}` | {words_for(table, name, language)} |" for name in form.__struct_fields__)


def _paths(head: str, words: Mapping[str, str], by_state: str) -> Iterator[str]:
    yield head
    permissions = served()
    for path, said in words.items():
        asked = by_state if path.startswith("PUT ") else f"`{permissions[path]}`"
        yield f"| {asked} | `{path}` | {said} |"


def _states(nobody: str) -> Iterator[str]:
    for state, names in INSTRUCTION_WORDS.items():
        act, kind = SETTING.get(state, (None, None))
        done = f"| `{act}` | `{BOOK_NEEDS[kind]}` |" if kind is not None else f"| {nobody} | |"
        yield f"| `{state}` | {_listed(names)} {done}"


def _line_states() -> Iterator[str]:
    yield from (f"| `{state}` | {_listed(names)} |" for state, names in ADJUSTMENT_WORDS.items())


def _listed(names: tuple[str, ...]) -> str:
    return "、".join(f"`{name}`" for name in names)


def _examples() -> dict[str, str]:
    contract = InstrumentTable().require("au2606.SHFE")
    rows = {
        "stock": None,
        "pos": forms.position(_POSITION),
        "acc": forms.account(_ACCOUNT),
        "trade_statistic": forms.trade(_TRADE),
        "order_statistic": forms.order(_ORDER),
        "pos_group_statistic": forms.group(_GROUP),
        "contract": forms.contract(contract),
    }
    told = {name: forms.ENCODER.encode(row).decode() for name, row in rows.items() if row is not None}
    for name in ("pos", "acc", "trade_statistic", "order_statistic", "pos_group_statistic"):
        told[name] = f'{{"type":"snapshot","channel":"{name}","offset":1,"data":[{told[name]}]}}'
    return {**told, "stock": _STOCK}


_STOCK: Final = (
    '{"type":"update","channel":"stock","offset":7,"data":['
    + forms.ENCODER.encode(
        forms.HsapiStock(
            c_instrument_id="au2606",
            c_exchange_id="SHFE",
            instrument_id="au2606.SHFE",
            trading_day=20260105,
            last_price=610.5,
            volume=120,
            turnover=73_200_000.0,
            open_interest=150_000.0,
            bid_price=610.48,
            bid_volume=3,
            ask_price=610.5,
            ask_volume=5,
            open_price=608.0,
            high_price=611.0,
            low_price=607.5,
            pre_close_price=608.1,
            pre_settlement_price=607.9,
            limit_up=656.52,
            limit_down=559.28,
            change=2.6,
            change_percent=0.4277,
            update_time=_NS // 1_000_000,
        )
    ).decode()
    + "]}"
)
_POSITION: Final = PositionFigures(
    account_id="paper",
    product_code="fund1",
    strategy="trend",
    book="fund1/trend",
    instrument_id="au2606.SHFE",
    instrument_name="沪金2606",
    exchange="SHFE",
    sector="precious",
    direction=Direction.LONG,
    quantity=2,
    today=2,
    yesterday=0,
    closable=2,
    open_price=_D("600"),
    holding_price=_D("600"),
    last_price=_D("610.5"),
    market_value=_D("1221000.0"),
    delta_lots=_D(2),
    delta=_D(2000),
    delta_value=_D("1221000.0"),
    position_pnl=_D("21000.0"),
    floating_pnl=_D("21000.0"),
    margin=_D("168000.00"),
    version=3,
    ts_event=_NS,
)
_ACCOUNT: Final = AccountFigures(
    account_id="paper",
    product_code="",
    strategy="",
    book="",
    currency="CNY",
    trading_day=20260105,
    pre_balance=_D(1_000_000),
    balance=_D("1020980.00"),
    available=_D("852980.00"),
    margin=_D("168000.00"),
    frozen_margin=_D(0),
    frozen_commission=_D(0),
    deposit=_D(0),
    withdraw=_D(0),
    commission=_D("20.00"),
    close_pnl=_D(0),
    position_pnl=_D("21000.0"),
    floating_pnl=_D("21000.0"),
    market_value=_D("1221000.0"),
    gross_value=_D("1221000.0"),
    delta_value=_D("1221000.0"),
    risk_degree=_D("0.164548"),
    leverage=_D("1.195910"),
    version=3,
    ts_event=_NS,
)
_TRADE: Final = TradeStatistic(
    "paper", "fund1", "trend", "au2606.SHFE", Side.BUY, 20260105, 1, 2, _D(1_200_000), _D(600), _D("20.00"), 1, _NS
)
_ORDER: Final = OrderStatistic("paper", "fund1", "trend", "au2606.SHFE", Side.SELL, 1, 2, 0, 2, _D("168000.00"), 1, _NS)
_GROUP: Final = PositionGroup(
    grouping=Grouping.SECTOR,
    name="precious",
    account_id="paper",
    product_code="fund1",
    positions=1,
    long_quantity=2,
    short_quantity=0,
    net_quantity=2,
    gross_quantity=2,
    delta_lots=_D(2),
    delta_value=_D("1221000.0"),
    market_value=_D("1221000.0"),
    gross_value=_D("1221000.0"),
    position_pnl=_D("21000.0"),
    floating_pnl=_D("21000.0"),
    margin=_D("168000.00"),
    unpriced=0,
    version=1,
    ts_event=_NS,
)

if __name__ == "__main__":
    sys.stdout.write(page("en" if "en" in sys.argv[1:] else "zh"))
