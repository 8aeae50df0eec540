"""May I, and what would it cost: a basket judged by the same rules and the same code, without sending any of it.

Each line is judged as if those before it that pass had been approved; then all of it is taken back to the last digit.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.order import ApprovedOrder, OrderRequest, Refusal
from tradewind.pretrade.pace import Kept
from tradewind.pretrade.use import Headroom, headroom_of
from tradewind.pretrade.working import Working, working_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.pretrade.gatekeeper import Gatekeeper

ZERO: Final = Decimal(0)


class WhatIfLine(msgspec.Struct, frozen=True, gc=False):
    """What would be decided on one order, and what it would freeze."""

    order: OrderRequest
    is_approved: bool
    refusals: tuple[Refusal, ...]
    margin: Decimal
    commission: Decimal


class AccountAfter(msgspec.Struct, frozen=True):
    """An account with all orders that pass working. `margin` as if they were filled, `frozen_margin` until they are."""

    account_id: str
    margin: Decimal
    frozen_margin: Decimal
    commission: Decimal
    available: Decimal | None
    balance: Decimal | None
    risk_ratio: Decimal | None


class WhatIf(msgspec.Struct, frozen=True):
    """The answer to a basket: each line, each account after it, what is left of each limit it meets."""

    lines: tuple[WhatIfLine, ...]
    accounts: tuple[AccountAfter, ...]
    headroom: tuple[Headroom, ...]

    @property
    def is_approved(self) -> bool:
        """True when every line would pass."""
        return all(line.is_approved for line in self.lines)


def what_if(gate: Gatekeeper, requests: Sequence[OrderRequest], now: int) -> WhatIf:
    """Judge a basket at `now` and leave everything as it was."""
    desk, kept = gate.desk, Kept()
    counts = dict(desk.counters.counts)
    held: list[Working] = []
    lines = []
    try:
        for request in requests:
            decision = gate.judge(request, now)
            if not isinstance(decision, ApprovedOrder):
                lines.append(
                    WhatIfLine(request, is_approved=False, refusals=decision.refusals, margin=ZERO, commission=ZERO)
                )
                continue
            working = working_of(decision)
            places = desk.limits.met_by(request).places
            desk.pace.rehearse(request, places, kept)
            desk.pace.on_order(request, places, now)
            gate.hold(working)
            desk.known_ids[request.client_order_id] = -1
            held.append(working)
            lines.append(
                WhatIfLine(
                    request, is_approved=True, refusals=(), margin=decision.margin, commission=decision.commission
                )
            )
        return WhatIf(tuple(lines), _accounts(gate, requests, held), headroom_of(desk, requests, now))
    finally:
        for working in reversed(held):
            gate.release(working)
            del desk.known_ids[working.request.client_order_id]
        desk.pace.take_back(kept)
        desk.counters.counts = counts


def _accounts(gate: Gatekeeper, requests: Sequence[OrderRequest], held: Sequence[Working]) -> tuple[AccountAfter, ...]:
    found = []
    for account_id in dict.fromkeys(request.account_id for request in requests):
        if not gate.desk.names.has_account(account_id):
            continue
        purse = gate.desk.funds.purse(account_id)
        balance = None if purse.account is None else purse.account.balance
        commission = sum(
            (work.lot_commission * work.request.quantity for work in held if work.request.account_id == account_id),
            ZERO,
        )
        found.append(
            AccountAfter(
                account_id,
                margin=purse.margin,
                frozen_margin=purse.frozen_margin,
                commission=commission,
                available=purse.available,
                balance=balance,
                risk_ratio=purse.margin / balance if balance is not None and balance > 0 else None,
            )
        )
    return tuple(found)
