"""What a person must look at: where belief and the exchange's word differ, or an answer is overdue."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class AlarmKind(StrEnum):
    """What is wrong; the value labels the metric."""

    CONTRADICTION = "contradiction"
    """A report that does not fit what was known of the order."""
    LATE_FILL = "late_fill"
    """Money moved on an order that was over."""
    OVERFILL = "overfill"
    """More was done than was asked: trading should halt until somebody knows why."""
    UNANSWERED = "unanswered"
    """Whether an order is at the exchange has been unknown for long."""
    LOST = "lost"
    """A complete query did not find an order that was, or may have been, sent."""
    NEVER_SENT_BUT_KNOWN = "never_sent_but_known"
    """The exchange knows an order that we believe we never sent: trading should halt."""
    SENT_TWICE = "sent_twice"
    """The exchange has two orders under one id of ours: trading should halt."""
    FILLS_MISSING = "fills_missing"
    """The exchange counts more lots of an order than it sent fills for."""
    CANCEL_GIVEN_UP = "cancel_given_up"
    """An order stands although it was asked back several times."""
    ADOPTED_FILL = "adopted_fill"
    """A fill counted as a stranger's turned out to be ours; its book must be corrected by hand."""
    HOLDINGS_DIFFER = "holdings_differ"
    """Positions or funds at the broker are not what our books say."""


HALTING = frozenset({AlarmKind.OVERFILL, AlarmKind.NEVER_SENT_BUT_KNOWN, AlarmKind.SENT_TWICE})


class ExecutionAlarm(msgspec.Struct, frozen=True):
    """One such thing; `wants_halt` asks whoever watches to stop the account. Times in ns UTC of the line."""

    kind: AlarmKind
    account_id: str
    client_order_id: str
    detail: str
    ts_event: int

    @property
    def wants_halt(self) -> bool:
        """True where going on could repeat the damage."""
        return self.kind in HALTING
