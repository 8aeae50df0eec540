"""The table of kinds: who is told of what, by which channels, and whether it may wake somebody."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.notice import Channel, KindView, NoticeKind

if TYPE_CHECKING:
    from collections.abc import Mapping


class Audience(StrEnum):
    """Whom a kind is for, among those who may see the product and account it is about."""

    MAKER = "maker"
    """Who wrote the instruction, or gave the order."""
    APPROVERS = "approvers"
    """Who may approve there; nobody approves their own."""
    MAKER_AND_TRADERS = "maker_and_traders"
    VIEWERS = "viewers"
    """All who may see it."""
    TRADERS_ANYWHERE = "traders_anywhere"
    """Who may trade anything: of what belongs to no product."""
    NAMED = "named"
    """Those whom it names itself."""


class KindRule(msgspec.Struct, frozen=True):
    """One row of the table."""

    audience: Audience
    channels: tuple[Channel, ...]
    is_urgent: bool = False


_K = NoticeKind
_A = Audience
_BOTH: Final = (Channel.PAGE, Channel.EMAIL)
_PAGE: Final = (Channel.PAGE,)
KINDS: Final[Mapping[NoticeKind, KindRule]] = {
    _K.INSTRUCTION_SUBMITTED: KindRule(_A.APPROVERS, _BOTH),
    _K.INSTRUCTION_APPROVED: KindRule(_A.MAKER_AND_TRADERS, _BOTH),
    _K.INSTRUCTION_REJECTED: KindRule(_A.MAKER, _BOTH),
    _K.INSTRUCTION_ACCEPTED: KindRule(_A.MAKER, _BOTH),
    _K.INSTRUCTION_WITHDRAWN: KindRule(_A.MAKER_AND_TRADERS, _BOTH),
    _K.INSTRUCTION_EXPIRED: KindRule(_A.MAKER_AND_TRADERS, _BOTH),
    _K.INSTRUCTION_DONE: KindRule(_A.MAKER_AND_TRADERS, _BOTH),
    _K.ORDER_REJECTED: KindRule(_A.MAKER_AND_TRADERS, _PAGE),
    _K.ORDER_UNKNOWN: KindRule(_A.MAKER_AND_TRADERS, _BOTH, is_urgent=True),
    _K.TRADING_HALTED: KindRule(_A.VIEWERS, _BOTH, is_urgent=True),
    _K.TRADING_REDUCED: KindRule(_A.VIEWERS, _BOTH, is_urgent=True),
    _K.TRADING_RELEASED: KindRule(_A.VIEWERS, _BOTH, is_urgent=True),
    _K.LIMIT_WARNING: KindRule(_A.VIEWERS, _BOTH),
    _K.SETTLEMENT_DONE: KindRule(_A.VIEWERS, _PAGE),
    _K.RECONCILIATION_DIFFERENCE: KindRule(_A.VIEWERS, _BOTH, is_urgent=True),
    _K.FEED_ALARM: KindRule(_A.TRADERS_ANYWHERE, _BOTH, is_urgent=True),
    # The market page shows them live, many an hour: who wants to be told of each says so.
    _K.RISK_ALERT: KindRule(_A.TRADERS_ANYWHERE, ()),
    _K.CHAT_MENTION: KindRule(_A.NAMED, _PAGE),
}

SHOWN: Final = tuple(KindView(kind, rule.channels, rule.is_urgent) for kind, rule in KINDS.items())
"""The table as people see it among their preferences."""
