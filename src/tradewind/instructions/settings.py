"""What an operator may tune in the instructions room; the defaults run embedded."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewind.domain.plan import PlanParams
from tradewind.domain.prices import require_amount
from tradewind.instructions.offsets import DEFAULT_POLICY, OffsetPolicy


class InstructionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the instructions room."""

    plans: Annotated[
        dict[str, PlanParams],
        Meta(description="Trading plans that exist from the start, by name; a person starts them"),
    ] = {}
    max_plans: Annotated[int, Meta(ge=1, le=10_000, description="Most plans there may be")] = 200
    offset_policy: Annotated[
        OffsetPolicy, Meta(description="Which lots to close first where today's and yesterday's are kept apart")
    ] = DEFAULT_POLICY
    offset_policies: Annotated[
        dict[str, OffsetPolicy], Meta(description="Another policy for single products, such as rb.SHFE")
    ] = {}
    max_live: Annotated[int, Meta(ge=1, le=1_000_000, description="Most instructions that may be live at once")] = 5_000
    max_kept: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="Finished instructions and triggers kept at hand; older are in the store"),
    ] = 2_000
    max_children: Annotated[
        int, Meta(ge=1, le=100_000, description="Most orders one instruction may make; then it is given up")
    ] = 2_000
    approval: Annotated[
        Literal["always", "never", "above"],
        Meta(
            description="which instructions of the book need somebody else's approval; without it submitting approves"
            " what the risk gate would let pass (never: for who works alone); above: those that change more money than"
            " approval_above"
        ),
    ] = "always"
    approval_above: Annotated[
        Decimal, Meta(description="sum of lots × price × multiplier from which approval = above asks for one")
    ] = Decimal(0)
    may_override_risk: Annotated[
        bool, Meta(description="an approver may approve what the gate would refuse; each order still meets the gate")
    ] = False
    max_open: Annotated[
        int, Meta(ge=1, le=100_000, description="Most instructions of the book that may be open at once")
    ] = 1_000
    max_steps: Annotated[
        int, Meta(ge=10, le=100_000, description="Most acts on one instruction of the book; then it can only be ended")
    ] = 1_000

    def __post_init__(self) -> None:
        """Check what the types cannot say."""
        if require_amount(self.approval_above, "approval_above") < 0:
            message = f"approval_above must be 0 or more, was {self.approval_above}"
            raise ValueError(message)
