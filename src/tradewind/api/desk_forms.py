"""The bodies of requests to the desk: its messages without who gives them, which the door itself knows."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewind.domain.account import Direction
from tradewind.domain.desk import WishedLine
from tradewind.domain.instruction import Execution
from tradewind.domain.message import AccountId, InstrumentId, Lots, Name, Text
from tradewind.domain.plan import PlanParams
from tradewind.domain.prices import require_amount
from tradewind.domain.trading_state import Scope, TradingMode


class SubmitForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instruction: what to trade, for which account, product and strategy."""

    account_id: AccountId
    lines: Annotated[tuple[WishedLine, ...], Meta(min_length=1, max_length=1000)]
    product_code: Annotated[str, Meta(max_length=32)] = ""
    strategy: Annotated[str, Meta(max_length=64)] = ""
    reason: Text = ""


class WhatIfForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A wish to be judged and not sent."""

    account_id: AccountId
    lines: Annotated[tuple[WishedLine, ...], Meta(min_length=1, max_length=1000)]
    product_code: Annotated[str, Meta(max_length=32)] = ""
    strategy: Annotated[str, Meta(max_length=64)] = ""


class ClosePreviewForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A position that may be closed; without `quantity` all of it that can be."""

    account_id: AccountId
    instrument_id: InstrumentId
    direction: Direction
    quantity: Lots | None = None
    book: Annotated[str, Meta(max_length=100)] = ""


class CloseForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A position to close, with the confirmation that its preview answered."""

    account_id: AccountId
    instrument_id: InstrumentId
    direction: Direction
    confirmation: Annotated[str, Meta(min_length=1, max_length=64)]
    quantity: Lots | None = None
    book: Annotated[str, Meta(max_length=100)] = ""
    execution: Execution = Execution(patience_s=5)


class CancelInstructionForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instruction to take back."""

    instruction_id: Annotated[str, Meta(min_length=1, max_length=200)]
    reason: Text = ""


class CancelOrderForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order to take back."""

    client_order_id: Annotated[str, Meta(min_length=1, max_length=220)]
    reason: Text = ""


class PlanForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trading plan; what changes waits for the next start."""

    name: Name
    params: PlanParams


class EmergencyStopForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Stop everything. `confirm` must be the word STOP: a page asks twice before it sends it."""

    confirm: Literal["STOP"]
    reason: Text = ""


class ModeForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Halt, reduce or release one scope; a release needs the phrase that the desk asks for."""

    mode: TradingMode
    scope: Scope
    key: Annotated[str, Meta(max_length=64)] = ""
    reason: Text = ""
    phrase: Annotated[str, Meta(max_length=200)] = ""


class TendForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to see to of an account's link to its broker."""

    account_id: AccountId
    wish: Literal["compare", "log_in"]


class CashForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money paid in (positive) or taken out (negative)."""

    account_id: AccountId
    amount: Decimal
    reason: Text = ""
    book: Annotated[str, Meta(max_length=100)] = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be money."""
        require_amount(self.amount, "amount")
