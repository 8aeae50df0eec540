"""Events of the order line and stores to keep them in, for tests of the store of record."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import msgspec

from tradewind.bus.desk_topics import ACTS
from tradewind.domain.account import Account, Direction, Position, Settlement
from tradewind.domain.act import Act
from tradewind.domain.day_result import DayPart, DayResult
from tradewind.domain.instruction import (
    Execution,
    Instruction,
    InstructionLine,
    InstructionStatus,
    Intent,
    Trigger,
    TriggerAction,
    TriggerResult,
)
from tradewind.domain.order import Fill, Offset, Order, OrderRequest, Origin, Refusal, RefusedOrder, Side
from tradewind.kernel.clock import FakeClock, monotonic_s
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.journal import SqlJournal
from tradewind.stores.sql.store import SqlStore
from tradewind.testing.order_samples import SAMPLE_DAY, SAMPLE_NS, sample_order, sample_request

T0 = SAMPLE_NS
DAY = SAMPLE_DAY


def make_request(**changes: Any) -> OrderRequest:
    return sample_request(**changes)


def make_order(**changes: Any) -> Order:
    return sample_order(make_request(**changes.pop("request", {})), **changes)


def make_refused(**changes: Any) -> RefusedOrder:
    refusals = (Refusal("max_order", "max_order_exceeded", "account", "10", "12"),)
    return RefusedOrder(make_request(**changes), "d-1", refusals, T0)


def make_fill(**changes: Any) -> Fill:
    fill = Fill(
        fill_id="  17",
        order_id="880012",
        client_order_id="o-1",
        instruction_id="i-1",
        account_id="A1",
        product_code="P1",
        strategy="momentum",
        instrument_id="au2606.SHFE",
        side=Side.BUY,
        offset=Offset.OPEN,
        quantity=2,
        price=Decimal("450.02"),
        trading_day=DAY,
        ts_event=T0,
        ts_recv=T0,
    )
    return msgspec.structs.replace(fill, **changes)


def make_position(**changes: Any) -> Position:
    position = Position(
        account_id="A1",
        book="",
        instrument_id="au2606.SHFE",
        direction=Direction.LONG,
        today=2,
        yesterday=1,
        frozen_today=0,
        frozen_yesterday=0,
        open_cost=Decimal(1350070),
        position_cost=Decimal(1350000),
        margin=Decimal("108004.80"),
        last_price=Decimal("450.10"),
        position_pnl=Decimal(300),
        floating_pnl=Decimal(230),
        contract_multiplier=1000,
        opened_at=T0,
        version=1,
        ts_event=T0,
    )
    return msgspec.structs.replace(position, **changes)


def make_account(**changes: Any) -> Account:
    money = dict.fromkeys(
        (
            *("deposit", "withdraw", "close_pnl", "close_pnl_by_trade", "position_pnl", "floating_pnl", "premium"),
            *("commission", "margin", "frozen_margin", "frozen_commission", "frozen_cash"),
        ),
        Decimal(0),
    )
    account = Account(
        account_id="A1",
        book="",
        currency="CNY",
        trading_day=DAY,
        pre_balance=Decimal(1000000),
        balance=Decimal("1000000.00"),
        available=Decimal("891995.20"),
        version=1,
        ts_event=T0,
        **money,
    )
    return msgspec.structs.replace(account, **changes)


def make_result(**changes: Any) -> DayResult:
    part = DayPart("au2606.SHFE", Decimal(30), Decimal(-20), Decimal("1.5"), 3, 1, 2, 0, 1000, Decimal("451.30"))
    funds = (Decimal(1000), Decimal(0), Decimal(0), Decimal(30), Decimal(-20), Decimal("1.5"), Decimal("1008.5"))
    result = DayResult("A1", "", DAY, "CNY", *funds, Decimal(90), T0, (part,))
    return msgspec.structs.replace(result, **changes)


def make_settlement(**changes: Any) -> Settlement:
    prices = {"au2606.SHFE": Decimal("451.30")}
    settlement = Settlement("A1", DAY, 20260105, prices, (), "clock", T0)
    return msgspec.structs.replace(settlement, **changes)


def make_instruction(**changes: Any) -> Instruction:
    line = InstructionLine("au2606.SHFE", Side.BUY, Intent.OPEN, 3, Execution(limit_price=Decimal("451.00")))
    values = {
        "instruction_id": "i-1",
        "origin": Origin.STRATEGY,
        "account_id": "A1",
        "product_code": "P1",
        "strategy": "momentum",
        "actor": "momentum",
        "status": InstructionStatus.WORKING,
        "version": 1,
        "lines": (line,),
        "trading_day": DAY,
        "created_at": T0,
        "updated_at": T0,
        "reason_code": "",
        "reason": "",
        "cause": "op-1",
    }
    instruction = msgspec.convert(values, Instruction)
    return msgspec.structs.replace(instruction, **changes)


def make_trigger(**changes: Any) -> Trigger:
    trigger = Trigger(
        trigger_id="t-1",
        strategy="momentum",
        instrument_id="au2606.SHFE",
        condition="confidence ≥ 0.6",
        price=Decimal("450.02"),
        action=TriggerAction.BUY,
        result=TriggerResult.PENDING,
        version=1,
        order_id="",
        error="",
        ts_event=T0,
        updated_at=T0,
        instruction_id="i-1",
        cause="op-1",
    )
    return msgspec.structs.replace(trigger, **changes)


def make_act(number: int = 1, **changes: Any) -> Act:
    act = Act(f"a-{number}", "limit_changed", "lin", "api", f"limit-{number}", '{"lots":1}', '{"lots":2}', T0)
    return msgspec.structs.replace(act, **changes)


class Line:
    """The line's thread for tests: what is posted to it runs where the test waits."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.post = self._calls.put

    def until(self, condition: Callable[[], bool], *, timeout_s: float = 15.0) -> None:
        """Run what is posted until `condition` holds."""
        until_s = monotonic_s() + timeout_s
        while not condition():
            assert monotonic_s() < until_s, f"did not come about within {timeout_s:g} s"
            try:
                self._calls.get(timeout=0.05)()
            except Empty:
                continue


def make_journal(settings: StoreSettings, folder: Path, line: Line | None = None, **options: Any) -> SqlJournal:
    line = line or Line()
    return SqlJournal(SqlStore(settings, folder), clock=FakeClock(T0), post=line.post, **options)


def keep_acts(journal: SqlJournal, line: Line, count: int, *, first: int = 1) -> int:
    """Append acts and wait until they are durable; return the last one's number."""
    seq = 0
    for number in range(first, first + count):
        seq = journal.append(ACTS, make_act(number))
    line.until(lambda: journal.durable_seq >= seq or journal.failure is not None)
    assert journal.failure is None, journal.failure
    return seq


def is_kept(journal: SqlJournal, seq: int) -> bool:
    """Tell whether everything up to `seq` is durable and the journal is well."""
    return journal.durable_seq >= seq and journal.failure is None


class Acknowledged:
    """Appends acts one after the other and keeps what was called back."""

    def __init__(self, journal: SqlJournal, line: Line) -> None:
        self._journal, self._line = journal, line
        self.appended = 0
        self.seqs: list[int] = []

    def append(self, *, in_flight: int, **changes: Any) -> None:
        """Append one more, then wait until no more than `in_flight` are not durable, or the journal fails."""
        self.appended = seq = self._journal.append(ACTS, make_act(self.appended + 1, **changes))
        self._journal.when_durable(seq, lambda: self.seqs.append(seq))
        self._line.until(lambda: self._journal.durable_seq > seq - in_flight or self._journal.failure is not None)

    def wait_for_all(self, *, timeout_s: float = 15.0) -> None:
        """Wait until the journal is well and has called back for everything."""
        self._line.until(
            lambda: is_kept(self._journal, self.appended) and len(self.seqs) == self.appended, timeout_s=timeout_s
        )
