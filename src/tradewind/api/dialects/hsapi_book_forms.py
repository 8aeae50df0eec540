"""The bodies of system 004's requests to the instruction book; what they do not know is refused."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tradewind.api.dialects.hsapi_forms import DataForm
from tradewind.domain.book_messages import MAX_LINES, SeenVersion
from tradewind.domain.message import Text
from tradewind.domain.order import Offset

_MOST_LOTS: Final = 1_000_000
Word = Annotated[str, Meta(min_length=1, max_length=32)]
ContractName = Annotated[str, Meta(min_length=1, max_length=40)]
PageNumber = Annotated[int, Meta(ge=1, le=100_000)]
PageSize = Annotated[int, Meta(ge=1, le=1_000)]


class PositionWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A contract's position as it is wanted, in lots, negative for short; `price` is the worst one allowed.

    `current_position` is what the client saw held: another number by now is refused.
    """

    c_instrument_id: ContractName
    adjusted_position: Decimal
    current_position: Decimal | None = None
    price: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse what is no number of lots, `2`, `2.0` and `"2.00"` being the same."""
        for name in ("adjusted_position", "current_position"):
            value = getattr(self, name)
            if value is not None and not _is_whole(value):
                message = f"{name} must be a whole number of lots from -{_MOST_LOTS} to {_MOST_LOTS}, was {value}"
                raise ValueError(message)


class AdjustmentForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instruction to adjust positions. `account_id` may be left out where only one can be meant."""

    positions: Annotated[tuple[PositionWish, ...], Meta(min_length=1, max_length=MAX_LINES)]
    product_code: Annotated[str, Meta(max_length=32)] = ""
    account_id: Annotated[str, Meta(max_length=50)] = ""
    strategy: Annotated[str, Meta(max_length=64)] = ""
    trader: Annotated[str, Meta(max_length=64)] = ""
    reason: Text = ""
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class InstructionForm(AdjustmentForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instruction to be written, and with `submitted` handed in at once."""

    status: Literal["draft", "submitted"] = "draft"


class StatusForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The state an instruction is to be in; `version` is the one that was looked at."""

    status: Word
    version: SeenVersion | None = None
    reason: Text = ""


class LineStatusForm(StatusForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The state an adjustment is to be in, and for what was done elsewhere the fill that brings it there."""

    quantity: Decimal | None = None
    price: Decimal | None = None
    open_close: Offset | None = None
    trade_id: Annotated[str, Meta(min_length=1, max_length=50)] | None = None
    is_booked: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no number of lots."""
        if self.quantity is not None and not (_is_whole(self.quantity) and self.quantity >= 1):
            message = f"quantity must be a whole number of lots from 1 to {_MOST_LOTS}, was {self.quantity}"
            raise ValueError(message)


class PositionsForm(DataForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which positions are wanted, in which order, and which page of them."""

    ordering: Annotated[str, Meta(max_length=40)] = ""
    page: PageNumber = 1
    page_size: PageSize = 100


def _is_whole(value: Decimal) -> bool:
    return value.is_finite() and abs(value) <= _MOST_LOTS and value == value.to_integral_value()
