"""Notices: what happened and whom it was told; and what people may say to the room that tells them.

A happening is told once it is durable: to each of its people on the page, and by the channels they chose. Sentences are
made where they are shown: here stand the kind and its words.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tradewind.domain.rights import Permission

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["zh", "en"]
_MINUTES_A_DAY: Final = 1_440


class NoticeKind(StrEnum):
    """What people are told of."""

    INSTRUCTION_SUBMITTED = "instruction_submitted"
    INSTRUCTION_APPROVED = "instruction_approved"
    INSTRUCTION_REJECTED = "instruction_rejected"
    INSTRUCTION_ACCEPTED = "instruction_accepted"
    INSTRUCTION_WITHDRAWN = "instruction_withdrawn"
    INSTRUCTION_EXPIRED = "instruction_expired"
    INSTRUCTION_DONE = "instruction_done"
    ORDER_REJECTED = "order_rejected"
    ORDER_UNKNOWN = "order_unknown"
    TRADING_HALTED = "trading_halted"
    TRADING_REDUCED = "trading_reduced"
    TRADING_RELEASED = "trading_released"
    LIMIT_WARNING = "limit_warning"
    SETTLEMENT_DONE = "settlement_done"
    RECONCILIATION_DIFFERENCE = "reconciliation_difference"
    FEED_ALARM = "feed_alarm"
    RISK_ALERT = "risk_alert"
    CHAT_MENTION = "chat_mention"


class Channel(StrEnum):
    """Where a person is told; groups have channels of their own, by the names in the settings."""

    PAGE = "page"
    EMAIL = "email"


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be told. `event_id` is its own for ever: told again, it is the same.

    `product_code` and `account_id` are "" where it belongs to none. `subject` is what it is about (an instruction, an
    order, a scope), `params` the words of its kind. `ts_event` in ns UTC.
    """

    event_id: str
    kind: NoticeKind
    product_code: str = ""
    account_id: str = ""
    subject: str = ""
    actor: str = ""
    params: dict[str, str] = {}
    ts_event: int


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A happening as it was told to one person on the page; personal: nobody but `username` may see it."""

    notice_id: int
    username: str
    kind: NoticeKind
    is_urgent: bool
    product_code: str
    account_id: str
    subject: str
    actor: str
    params: dict[str, str]
    event_id: str
    ts_event: int
    created_at: int
    is_read: bool = False


class DeliveryState(StrEnum):
    """Where one message to one channel stands."""

    WAITING = "waiting"
    SENDING = "sending"
    """Somebody is at it; should they fall silent, it is sent again under the same id."""
    SENT = "sent"
    DEAD = "dead"
    """Given up: refused for good, tried too often, or too old."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A happening on its way by one channel; `username` is "" for a group's. Times in ns UTC."""

    delivery_id: int
    channel: str
    username: str
    state: DeliveryState
    attempts: int
    due_at: int
    message_id: str
    """One for ever, chosen before the first try; several of one digest share it."""
    error: str
    created_at: int
    ended_at: int
    happening: Happening


class Quiet(StrEnum):
    """When somebody wants no e-mail but the urgent ones."""

    NEVER = "never"
    HOURS = "hours"
    """Between two times of the day in China."""
    OFF_SESSION = "off_session"
    """While nothing is traded."""


class Wishes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person chose. A kind that is not named comes by its usual channels."""

    language: Language | None = None
    """`None`: the person's own."""
    channels: Annotated[dict[NoticeKind, frozenset[Channel]], Meta(max_length=64)] = {}
    quiet: Quiet = Quiet.NEVER
    quiet_from: Annotated[int, Meta(ge=0, lt=_MINUTES_A_DAY)] = 22 * 60
    """Minutes after midnight in China; from 22:00 to 7:00 goes through the night."""
    quiet_until: Annotated[int, Meta(ge=0, lt=_MINUTES_A_DAY)] = 7 * 60

    def __post_init__(self) -> None:
        """Refuse quiet hours that have no length."""
        if self.quiet is Quiet.HOURS and self.quiet_from == self.quiet_until:
            message = f"quiet_from and quiet_until must differ, both were {self.quiet_from}"
            raise ValueError(message)


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """A person's wishes as they are kept; `version` 0: nothing was chosen yet."""

    username: str
    wishes: Wishes = Wishes()
    version: int = 0


Ids = Annotated[tuple[Annotated[int, Meta(ge=1)], ...], Meta(max_length=1_000)]
Place = Annotated[int, Meta(ge=0)]
PageSize = Annotated[int, Meta(ge=1, le=200)]


class NoticeAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="ask"):
    """A question; nothing changes."""


class AskNotices(NoticeAsk, frozen=True, kw_only=True, tag="notices"):
    """The asker's notices, the newest first; `before` is the last id of the page before, 0 for the first page."""

    before: Place = 0
    limit: PageSize = 50
    is_unread: bool = False


class AskUnread(NoticeAsk, frozen=True, kw_only=True, tag="unread"):
    """How many of the asker's notices are not read."""


class AskPreferences(NoticeAsk, frozen=True, kw_only=True, tag="preferences"):
    """What the asker chose, and what comes by which channel where nothing is chosen."""


class AskDeliveries(NoticeAsk, frozen=True, kw_only=True, tag="deliveries"):
    """What is on its way, was sent or was given up, of everybody; and how each channel is."""

    state: DeliveryState | None = None
    before: Place = 0
    limit: PageSize = 50


class NoticeDo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """A command of the person who gives it, about what is their own."""


class MarkNotices(NoticeDo, frozen=True, kw_only=True, tag="mark_notices"):
    """Count notices as read: those named, and every one through `through` (0: none by that)."""

    notice_ids: Ids = ()
    through: Place = 0


class SetPreferences(NoticeDo, frozen=True, kw_only=True, tag="set_preferences"):
    """Choose; `version` is that of the preferences the person saw."""

    wishes: Wishes
    version: Place


class RetryDelivery(NoticeDo, frozen=True, kw_only=True, tag="retry_delivery"):
    """Try a message again that was given up."""

    delivery_id: Annotated[int, Meta(ge=1)]


class NoticePage(msgspec.Struct, frozen=True):
    """Notices, and how many are not read in all; `next` is the `before` of the page that follows, 0 on the last."""

    notices: list[Notice]
    unread: int
    next: int


class UnreadCount(msgspec.Struct, frozen=True):
    """How many notices are not read."""

    unread: int


class KindView(msgspec.Struct, frozen=True):
    """One kind: its usual channels, and whether it passes quiet hours."""

    kind: NoticeKind
    channels: tuple[Channel, ...]
    is_urgent: bool


class PreferencesView(msgspec.Struct, frozen=True):
    """What somebody chose, beside all there is to choose from; `has_email` is false where no mail can reach them."""

    preferences: Preferences
    kinds: tuple[KindView, ...]
    has_email: bool


class ChannelView(msgspec.Struct, frozen=True):
    """How a channel is: `open`, or `resting` after failures until `rests_until` (ns UTC); what waits for it."""

    name: str
    state: Literal["open", "resting"]
    rests_until: int
    reason: str
    waiting: int
    dead: int


class DeliveryPage(msgspec.Struct, frozen=True):
    """Deliveries, the newest first, and the channels; `next` as in `NoticePage`."""

    deliveries: list[Delivery]
    channels: list[ChannelView]
    next: int


NoticeQuestion = AskNotices | AskUnread | AskPreferences | AskDeliveries
NoticeCommand = MarkNotices | SetPreferences | RetryDelivery
NOTICE_NEEDS: Final[Mapping[type[NoticeAsk | NoticeDo], Permission]] = {
    AskDeliveries: Permission.SYSTEM,
    RetryDelivery: Permission.SYSTEM,
}
"""The permission a message asks for; what is not here is about the asker themselves."""
