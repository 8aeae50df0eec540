"""What may be asked of the instruction book: its entries with their progress, timelines, details, what waits."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import msgspec

from tradewind.domain.book import Act, Adjustment, AdjustmentStatus, is_of_book
from tradewind.domain.instruction import AT_WORK, Handling, Instruction, InstructionLine, InstructionStatus, Intent
from tradewind.domain.order import Side
from tradewind.domain.whose import as_seen
from tradewind.instructions.workflow import allowed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.domain.book_messages import AskBook
    from tradewind.domain.rights import Reach
    from tradewind.instructions.children import Child, Taken
    from tradewind.instructions.keeper import Keeper

_S = InstructionStatus
_WAITING = frozenset({_S.APPROVED, _S.ACCEPTED}) | AT_WORK
_SCALE = Decimal("0.00000001")


class AdjustmentView(msgspec.Struct, frozen=True):
    """An adjustment with what follows from it; quantities in lots, prices per unit, money in account currency."""

    number: int
    instrument_id: str
    status: AdjustmentStatus
    current_position: int
    current_long: int
    current_short: int
    adjusted_position: int
    side: Side
    quantity: int
    filled_quantity: int
    working_quantity: int
    refused_quantity: int
    left_quantity: int
    wish: str
    limit_price: Decimal | None
    reference_price: Decimal | None
    arrival_price: Decimal | None
    average_price: Decimal | None
    slippage_ticks: Decimal | None
    slippage: Decimal | None
    """Lost (positive) or won against the arrival price."""
    current_delta_value: Decimal
    adjusted_delta_value: Decimal


class BookEntry(msgspec.Struct, frozen=True):
    """An instruction of the book as people see it; `allowed_acts` are what its state allows to who has the right."""

    instruction_id: str
    status: InstructionStatus
    version: int
    account_id: str
    product_code: str
    strategy: str
    actor: str
    makers: tuple[str, ...]
    trader: str
    reason: str
    reason_code: str
    cause: str
    trading_day: int
    expires_at: int
    created_at: int
    updated_at: int
    total_current_delta_value: Decimal
    total_adjusted_delta_value: Decimal
    quantity: int
    filled_quantity: int
    working_quantity: int
    refused_quantity: int
    left_quantity: int
    slippage: Decimal | None
    handling: Handling | None
    allowed_acts: tuple[Act, ...]
    adjustments: tuple[AdjustmentView, ...]
    sends: tuple[InstructionLine, ...]


class BookPage(msgspec.Struct, frozen=True):
    """Entries, the newest first; `next` is what to name as `after` for more, "" where there are none."""

    entries: tuple[BookEntry, ...]
    next: str


class Detail(msgspec.Struct, frozen=True):
    """An order of a send, or a fill made elsewhere. Source: C-004-7 (InstructionDetail).

    `trade_id` is what a fill made elsewhere is called; the fills of our own orders are in the record by `detail_id`.
    """

    detail_id: str
    adjustment: int
    instrument_id: str
    kind: Literal["order", "manual"]
    open_close: str
    buy_sell: Side
    quantity: int
    price: Decimal | None
    filled_quantity: int
    average_price: Decimal | None
    status: str
    trade_id: str
    by: str
    ts: int


class ToAdjust(msgspec.Struct, frozen=True):
    """A contract that approved instructions want changed, with the lots not done yet, buys and sells apart."""

    instrument_id: str
    buy_quantity: int
    sell_quantity: int
    instructions: tuple[str, ...]


class ToTrade(msgspec.Struct, frozen=True):
    """One adjustment that waits for a trader."""

    instruction_id: str
    instruction_status: InstructionStatus
    account_id: str
    product_code: str
    trader: str
    adjustment: AdjustmentView


class BookQueries:
    """Answers from memory, for instructions at hand; each as far as the asker's reach covers it."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def entry(self, instruction_id: str) -> BookEntry:
        """Return one entry. Raises: InputError: there is none at hand."""
        return entry_of(self._keeper.find(instruction_id).instruction)

    def page(self, ask: AskBook, reach: Reach) -> BookPage:
        """Return a page of entries, the newest first."""
        is_wanted = _filter(ask)
        found = []
        for told in reversed(list(self._covered(reach))):
            if is_wanted(told) and (not ask.after or _number(told.instruction_id) < _number(ask.after)):
                found.append(entry_of(told))
            if len(found) > ask.limit:
                break
        shown = tuple(found[: ask.limit])
        return BookPage(shown, shown[-1].instruction_id if len(found) > ask.limit else "")

    def timeline(self, instruction_id: str) -> list[Taken]:
        """Return the steps of an instruction, the oldest first. Raises: InputError: there is none at hand."""
        return list(self._keeper.find(instruction_id).steps)

    def details(self, instruction_id: str) -> list[Detail]:
        """Return its orders and the fills made elsewhere. Raises: InputError: there is none at hand."""
        parent = self._keeper.find(instruction_id)
        told = parent.instruction
        orders = (_order_detail(told, child) for child in parent.children.values())
        return [*orders, *_manual_details(told)]

    def to_adjust(self, reach: Reach) -> list[ToAdjust]:
        """Return the contracts that approved instructions still want changed, by contract."""
        lots: dict[str, dict[Side, int]] = {}
        names: dict[str, list[str]] = {}
        for told, _, adjustment in self._open(reach):
            undone = max(adjustment.quantity - adjustment.filled_quantity, 0)
            sides = lots.setdefault(adjustment.instrument_id, {Side.BUY: 0, Side.SELL: 0})
            sides[adjustment.side] += undone
            names.setdefault(adjustment.instrument_id, []).append(told.instruction_id)
        return [
            ToAdjust(name, sides[Side.BUY], sides[Side.SELL], tuple(names[name]))
            for name, sides in sorted(lots.items())
        ]

    def to_trade(self, status: AdjustmentStatus | None, reach: Reach) -> list[ToTrade]:
        """Return the adjustments that are not complete, of one status or of any, the oldest instruction first."""
        return [
            ToTrade(
                told.instruction_id,
                told.status,
                told.account_id,
                told.product_code,
                told.trader,
                view_of(number, adjustment),
            )
            for told, number, adjustment in self._open(reach)
            if status is None or adjustment.status is status
        ]

    def wanted_lines(self, instruction_id: str) -> tuple[Instruction, tuple[InstructionLine, ...]]:
        """Return what is left of an instruction as lines that the gate can judge. Raises: InputError: as `entry`."""
        told = self._keeper.find(instruction_id).instruction
        return told, lines_left(told)

    def _covered(self, reach: Reach) -> Iterator[Instruction]:
        for parent in self._keeper.all():
            told = parent.instruction
            if reach.covers(told.product_code, told.account_id):
                yield as_seen(reach, told)

    def _open(self, reach: Reach) -> Iterator[tuple[Instruction, int, Adjustment]]:
        for told in self._covered(reach):
            if told.status in _WAITING:
                for number, adjustment in enumerate(told.adjustments):
                    if not adjustment.is_complete:
                        yield told, number, adjustment


def lines_left(told: Instruction) -> tuple[InstructionLine, ...]:
    """Return one line for what is not done of each adjustment, at its limit price."""
    execution = (told.handling or Handling()).execution
    return tuple(
        InstructionLine(
            each.instrument_id,
            each.side,
            Intent.AUTO,
            each.quantity - each.filled_quantity,
            msgspec.structs.replace(execution, limit_price=each.limit_price or execution.limit_price),
        )
        for each in told.adjustments
        if each.quantity > each.filled_quantity and not each.is_waived
    )


def view_of(number: int, told: Adjustment) -> AdjustmentView:
    """Return an adjustment with what follows from it."""
    names = (name for name in AdjustmentView.__struct_fields__ if name != "number")
    fields = {name: getattr(told, name) for name in names}
    fields["wish"] = told.weighed or told.wish
    fields |= {name: _shown(fields[name]) for name in ("average_price", "slippage_ticks")}
    return AdjustmentView(number=number, **fields)


def entry_of(told: Instruction) -> BookEntry:
    """Return an instruction as people see it."""
    lines = told.adjustments
    own = {
        *("instruction_id", "status", "version", "account_id", "product_code", "strategy", "actor", "makers", "trader"),
        *("reason", "reason_code", "cause", "trading_day", "expires_at", "created_at", "updated_at", "handling"),
        *("total_current_delta_value", "total_adjusted_delta_value"),
    }
    sums = ("quantity", "filled_quantity", "working_quantity", "refused_quantity", "left_quantity")
    slippage = [line.slippage for line in lines if line.slippage is not None]
    return BookEntry(
        **{name: getattr(told, name) for name in own},
        **{name: sum(getattr(line, name) for line in lines) for name in sums},
        slippage=sum(slippage, Decimal(0)) if slippage else None,
        allowed_acts=allowed(told.status),
        adjustments=tuple(view_of(number, line) for number, line in enumerate(lines)),
        sends=told.lines,
    )


def _shown(value: Decimal | None) -> Decimal | None:
    """Return a quotient with as many digits as anybody needs."""
    return None if value is None else value.quantize(_SCALE).normalize()


def _order_detail(told: Instruction, child: Child) -> Detail:
    request, order = child.request, child.order
    number = int(request.client_order_id.rsplit("-", 2)[1])
    send = told.lines[number].send
    return Detail(
        detail_id=request.client_order_id,
        adjustment=send.adjustment if send is not None else number,
        instrument_id=request.instrument_id,
        kind="order",
        open_close=request.offset.value,
        buy_sell=request.side,
        quantity=request.quantity,
        price=request.price,
        filled_quantity=child.filled,
        average_price=None if order is None else _shown(order.avg_price),
        status=f"refused: {child.refusal}" if child.refusal else "asked" if order is None else order.status.value,
        trade_id="",
        by=request.actor,
        ts=request.ts_event,
    )


def _manual_details(told: Instruction) -> Iterator[Detail]:
    for number, adjustment in enumerate(told.adjustments):
        for fill in adjustment.manual_fills:
            yield Detail(
                detail_id=f"{told.instruction_id}-{number}-{fill.trade_id}",
                adjustment=number,
                instrument_id=adjustment.instrument_id,
                kind="manual",
                open_close=fill.offset.value,
                buy_sell=fill.side,
                quantity=fill.quantity,
                price=fill.price,
                filled_quantity=fill.quantity,
                average_price=fill.price,
                status="booked" if fill.is_booked else "recorded",
                trade_id=fill.trade_id,
                by=fill.recorded_by,
                ts=fill.ts,
            )


def _filter(ask: AskBook) -> Callable[[Instruction], bool]:
    def is_wanted(told: Instruction) -> bool:
        return (
            (not ask.status or told.status in ask.status)
            and ask.product_code in {"", told.product_code}
            and ask.account_id in {"", told.account_id}
            and (not ask.person or ask.person in {*told.makers, told.trader})
            and (not ask.instrument_id or any(each.instrument_id == ask.instrument_id for each in told.adjustments))
        )

    return is_wanted


def _number(instruction_id: str) -> int:
    """Return the place of an instruction in the book; a name that is none stands before all."""
    return int(instruction_id[1:]) if is_of_book(instruction_id) else 0
