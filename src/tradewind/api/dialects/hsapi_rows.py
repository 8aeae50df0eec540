"""What system 004's clients are shown of the instruction book (C-004-7), in that system's words.

Its ids are numbers: an instruction's is that of its name (`B000012` is 12), an adjustment's is a thousand times that
and its place, a detail's a hundred thousand times the adjustment's and its own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.api.dialects.hsapi_states import ADJUSTMENT_WORDS, INSTRUCTION_WORDS, settable
from tradewind.domain.book import BOOK, AdjustmentStatus
from tradewind.domain.book_messages import MAX_LINES
from tradewind.domain.order import Offset, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tradewind.instructions.book_queries import AdjustmentView, BookEntry, Detail, ToAdjust, ToTrade

    NameOf = Callable[[str], str]
    """The name of a contract, "" where nobody knows it."""

_DETAILS: Final = 100_000
_FIRST_MADE: Final = 10
"""Details of orders and fills are counted from here; below stand the parts that wait."""
_NS_PER_S: Final = 1_000_000_000
_NS_PER_US: Final = 1_000


class HsapiAdjustment(msgspec.Struct, frozen=True, kw_only=True):
    """A PositionAdjustment: one contract of an instruction."""

    id: int
    instruction_id: int
    c_instrument_id: str
    c_instrument_name: str
    c_exchange_id: str
    instrument_id: str
    current_position: int
    adjusted_position: int
    status: str
    status_name: str
    buy_sell: str
    quantity: int
    filled_quantity: int
    working_quantity: int
    remaining_quantity: int
    price: Decimal | None
    avg_price: Decimal | None
    current_delta_value: Decimal
    adjusted_delta_value: Decimal


class HsapiInstruction(msgspec.Struct, frozen=True, kw_only=True):
    """An Instruction, without its lines."""

    id: int
    instruction_no: str
    product_code: str
    account_id: str
    strategy: str
    status: str
    status_name: str
    version: int
    created_by: str
    trader: str
    reason: str
    total_current_delta_value: Decimal
    total_adjusted_delta_value: Decimal
    quantity: int
    filled_quantity: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    allowed_status: list[str]


class HsapiWholeInstruction(HsapiInstruction, frozen=True, kw_only=True):
    """An Instruction with its lines."""

    positions: list[HsapiAdjustment]


class HsapiDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An InstructionDetail: an order of an adjustment, or a fill made elsewhere."""

    id: int
    position_adjustment_id: int
    open_close: str
    buy_sell: str
    quantity: int
    price: Decimal | None
    filled_quantity: int
    trade_id: str
    avg_price: Decimal | None
    status: str
    order_no: str
    created_by: str
    created_at: datetime


class HsapiWholeAdjustment(HsapiAdjustment, frozen=True, kw_only=True):
    """A PositionAdjustment with what was traded of it."""

    details: list[HsapiDetail]


class HsapiToTrade(msgspec.Struct, frozen=True, kw_only=True):
    """An InstructionDetail that waits: the closing or the opening part of an adjustment."""

    id: int
    position_adjustment_id: int
    instruction_id: int
    account_id: str
    product_code: str
    trader: str
    c_instrument_id: str
    c_instrument_name: str
    c_exchange_id: str
    instrument_id: str
    open_close: str
    buy_sell: str
    quantity: int
    price: Decimal | None
    filled_quantity: int
    remaining_quantity: int
    trade_id: str
    status: str
    status_name: str
    instruction_status: str


class HsapiToAdjust(msgspec.Struct, frozen=True, kw_only=True):
    """A contract whose position approved instructions still want changed."""

    c_instrument_id: str
    c_instrument_name: str
    c_exchange_id: str
    c_type_name: str
    c_stype_name: str
    instrument_id: str
    buy_quantity: int
    sell_quantity: int
    net_quantity: int
    instruction_ids: list[int]


def number_of(instruction_no: str) -> int:
    """Return the number of an instruction of the book."""
    return int(instruction_no[len(BOOK) :])


def adjustment_id(instruction_no: str, place: int) -> int:
    """Return the number of an adjustment."""
    return number_of(instruction_no) * MAX_LINES + place


def instruction(told: BookEntry) -> HsapiInstruction:
    """Return an instruction without its lines."""
    return HsapiInstruction(**_instruction(told))


def whole_instruction(told: BookEntry, name_of: NameOf) -> HsapiWholeInstruction:
    """Return an instruction with its lines."""
    lines = [adjustment(told.instruction_id, each, name_of) for each in told.adjustments]
    return HsapiWholeInstruction(**_instruction(told), positions=lines)


def adjustment(instruction_no: str, told: AdjustmentView, name_of: NameOf) -> HsapiAdjustment:
    """Return one line of an instruction."""
    return HsapiAdjustment(**_adjustment(instruction_no, told, name_of))


def whole_adjustments(
    told: BookEntry, details: Iterable[Detail], trades: Mapping[str, list[str]], name_of: NameOf
) -> list[HsapiWholeAdjustment]:
    """Return the lines of an instruction, each with its orders and fills made elsewhere, the oldest first.

    `trades` are the trade ids of each order.
    """
    of_line: dict[int, list[Detail]] = {}
    for each in sorted(details, key=lambda one: (one.ts, one.detail_id)):
        of_line.setdefault(each.adjustment, []).append(each)
    return [
        HsapiWholeAdjustment(
            **_adjustment(told.instruction_id, line, name_of),
            details=[
                _detail(adjustment_id(told.instruction_id, line.number), place, each, trades)
                for place, each in enumerate(of_line.get(line.number, ()), _FIRST_MADE)
            ],
        )
        for line in told.adjustments
    ]


def to_trade(told: ToTrade, name_of: NameOf) -> Iterator[HsapiToTrade]:
    """Yield the parts of an adjustment that wait: what it closes of the positions it was written on, what it opens.

    What is done counts to the closing part first, as orders are cut.
    """
    line = told.adjustment
    against = line.current_short if line.side is Side.BUY else line.current_long
    closing = min(against, line.quantity)
    filled = line.filled_quantity
    own = adjustment_id(told.instruction_id, line.number)
    for place, offset, quantity in ((1, Offset.CLOSE, closing), (2, Offset.OPEN, line.quantity - closing)):
        done = min(filled, quantity)
        filled -= done
        if quantity > done:
            yield HsapiToTrade(
                id=own * _DETAILS + place,
                position_adjustment_id=own,
                instruction_id=number_of(told.instruction_id),
                account_id=told.account_id,
                product_code=told.product_code,
                trader=told.trader,
                **_contract(line.instrument_id, name_of),
                open_close=offset.value,
                buy_sell=line.side.value,
                quantity=quantity,
                price=line.limit_price,
                filled_quantity=done,
                remaining_quantity=quantity - done,
                trade_id="",
                status=line.status.value,
                status_name=_line_name(line.status),
                instruction_status=told.instruction_status.value,
            )


def to_adjust(told: ToAdjust, name_of: NameOf, facts: tuple[str, str]) -> HsapiToAdjust:
    """Return a contract that is to be adjusted; `facts` are its type and product names."""
    return HsapiToAdjust(
        **_contract(told.instrument_id, name_of),
        c_type_name=facts[0],
        c_stype_name=facts[1],
        buy_quantity=told.buy_quantity,
        sell_quantity=told.sell_quantity,
        net_quantity=told.buy_quantity - told.sell_quantity,
        instruction_ids=[number_of(each) for each in told.instructions],
    )


def _instruction(told: BookEntry) -> dict[str, Any]:
    same = {
        *("product_code", "account_id", "strategy", "version", "trader", "quantity", "filled_quantity"),
        *("total_current_delta_value", "total_adjusted_delta_value"),
    }
    return {
        **{name: getattr(told, name) for name in same},
        "id": number_of(told.instruction_id),
        "instruction_no": told.instruction_id,
        "status": told.status.value,
        "status_name": INSTRUCTION_WORDS[told.status][0],
        "created_by": told.actor,
        "reason": told.reason or told.reason_code,
        "created_at": moment(told.created_at),
        "updated_at": moment(told.updated_at),
        "expires_at": moment(told.expires_at) if told.expires_at else None,
        "allowed_status": settable(told.allowed_acts),
    }


def _adjustment(instruction_no: str, told: AdjustmentView, name_of: NameOf) -> dict[str, Any]:
    same = {
        *("current_position", "adjusted_position", "quantity", "filled_quantity", "working_quantity"),
        *("current_delta_value", "adjusted_delta_value"),
    }
    return {
        **{name: getattr(told, name) for name in same},
        **_contract(told.instrument_id, name_of),
        "id": adjustment_id(instruction_no, told.number),
        "instruction_id": number_of(instruction_no),
        "status": told.status.value,
        "status_name": _line_name(told.status),
        "buy_sell": told.side.value,
        "remaining_quantity": told.left_quantity,
        "price": told.limit_price,
        "avg_price": told.average_price,
    }


def _detail(own: int, place: int, told: Detail, trades: Mapping[str, list[str]]) -> HsapiDetail:
    return HsapiDetail(
        id=own * _DETAILS + place,
        position_adjustment_id=own,
        open_close=told.open_close,
        buy_sell=told.buy_sell.value,
        quantity=told.quantity,
        price=told.price,
        filled_quantity=told.filled_quantity,
        trade_id=told.trade_id or ",".join(trades.get(told.detail_id, ())),
        avg_price=told.average_price,
        status=told.status,
        order_no=told.detail_id if told.kind == "order" else "",
        created_by=told.by,
        created_at=moment(told.ts),
    )


def _contract(instrument_id: str, name_of: NameOf) -> dict[str, str]:
    symbol, _, exchange = instrument_id.rpartition(".")
    return {
        "c_instrument_id": symbol,
        "c_instrument_name": name_of(instrument_id),
        "c_exchange_id": exchange,
        "instrument_id": instrument_id,
    }


def _line_name(status: AdjustmentStatus) -> str:
    return ADJUSTMENT_WORDS[status][0]


def moment(ts: int) -> datetime:
    """Return a time in ns UTC as a date and a time of day, to the microsecond."""
    seconds, ns = divmod(ts, _NS_PER_S)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=ns // _NS_PER_US)
