"""What cleaning answers when there is no clean tick for the line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.tick import Tick
from tradewind.market.reasons import RejectReason

if TYPE_CHECKING:
    from collections.abc import Mapping


class Rejection(msgspec.Struct, frozen=True):
    """A tick that does not enter the line; `snapshot` is what screens may still show of it."""

    reason: RejectReason
    snapshot: Tick | None = None


REJECTIONS: Final[Mapping[RejectReason, Rejection]] = {reason: Rejection(reason) for reason in RejectReason}
"""One ready answer per reason, so that a flood of bad ticks allocates nothing."""


class RejectionError(Exception):
    """Carries a rejection out of the depth of the careful path; never leaves the cleaner."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.reason)
        self.rejection = rejection


def refused(reason: RejectReason) -> RejectionError:
    """Return the error to raise for a rejection that shows nothing."""
    return RejectionError(REJECTIONS[reason])
