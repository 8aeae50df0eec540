"""The bodies of requests to the instruction book: its messages without who gives them, which the door itself knows."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from tradewind.api.basket import LARGEST_FILE
from tradewind.domain.book_messages import Basis, Draft, Number, SeenVersion, Version
from tradewind.domain.instruction import Execution, Handling
from tradewind.domain.message import AccountId, Lots, Name, Text
from tradewind.domain.order import Offset

ProductCode = Annotated[str, Meta(max_length=32)]
StrategyName = Annotated[str, Meta(max_length=64)]


class _Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body; what it does not know is refused."""


class DraftForm(_Form, frozen=True, kw_only=True):
    """An instruction to be written; `is_submitted` hands it in at once."""

    account_id: AccountId
    draft: Draft
    product_code: ProductCode = ""
    strategy: StrategyName = ""
    is_submitted: bool = False


class BasketForm(_Form, frozen=True, kw_only=True):
    """A table of wishes, CSV or XLSX (its bytes in Base64): contract, and one of target, delta or weight a row."""

    account_id: AccountId
    file_name: Annotated[str, Meta(min_length=5, max_length=200)]
    content: Annotated[bytes, Meta(min_length=1, max_length=LARGEST_FILE)]
    product_code: ProductCode = ""
    strategy: StrategyName = ""
    basis: Basis = "account"
    handling: Handling | None = None
    trader: Annotated[str, Meta(max_length=64)] = ""
    expires_at: Annotated[int, Meta(ge=0)] = 0
    reason: Text = ""
    is_submitted: bool = False


class OpportunityForm(_Form, frozen=True, kw_only=True):
    """An opportunity to be followed; `is_limited`: at its entry price or better."""

    account_id: AccountId
    opportunity_id: Annotated[str, Meta(min_length=1, max_length=200)]
    quantity: Lots
    is_limited: bool = False
    product_code: ProductCode = ""
    strategy: StrategyName = ""
    handling: Handling | None = None
    trader: Annotated[str, Meta(max_length=64)] = ""
    is_submitted: bool = False
    reason: Text = ""


class AmendForm(_Form, frozen=True, kw_only=True):
    """What an instruction is to be instead, decided on the version that was looked at."""

    expected_version: SeenVersion
    draft: Draft


class ActForm(_Form, frozen=True, kw_only=True):
    """An act that needs no more than a reason; `expected_version` 0: whichever version it is now."""

    expected_version: Version = 0
    reason: Text = ""


class ApproveForm(_Form, frozen=True, kw_only=True):
    """An approval of just the version that was looked at."""

    expected_version: SeenVersion
    overrides_risk: bool = False
    reason: Text = ""


class RejectForm(_Form, frozen=True, kw_only=True):
    """A refusal for good; people will read why."""

    expected_version: SeenVersion
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class ReassignForm(_Form, frozen=True, kw_only=True):
    """The trader who is to work it."""

    trader: Name
    expected_version: Version = 0
    reason: Text = ""


class SendForm(_Form, frozen=True, kw_only=True):
    """An adjustment, or part of it, to be sent; without `quantity` all that is left."""

    adjustment: Number
    quantity: Lots | None = None
    execution: Execution = Execution()
    expected_version: Version = 0
    reason: Text = ""


class StopForm(_Form, frozen=True, kw_only=True):
    """The send to stop, `null` for all."""

    send: Number | None = None
    expected_version: Version = 0
    reason: Text = ""


class ResumeForm(_Form, frozen=True, kw_only=True):
    """The send to go on with."""

    send: Number
    expected_version: Version = 0
    reason: Text = ""


class FillForm(_Form, frozen=True, kw_only=True):
    """A fill made elsewhere; `is_booked`: the ledger counts it too, by `trade_id` once for ever."""

    adjustment: Number
    trade_id: Annotated[str, Meta(min_length=1, max_length=50)]
    quantity: Lots
    price: Decimal
    offset: Offset
    is_booked: bool = False
    expected_version: Version = 0
    reason: Text = ""


class WaiveForm(_Form, frozen=True, kw_only=True):
    """The adjustment of which nothing more is to be done."""

    adjustment: Number
    expected_version: Version = 0
    reason: Text = ""
