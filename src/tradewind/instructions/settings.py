"""What an operator may tune in the instructions room; the defaults run embedded."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tradewind.domain.plan import PlanParams
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
