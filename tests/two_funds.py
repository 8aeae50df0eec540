"""A desk with two funds, each with an account of its own and one shared, orders of both, and people of every kind."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from desk_stage import AU, Stage
from tradewind.domain import desk
from tradewind.domain.book_messages import Draft, DraftInstruction, Wish
from tradewind.domain.instruction import Execution
from tradewind.domain.order import Side
from tradewind.domain.plan import PlanParams
from tradewind.domain.rights import BUILT_IN_ROLES, EVERY, EVERYTHING, Grant, Permission, Principal, Reach, reaches_of
from tradewind.runtime.desk.office import Office

FUNDS: Final = ("fund_a", "fund_b")
ACCOUNT: Final = {"fund_a": "A1", "fund_b": "B1"}
SHARED: Final = "S1"
SOLE_OWNERS: Final = {"A1": "fund_a", "B1": "fund_b"}
SIGNED: Final[dict[str, Any]] = {"actor": "setup", "source": "test"}
FLAGS: Final = (
    "portfolio.accounts="
    + json.dumps(
        [
            {"id": "A1", "books": ["fund_a/hand"]},
            {"id": "B1", "books": ["fund_b/hand"]},
            {"id": "S1", "books": ["fund_a/hand", "fund_b/hand"]},
        ]
    ),
    'trading.products=["fund_a","fund_b"]',
)


def person(role: str, *grants: tuple[str, str], name: str = "") -> Principal:
    """Return somebody with a built-in role for these products and accounts."""
    given = [Grant(role, product, account) for product, account in grants]
    reaches = reaches_of(given, BUILT_IN_ROLES, sole_owners=SOLE_OWNERS)
    return Principal(name or f"{role} {sorted(grants)}", reaches)


def reach_of(product: str, account: str = EVERY) -> Reach:
    """Return what a grant for this product and account covers."""
    return person("administrator", (product, account)).reach(Permission.VIEW)


class TwoFunds(Stage):
    """A desk at which both funds have traded.

    Orders `M:open fund_a` and so on have been filled, `M:rest fund_a` … rest; plans `plan_fund_a` … are defined; an
    instruction of each stands in the book, handed in: B000001 of fund_a, B000002 of fund_b.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, *FLAGS)
        self.desk: Office = self.office.office

    async def fill(self) -> None:
        """Let both funds trade in their own account and in the shared one."""
        self.tick(600.00)
        for fund in FUNDS:
            for account in (ACCOUNT[fund], SHARED):
                await self.submit(fund, account, key=f"open {fund} {account}")
            await self.submit(fund, ACCOUNT[fund], key=f"rest {fund}", limit_price="590")
            params = PlanParams(account_id=ACCOUNT[fund], product_code=fund)
            await self.desk.carry_out(
                desk.DefinePlan(**SIGNED, request_id=f"plan {fund}", name=f"plan_{fund}", params=params), EVERYTHING
            )
        for fund in FUNDS:
            await self.write(fund, ACCOUNT[fund], key=f"book {fund}")

    async def write(self, fund: str, account: str, *, key: str, strategy: str = "", **draft: Any) -> Any:
        """Hand in an instruction to hold three lots of gold more."""
        wishes = draft.pop("wishes", (Wish(instrument_id=AU, delta=3),))
        command = DraftInstruction(
            **SIGNED,
            request_id=key,
            account_id=account,
            product_code=fund,
            strategy=strategy,
            draft=Draft(wishes=wishes, **draft),
            is_submitted=True,
        )
        return await self.desk.carry_out(command, EVERYTHING)

    async def submit(self, fund: str, account: str, *, key: str, limit_price: str | None = None) -> Any:
        """Buy two lots of gold."""
        execution = Execution(limit_price=None if limit_price is None else Decimal(limit_price))
        line = desk.WishedLine(instrument_id=AU, side=Side.BUY, quantity=2, execution=execution)
        wish = desk.Submit(
            **SIGNED, request_id=key, account_id=account, product_code=fund, strategy="hand", lines=(line,)
        )
        return await self.desk.carry_out(wish, EVERYTHING)
