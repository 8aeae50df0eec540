"""Follows what comes of what: opportunity → instruction → order → fill, each a span once it is over.

Pure: no clock, no library. A span's name in the tree is made of the kind and id of what it shows, a tree's of where it
began, so that the same event gives the same span wherever and whenever it is seen.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from tradewind.domain.instruction import InstructionStatus
from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.order import OrderStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.instruction import Instruction
    from tradewind.domain.opportunity import Opportunity
    from tradewind.domain.order import Fill, Order, RefusedOrder

T = TypeVar("T")
Value = str | int | float
_ENDED: Final = frozenset(
    {
        InstructionStatus.DONE,
        InstructionStatus.CLOSED,
        InstructionStatus.CANCELLED,
        InstructionStatus.REJECTED,
        InstructionStatus.EXPIRED,
    }
)
_FAILED: Final = frozenset({OrderStatus.REJECTED})
_MOST_STEPS: Final = 64
"""Steps of one span; a longer way shows its first ones."""


class Step(NamedTuple):
    """A moment within a span."""

    name: str
    ts: int


class Span(NamedTuple):
    """One stretch of the way, times in ns UTC; `parent_id` 0 where the tree begins."""

    name: str
    trace_id: int
    span_id: int
    parent_id: int
    begun: int
    ended: int
    facts: Mapping[str, Value]
    steps: tuple[Step, ...] = ()
    error: str = ""
    cause: str = ""
    """What led to it where that is no span by its kind: `Chains.placed` looks whether it is an opportunity."""


class Chains:
    """What is under way, bounded: of each kind the oldest is forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._opportunities: dict[str, list[Step]] = {}
        self._instructions: dict[str, tuple[str, list[Step]]] = {}
        """By id: where its tree began, and its steps."""
        self._orders: dict[str, list[Step]] = {}

    def opportunity(self, event: Opportunity) -> Span | None:
        """Follow a version of an opportunity; return its span with the last."""
        steps = self._kept(self._opportunities, event.opportunity_id, [])
        if not _add(steps, event.state, event.updated_at) or event.state is not OpportunityState.CLOSED:
            return None
        return Span(
            "opportunity",
            trace_of(event.opportunity_id),
            span_of("opportunity", event.opportunity_id),
            0,
            min((each.ts_event for each in event.contributions if each.ts_event), default=event.created_at),
            event.updated_at,
            {
                "tradewind.opportunity": event.opportunity_id,
                "tradewind.instrument": event.instrument_id,
                "tradewind.side": event.side,
                "tradewind.confidence": event.confidence,
                "tradewind.strategies": " ".join(each.strategy for each in event.contributions),
                "tradewind.cause": event.cause,
            },
            tuple(steps),
        )

    def instruction(self, event: Instruction) -> Span | None:
        """Follow a version of an instruction; return its span once nothing more comes of it."""
        root, steps = self._kept(self._instructions, event.instruction_id, (event.cause or event.instruction_id, []))
        if not _add(steps, event.status, event.updated_at) or event.status not in _ENDED:
            return None
        return Span(
            "instruction",
            trace_of(root),
            span_of("instruction", event.instruction_id),
            0,
            event.created_at,
            event.updated_at,
            {
                "tradewind.instruction": event.instruction_id,
                "tradewind.account": event.account_id,
                "tradewind.product": event.product_code,
                "tradewind.strategy": event.strategy,
                "tradewind.origin": event.origin,
                "tradewind.cause": event.cause,
                "tradewind.status": event.status,
            },
            tuple(steps),
            event.reason_code if event.status is InstructionStatus.REJECTED else "",
            event.cause,
        )

    def order(self, event: Order) -> Span | None:
        """Follow a version of an order; return its span once nothing more is expected of it."""
        steps = self._kept(self._orders, event.client_order_id, [])
        is_new = _add(steps, event.status, event.ts_event)
        if not event.is_final or not is_new:
            return None
        return self._order_span(event, tuple(steps))

    def refused(self, event: RefusedOrder) -> Span:
        """Return the span of an order that the gate let not pass."""
        request = event.order
        root, parent = self._origin(request.instruction_id, request.cause, request.client_order_id)
        codes = " ".join(each.code for each in event.refusals)
        facts = {"tradewind.order": request.client_order_id, "tradewind.instrument": request.instrument_id}
        return Span(
            "order refused",
            trace_of(root),
            span_of("order", request.client_order_id),
            parent,
            request.ts_event,
            event.ts_event,
            {**facts, "tradewind.refusals": codes},
            error=codes,
            cause=request.cause,
        )

    def fill(self, event: Fill) -> Span:
        """Return the span of a fill: a moment below its order."""
        order = event.client_order_id
        root, _ = self._origin(event.instruction_id, "", order or event.order_id)
        return Span(
            "fill",
            trace_of(root),
            span_of("fill", "/".join(map(str, event.key))),
            span_of("order", order) if order else 0,
            event.ts_event,
            event.ts_event,
            {
                "tradewind.order": order,
                "tradewind.instrument": event.instrument_id,
                "tradewind.lots": event.quantity,
                "tradewind.price": str(event.price),
            },
        )

    def _order_span(self, event: Order, steps: tuple[Step, ...]) -> Span:
        request = event.request
        root, parent = self._origin(request.instruction_id, request.cause, request.client_order_id)
        return Span(
            "order",
            trace_of(root),
            span_of("order", request.client_order_id),
            parent,
            request.ts_event,
            event.ts_event,
            {
                "tradewind.order": request.client_order_id,
                "tradewind.exchange_order": event.order_id,
                "tradewind.account": request.account_id,
                "tradewind.strategy": request.strategy,
                "tradewind.instrument": request.instrument_id,
                "tradewind.side": request.side,
                "tradewind.offset": request.offset,
                "tradewind.lots": request.quantity,
                "tradewind.filled": event.filled_quantity,
                "tradewind.status": event.status,
            },
            steps,
            event.reason_code if event.status in _FAILED else "",
            request.cause,
        )

    def placed(self, span: Span) -> Span:
        """Return a span below the opportunity it came of, if it did and stands below nothing nearer.

        Only later than the event that ended it: an opportunity may be heard after what it led to at once.
        """
        if span.parent_id or span.cause not in self._opportunities:
            return span
        return span._replace(parent_id=span_of("opportunity", span.cause))

    def _origin(self, instruction_id: str, cause: str, own: str) -> tuple[str, int]:
        """Return where the tree of an order began, and its instruction's span, 0 for an order without."""
        if not instruction_id:
            return cause or own, 0
        known = self._instructions.get(instruction_id)
        return instruction_id if known is None else known[0], span_of("instruction", instruction_id)

    def _kept(self, kept: dict[str, T], name: str, new: T) -> T:
        """Return what is kept under a name; something new makes room by forgetting the oldest."""
        if name not in kept:
            if len(kept) >= self._most:
                del kept[next(iter(kept))]
            kept[name] = new
        return kept[name]


def trace_of(root: str) -> int:
    """Return the id of the tree that began with this name: 128 bits, never 0."""
    return int.from_bytes(blake2b(root.encode(), digest_size=16).digest()) or 1


def span_of(kind: str, name: str) -> int:
    """Return the id of a span: 64 bits, never 0."""
    return int.from_bytes(blake2b(f"{kind}:{name}".encode(), digest_size=8).digest()) or 1


def _add(steps: list[Step], name: str, ts: int) -> bool:
    """Note a step; false where it is the one before said again."""
    if steps and steps[-1].name == name:
        return False
    if len(steps) < _MOST_STEPS:
        steps.append(Step(str(name), ts))
    return True
