"""Under which names orders go: ours, this or an earlier session's reference, and the exchange's number.

A reference is FrontID.SessionID.OrderRef and lives in the journal; an OrderRef is never used again, in no session. The
exchange's number is compared without its blanks and sent back with them, exactly as it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradewind.domain.order import Order

_LARGEST: Final = 999_999_999_999
"""OrderRef has room for twelve digits."""


class Reference(NamedTuple):
    """What CTP calls an order before its exchange does."""

    front_id: int
    session_id: int
    order_ref: int

    def __str__(self) -> str:
        """Write it as the journal keeps it."""
        return f"{self.front_id}.{self.session_id}.{self.order_ref}"


def read_reference(text: str) -> Reference | None:
    """Return what `str(reference)` wrote, `None` for anything else."""
    parts = text.split(".")
    if len(parts) != len(Reference._fields) or not all(part.lstrip("-").isdecimal() for part in parts):
        return None
    return Reference(*map(int, parts))


class Register:
    """Every name of every order of one account."""

    def __init__(self) -> None:
        self._by_reference: dict[Reference, str] = {}
        self._by_number: dict[tuple[str, str], str] = {}
        self._raw: dict[tuple[str, str], str] = {}
        self._last_ref = 0
        self._last_sent = 0
        self.front_id = 0
        self.session_id = 0
        self.sent: dict[str, None] = {}
        """Orders that were handed over once: never again."""

    def know(self, orders: Iterable[Order]) -> None:
        """Take in the orders of earlier lives."""
        for order in orders:
            reference = read_reference(order.broker_ref)
            if reference is not None:
                self._by_reference[reference] = order.client_order_id
                self._last_ref = max(self._last_ref, reference.order_ref)
            if order.order_id:
                exchange = order.request.instrument_id.rpartition(".")[2]
                self._by_number[exchange, order.order_id] = order.client_order_id
            self.sent[order.client_order_id] = None

    def enter(self, front_id: int, session_id: int, max_order_ref: str) -> None:
        """Begin a session, with the largest OrderRef the front knows."""
        self.front_id, self.session_id = front_id, session_id
        known = max_order_ref.strip()
        self._last_ref = max(self._last_ref, int(known) if known.isdecimal() else 0)
        self._last_sent = self._last_ref

    def new_reference(self) -> str:
        """Return the next reference of this session, "" where there is no session."""
        if not self.session_id and not self.front_id:
            return ""
        if self._last_ref >= _LARGEST:
            return ""
        self._last_ref += 1
        return str(Reference(self.front_id, self.session_id, self._last_ref))

    def usable(self, text: str) -> Reference | None:
        """Return a reference if an order may go out under it: of this session, and beyond all that went before."""
        reference = read_reference(text)
        if reference is None or reference[:2] != (self.front_id, self.session_id):
            return None
        return reference if reference.order_ref > self._last_sent else None

    def send(self, reference: Reference, client_order_id: str) -> None:
        """Note that an order goes out."""
        self._by_reference[reference] = client_order_id
        self._last_sent = reference.order_ref
        self.sent[client_order_id] = None

    def of_order(self, row: Mapping[str, Any]) -> str:
        """Return whose an order of CTP's is, "" for another program's; learn its number."""
        reference, number = _reference_of(row), _number_of(row)
        client_order_id = "" if reference is None else self._by_reference.get(reference, "")
        if not number[1]:
            return client_order_id
        self._raw[number] = row["OrderSysID"]
        if client_order_id:
            self._by_number[number] = client_order_id
        return client_order_id or self._by_number.get(number, "")

    def of_trade(self, row: Mapping[str, Any]) -> str:
        """Return whose a trade is, "" where that is not known; its reference says no session."""
        return self._by_number.get(_number_of(row), "")

    def find(self, row: Mapping[str, Any]) -> str:
        """Return whose order a row is about, learning nothing from it; "" where that is not known."""
        reference = _reference_of(row)
        by_reference = "" if reference is None else self._by_reference.get(reference, "")
        return by_reference or self._by_number.get(_number_of(row), "")

    def of_session(self, order_ref: str) -> str:
        """Return the order that went out in this session under an OrderRef, "" for none."""
        known = order_ref.strip()
        if not known.isdecimal():
            return ""
        return self._by_reference.get(Reference(self.front_id, self.session_id, int(known)), "")

    def cancel_key(self, order: Order) -> dict[str, object] | None:
        """Return what names an order in a cancel, the exchange's number before ours; `None` where nothing does."""
        exchange = order.request.instrument_id.rpartition(".")[2]
        if order.order_id:
            return {"OrderSysID": self._raw.get((exchange, order.order_id), order.order_id)}
        reference = read_reference(order.broker_ref)
        if reference is None:
            return None
        return {
            "FrontID": reference.front_id,
            "SessionID": reference.session_id,
            "OrderRef": str(reference.order_ref),
        }


def _reference_of(row: Mapping[str, Any]) -> Reference | None:
    order_ref = str(row.get("OrderRef", "")).strip()
    if not order_ref.isdecimal() or "FrontID" not in row:
        return None
    return Reference(row["FrontID"], row["SessionID"], int(order_ref))


def _number_of(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["ExchangeID"].strip(), row["OrderSysID"].strip()
