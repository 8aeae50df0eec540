"""The execution room on the CTP broker: real child processes, a simulated front, a journal in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ctp_trading import DAY, CtpLife, CtpPlace
from desk_orders import make_approved, make_cancel
from tradewind.bus.desk_topics import APPROVED_ORDERS, CANCEL_REQUESTS, FILLS, JOURNALLED
from tradewind.bus.ordered import OrderedBus
from tradewind.bus.topics import Topic
from tradewind.domain.order import Fill
from tradewind.execution import ExecutionAlarm, ExecutionService, ExecutionSettings
from tradewind.kernel.metrics import Metrics
from tradewind.stores.memory import MemoryJournal
from tradewind.testing.ctp_front.front import CtpFronts

_QUICK = ExecutionSettings(
    unknown_after_s=1.0, lost_after_s=0.5, cancel_after_s=1.0, fills_after_s=0.5, query_after_s=3.0, busy_wait_s=0.05,
    reconcile_s=1.0,
)  # fmt: skip
_EVENTS = {topic.name: topic.event for topic in JOURNALLED}


class Room:
    """The execution room on a CTP broker; `again` ends its life and begins another from what was durable."""

    def __init__(self, at: CtpFronts | CtpPlace, folder: Path, *, accounts: int = 1) -> None:
        self._at = at
        self._folder = folder
        self._accounts = accounts
        self.fills: dict[Any, Fill] = {}
        self.alarms: list[ExecutionAlarm] = []
        self._entries: list[Any] = []
        self._begin()

    @property
    def fronts(self) -> CtpFronts:
        """The simulated fronts it is at."""
        assert isinstance(self._at, CtpFronts)
        return self._at

    def again(self) -> None:
        """Die without a word and begin anew."""
        self._entries = self.journal.durable_entries()
        self.end()
        self._begin()

    def end(self) -> None:
        """Die."""
        self.life.end()

    def approve(self, client_order_id: str, account_id: str = "a1", quantity: int = 2, **changes: Any) -> None:
        """Let an order pass the gate."""
        wanted = {"account_id": account_id, "quantity": quantity, "trading_day": DAY, **changes}
        self._publish(APPROVED_ORDERS, make_approved(client_order_id, **wanted))

    def cancel(self, client_order_id: str) -> None:
        """Ask an order back."""
        self._publish(CANCEL_REQUESTS, make_cancel(client_order_id))

    def status(self, client_order_id: str) -> str:
        """Return where an order stands."""
        order = self.service.queries.order(client_order_id)
        return "" if order is None else order.status.value

    @property
    def is_settled(self) -> bool:
        """True when all that is open is accounted for."""
        doubts = {"pending", "sent", "unknown"}
        state = self.service.queries.broker()
        return (
            state.is_connected
            and state.is_reconciled
            and not any(order.status.value in doubts for order in self.service.queries.working())
        )

    def settled(self) -> None:
        """Wait until nothing is in doubt."""
        self.life.until(lambda: self.is_settled)

    def _begin(self) -> None:
        self.life = CtpLife(self._at, self._folder, accounts=self._accounts)
        self.journal = MemoryJournal(self.life.clock, entries=self._entries)
        self.bus = OrderedBus(on_failure=_fail)
        self.bus.tap(self._hear)
        self.bus.subscribe(FILLS, self._count, group="test")
        self.service = ExecutionService(
            settings=_QUICK,
            bus=self.bus,
            clock=self.life.clock,
            metrics=Metrics(),
            broker=self.life.broker,
            journal=self.journal,
            on_alarm=self.alarms.append,
        )
        for entry in self.journal.read(0):
            self.service.apply(entry.kind, msgspec.json.decode(entry.payload, type=_EVENTS[entry.kind]))
        self.service.attach()
        self.service.resume()

    def _publish(self, topic: Topic[Any], event: object) -> None:
        self.bus.publisher(topic)(event)

    def _hear(self, topic: Topic[Any], event: object) -> None:
        if topic in JOURNALLED:
            self.journal.append(topic, event)

    def _count(self, fill: Fill) -> None:
        assert fill.key not in self.fills, "a fill was published twice"
        self.fills[fill.key] = fill


def _fail(topic: str, group: str, _event: object, error: Exception) -> None:
    message = f"{group} failed on {topic}"
    raise AssertionError(message) from error
