"""Whether a returning client can go on where it stopped, or must start from a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from tradewind.push.log import EventLog


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last offset a client has seen, and the publisher's life it belongs to."""

    epoch: str
    offset: int


def can_resume(position: Position | None, *, epoch: str, log: EventLog) -> bool:
    """Say whether everything after `position` is still at hand.

    Another epoch counts from another 1, and an offset we have not reached yet was never ours: both mean a snapshot.
    """
    return position is not None and position.epoch == epoch and log.holds(position.offset)
