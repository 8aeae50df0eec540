"""Reads the journal for people: which entries become a happening, in whose words, about which product and account.

Only the fields that are told are read of an event, so that it may gain others without a change here. What an
instruction, an order may pass through is a table from its status; a kind is told once until the status has left it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.domain.notice import Happening, NoticeKind
from tradewind.notices.direct import AT_WORK, ENDS, Trails, price_text, trade_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.stores.ports import Entry

_K = NoticeKind
_LONGEST: Final = 200
_SUBJECT_LENGTH: Final = 200
_NAME_LENGTH: Final = 100
_TOLD_PERCENT: Final = 80


class Place(msgspec.Struct, frozen=True):
    """What a happening is about: `None` for any product, any account.

    `is_exact`: only who may see just that row, such as an account's own figures; else whoever has anything there.
    """

    product_code: str | None
    account_id: str | None
    is_exact: bool = True


EVERYWHERE: Final = Place(None, None, is_exact=False)
WHOLE: Final = Place(None, None)
"""Of the platform's own figures: only who may see everything."""


class Draft(msgspec.Struct, frozen=True):
    """A happening before anybody is told; `makers` are who wrote what it is about, `named` whom it is for by name."""

    happening: Happening
    place: Place
    makers: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


class Seen(msgspec.Struct, frozen=True):
    """What an entry says: where something stands now, and what is told where that is new.

    `key` "" is told each time; `draft` `None` forgets where it stood.
    """

    key: str
    draft: Draft | None


INSTRUCTION_KINDS: Final[Mapping[str, NoticeKind]] = {
    "submitted": _K.INSTRUCTION_SUBMITTED,
    "approved": _K.INSTRUCTION_APPROVED,
    "rejected": _K.INSTRUCTION_REJECTED,
    "accepted": _K.INSTRUCTION_ACCEPTED,
    "working": _K.INSTRUCTION_ACCEPTED,
    "partly_done": _K.INSTRUCTION_ACCEPTED,
    "withdrawn": _K.INSTRUCTION_WITHDRAWN,
    "cancelled": _K.INSTRUCTION_WITHDRAWN,
    "expired": _K.INSTRUCTION_EXPIRED,
    "done": _K.INSTRUCTION_DONE,
}
INSTRUCTION_ORIGINS: Final = frozenset({"manager", "close_button", "rebalance"})
"""Whose instructions people follow; those of strategies would bury them."""
ORDER_KINDS: Final[Mapping[str, NoticeKind]] = {"rejected": _K.ORDER_REJECTED, "unknown": _K.ORDER_UNKNOWN}
MODE_KINDS: Final[Mapping[str, NoticeKind]] = {
    "halted": _K.TRADING_HALTED,
    "reducing": _K.TRADING_REDUCED,
    "active": _K.TRADING_RELEASED,
}
ACT_KINDS: Final[Mapping[str, NoticeKind]] = {"reconciliation_differed": _K.RECONCILIATION_DIFFERENCE}
"""Acts of the record that people are told of; `after` of such an act names product and account."""


class _Instruction(msgspec.Struct):
    instruction_id: str
    origin: str
    account_id: str
    product_code: str
    actor: str
    status: str
    lines: list[Any] = []
    adjustments: list[Any] = []
    makers: tuple[str, ...] = ()
    reason_code: str = ""
    reason: str = ""


class _Request(msgspec.Struct):
    client_order_id: str
    instruction_id: str
    account_id: str
    product_code: str
    instrument_id: str
    quantity: int
    actor: str
    origin: str = ""
    side: str = ""
    offset: str = ""
    price: Decimal | None = None


class _Order(msgspec.Struct):
    request: _Request
    status: str
    reason_code: str = ""
    reason: str = ""


class _Scoped(msgspec.Struct):
    scope: str
    key: str


class _TradingState(_Scoped):
    mode: str
    actor: str
    reason_code: str = ""
    reason: str = ""


class _LimitWarning(_Scoped):
    rule: str
    percent: int
    limit: str
    actual: str


class _Settlement(msgspec.Struct):
    account_id: str
    trading_day: int
    next_trading_day: int
    expired: list[str]


class _Act(msgspec.Struct):
    action: str
    actor: str
    subject: str
    after: str = ""


class _Difference(msgspec.Struct):
    product_code: str = ""
    account_id: str = ""
    detail: str = ""


class JournalReader:
    """Reads the entries of one chain."""

    def __init__(self, chain: str) -> None:
        self._chain = chain
        self._trails = Trails()
        self._read: dict[str, Callable[[Entry, bytes], Seen | None]] = {
            "instructions": self._instruction,
            "orders": self._order,
            "trading_states": self._trading_state,
            "limit_warnings": self._limit_warning,
            "settlements": self._settlement,
            "acts": self._act,
        }

    def read(self, entry: Entry) -> Seen | None:
        """Return what an entry says that people may be told; `None` for nothing.

        Raises: msgspec.MsgspecError: the entry is of a form that nobody here knows.
        """
        read = self._read.get(entry.kind)
        return None if read is None else read(entry, entry.payload)

    def _instruction(self, entry: Entry, payload: bytes) -> Seen | None:
        told = _INSTRUCTION(payload)
        if told.origin not in INSTRUCTION_ORIGINS:
            return None
        key = f"instruction {told.instruction_id}"
        kind = INSTRUCTION_KINDS.get(told.status)
        if not told.adjustments and told.status in ENDS | AT_WORK:
            return self._direct(entry, told, key, kind)
        if kind is None:
            return Seen(key, None)
        count = len(told.adjustments) or len(told.lines)
        words = {"lines": str(count), "reason": told.reason or told.reason_code, "status": told.status}
        place = Place(told.product_code, told.account_id)
        happening = self._happening(entry, kind, told.instruction_id, place, words, actor=entry.actor or told.actor)
        return Seen(key, Draft(happening, place, makers=told.makers or (told.actor,)))

    def _direct(self, entry: Entry, told: _Instruction, key: str, kind: NoticeKind | None) -> Seen:
        """Tell how a ticket or a close button's wish ended; that it is at work its maker knows."""
        trail = self._trails.of(told.instruction_id)
        # Each order that was rejected is told by itself, with its reason.
        is_told = told.status == "rejected" and trail.has_rejected
        if kind is None or told.status in AT_WORK or is_told or not told.lines:
            return Seen(key, None)
        # What somebody wrote into a ticket is no reason for its end; what somebody wrote into a cancel is.
        reason = told.reason if told.status == "cancelled" else ""
        words = {
            **trade_words(told.lines, trail, reason_code=told.reason_code, reason=reason),
            "status": told.status,
        }
        place = Place(told.product_code, told.account_id)
        happening = self._happening(entry, kind, told.instruction_id, place, words, actor=told.actor)
        return Seen(key, Draft(happening, place, makers=(told.actor,)))

    def _order(self, entry: Entry, payload: bytes) -> Seen:
        told = _ORDER(payload)
        asked = told.request
        if asked.origin in INSTRUCTION_ORIGINS:
            self._trails.heard(asked.instruction_id, asked.offset, told.status)
        key = f"order {asked.client_order_id}"
        kind = ORDER_KINDS.get(told.status)
        if kind is None:
            return Seen(key, None)
        words = {
            "instrument_id": asked.instrument_id,
            "side": asked.side,
            "offset": asked.offset,
            "quantity": str(asked.quantity),
            "price": price_text(asked.price),
            "instruction_id": asked.instruction_id,
            "reason": told.reason or told.reason_code,
        }
        place = Place(asked.product_code, asked.account_id)
        happening = self._happening(entry, kind, asked.client_order_id, place, words, actor=asked.actor)
        return Seen(key, Draft(happening, place, makers=(asked.actor,)))

    def _trading_state(self, entry: Entry, payload: bytes) -> Seen | None:
        told = _TRADING_STATE(payload)
        kind = MODE_KINDS.get(told.mode)
        if kind is None:
            return None
        places = {
            "account": Place(None, told.key, is_exact=False),
            "product": Place(told.key, None, is_exact=False),
            "strategy": WHOLE,
        }
        words = {"scope": told.scope, "key": told.key, "reason": told.reason or told.reason_code}
        place = places.get(told.scope, EVERYWHERE)
        happening = self._happening(entry, kind, _scope_name(told), place, words, actor=told.actor)
        return Seen("", Draft(happening, place))

    def _limit_warning(self, entry: Entry, payload: bytes) -> Seen | None:
        told = _LIMIT_WARNING(payload)
        if told.percent < _TOLD_PERCENT:
            return None
        places = {"account": Place("", told.key), "product": Place(told.key, None)}
        words = {
            "rule": told.rule,
            "scope": told.scope,
            "key": told.key,
            "percent": str(told.percent),
            "limit": told.limit,
            "actual": told.actual,
        }
        place = places.get(told.scope, WHOLE)
        return Seen("", Draft(self._happening(entry, _K.LIMIT_WARNING, told.rule, place, words), place))

    def _settlement(self, entry: Entry, payload: bytes) -> Seen:
        told = _SETTLEMENT(payload)
        words = {
            "trading_day": str(told.trading_day),
            "next_trading_day": str(told.next_trading_day),
            "expired": ", ".join(told.expired),
        }
        place = Place(None, told.account_id, is_exact=False)
        return Seen("", Draft(self._happening(entry, _K.SETTLEMENT_DONE, told.account_id, place, words), place))

    def _act(self, entry: Entry, payload: bytes) -> Seen | None:
        told = _ACT(payload)
        kind = ACT_KINDS.get(told.action)
        if kind is None:
            return None
        found = _DIFFERENCE(told.after or "{}")
        place = Place(found.product_code, found.account_id)
        words = {"detail": found.detail}
        return Seen("", Draft(self._happening(entry, kind, told.subject, place, words, actor=told.actor), place))

    def _happening(
        self, entry: Entry, kind: NoticeKind, subject: str, place: Place, words: dict[str, str], *, actor: str = ""
    ) -> Happening:
        return Happening(
            event_id=f"{self._chain}:{entry.seq}",
            kind=kind,
            product_code=clean(place.product_code or "", 50),
            account_id=clean(place.account_id or "", 50),
            subject=clean(subject, _SUBJECT_LENGTH),
            actor=clean(actor, _NAME_LENGTH),
            params=clean_words(words),
            ts_event=entry.ts,
        )


def clean(text: str, length: int = _LONGEST) -> str:
    """Return text that stays on its line, cut to a length: no control characters, nothing that turns its direction."""
    return "".join(mark for mark in text if mark == " " or mark.isprintable())[:length]


def clean_words(words: Mapping[str, str]) -> dict[str, str]:
    """Return the words of a kind that say something, cleaned."""
    cleaned = {name: clean(word) for name, word in words.items()}
    return {name: word for name, word in cleaned.items() if word}


def _scope_name(told: _Scoped) -> str:
    return f"{told.scope} {told.key}" if told.key else told.scope


_INSTRUCTION: Final = msgspec.json.Decoder(_Instruction).decode
_ORDER: Final = msgspec.json.Decoder(_Order).decode
_TRADING_STATE: Final = msgspec.json.Decoder(_TradingState).decode
_LIMIT_WARNING: Final = msgspec.json.Decoder(_LimitWarning).decode
_SETTLEMENT: Final = msgspec.json.Decoder(_Settlement).decode
_ACT: Final = msgspec.json.Decoder(_Act).decode
_DIFFERENCE: Final = msgspec.json.Decoder(_Difference).decode
