"""Builders for the instruction book: people at a desk, each with what they may do, and their words."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

from desk_stage import AU, Stage
from tradewind.domain import book_messages as book
from tradewind.domain.desk import needs
from tradewind.domain.order import Offset
from tradewind.domain.rights import BUILT_IN_ROLES, EVERYTHING, NOTHING, Permission, Reach

_COUNT = itertools.count(1)


def wish(instrument_id: str = AU, **ways: Any) -> book.Wish:
    """Return a wish to hold two lots, or what the ways say."""
    return book.Wish(instrument_id=instrument_id, **(ways or {"target": 2}))


def draft(*wishes: book.Wish, **changes: Any) -> book.Draft:
    """Return a draft of these wishes, of one lot more of gold where there are none."""
    return book.Draft(wishes=wishes or (wish(delta=1),), **changes)


class Person:
    """Somebody at the desk: each act under a new request id, unless one is given."""

    def __init__(self, stage: Stage, name: str, role: str, reach: Reach = EVERYTHING) -> None:
        self.stage, self.name = stage, name
        permissions: frozenset[Permission] = BUILT_IN_ROLES[role]
        self.reaches = dict.fromkeys(permissions, reach)

    async def do(self, kind: Any, instruction_id: str | None = None, **fields: Any) -> Any:
        """Carry a command out as this person."""
        fields.setdefault("request_id", f"r{next(_COUNT)}")
        if instruction_id is not None:
            fields["instruction_id"] = instruction_id
        command = kind(actor=self.name, source="test", **fields)
        return await self.stage.office.office.carry_out(command, self.reaches.get(needs(command), NOTHING))

    async def ask(self, question: Any) -> Any:
        """Ask as this person."""
        return await self.stage.office.office.answer(question, self.reaches.get(needs(question), NOTHING))

    async def entry(self, instruction_id: str) -> Any:
        """Return an instruction as this person sees it."""
        return await self.ask(book.AskBookEntry(instruction_id=instruction_id))

    async def writes(
        self, *wishes: book.Wish, is_submitted: bool = False, account_id: str = "paper", **more: Any
    ) -> Any:
        """Write an instruction."""
        names = ("product_code", "strategy", "request_id")
        beside = {name: more.pop(name) for name in names if name in more}
        return await self.do(
            book.DraftInstruction,
            account_id=account_id,
            draft=draft(*wishes, **more),
            is_submitted=is_submitted,
            **beside,
        )


class People:
    """A manager, a risk officer who approves, two traders; all over everything."""

    def __init__(self, stage: Stage, reach: Reach = EVERYTHING) -> None:
        self.manager = Person(stage, "wang", "fund_manager", reach)
        self.approver = Person(stage, "zhao", "risk_officer", reach)
        self.trader = Person(stage, "li", "trader", reach)
        self.other_trader = Person(stage, "qian", "trader", reach)

    async def approved(self, *wishes: book.Wish, **more: Any) -> Any:
        """Write, hand in and approve an instruction."""
        told = await self.manager.writes(*wishes, is_submitted=True, **more)
        return await self.approver.do(book.ApproveInstruction, told.instruction_id, expected_version=told.version)

    async def accepted(self, *wishes: book.Wish, **more: Any) -> Any:
        """Have the trader take an approved instruction."""
        told = await self.approved(*wishes, **more)
        return await self.trader.do(book.AcceptInstruction, told.instruction_id)


def elsewhere(trade_id: str = "T1", quantity: int = 1, price: str = "600.50", **changes: Any) -> dict[str, Any]:
    """Return a fill made elsewhere, of the first adjustment, that opens."""
    return {
        "adjustment": 0,
        "trade_id": trade_id,
        "quantity": quantity,
        "price": Decimal(price),
        "offset": Offset.OPEN,
        **changes,
    }
