"""One Engine.IO session from its handshake on, over however many requests: who it is, and what is heard from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.push.budget import CommandBudget
from tradewind.quotes.events import Refusal
from tradewind.quotes.sieve import UPGRADE, is_event, judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.access import Admitted
    from tradewind.quotes.client import Client
    from tradewind.quotes.ports import Wire
    from tradewind.quotes.settings import QuotesSettings


class Conversation:
    """Listens before the protocol library does."""

    __slots__ = ("_budget", "_count_refused", "_max_bytes", "_now_s", "_offered", "admitted", "client", "is_over")

    def __init__(
        self,
        admitted: Admitted,
        *,
        settings: QuotesSettings,
        now_s: Callable[[], float],
        count_refused: Callable[[str], None],
        wire: Wire | None = None,
    ) -> None:
        """Take the WebSocket of the handshake, if it was one."""
        self.admitted = admitted
        self.client: Client | None = None
        self.is_over = False
        """True once too much was said: nothing more is heard."""
        self._budget = CommandBudget(settings.events_per_minute, now_s())
        self._max_bytes = settings.event_bytes
        self._now_s = now_s
        self._count_refused = count_refused
        self._offered = wire

    @property
    def wire(self) -> Wire | None:
        """Return the WebSocket, if there is one by now."""
        return self._offered

    def hears(self, packet: str | bytes, wire: Wire | None = None) -> bool:
        """Say whether the library may have this packet, which came over `wire` or by long polling."""
        if self.is_over:
            return False
        if not self._budget.take(self._now_s()):
            self.is_over = True
            self.refuse(Refusal("too_many_events", "too many events a minute; the connection ends here"))
            return False
        client = self.client
        refusal = judge(packet, is_connected=client is not None, max_bytes=self._max_bytes)
        if refusal is not None:
            self.refuse(refusal)
            return False
        if packet == UPGRADE and wire is not None:
            self._offered = wire
            if client is not None:
                client.use_wire(wire)
        elif client is not None and self._offered is not None and isinstance(packet, str) and is_event(packet):
            # Whoever sends an event has had our answer to its connect: from here on nothing can overtake it.
            client.use_wire(self._offered)
        return True

    def refuse(self, refusal: Refusal) -> None:
        """Count what is not carried out, and say so to a client that is there to hear it."""
        self._count_refused(refusal.code)
        if self.client is not None:
            self.client.say("error", refusal)
