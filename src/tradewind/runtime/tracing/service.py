"""Hears the order line and what led to it, and has its spans sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from tradewind.bus.desk_topics import FILLS, INSTRUCTIONS, ORDERS, REFUSED_ORDERS
from tradewind.bus.topics import OPPORTUNITIES
from tradewind.kernel.log import get_log
from tradewind.runtime.tracing.chains import Chains

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.ports import Bus, Subscription
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.runtime.tracing.chains import Span
    from tradewind.runtime.tracing.sending import Sender
    from tradewind.runtime.tracing.settings import TraceSettings

GROUP: Final = "trading"
_LOG = get_log("tracing")


class Tracing:
    """Runs under the supervisor as `tracing` where there is an order line and an endpoint."""

    name = "tracing"

    def __init__(self, settings: TraceSettings, *, bus: Bus, sender: Sender) -> None:
        self._endpoint, self._bus, self._sender = settings.endpoint, bus, sender
        self._chains = Chains(settings.max_open)
        self._ended: list[Span] = []
        """Spans that wait for the end of the present event."""

    async def run(self) -> None:
        """Hear until it is cancelled, then send what is left."""
        chains = self._chains
        subscriptions = [
            self._hear(OPPORTUNITIES, chains.opportunity),
            self._hear(INSTRUCTIONS, chains.instruction),
            self._hear(ORDERS, chains.order),
            self._hear(REFUSED_ORDERS, chains.refused),
            self._hear(FILLS, chains.fill),
        ]
        _LOG.info("tracing", endpoint=self._endpoint)
        try:
            await asyncio.Event().wait()
        finally:
            for subscription in subscriptions:
                subscription.cancel()
            self._send()
            await asyncio.to_thread(self._sender.close)

    def _hear(self, topic: object, follow: Callable[..., Span | None]) -> Subscription:
        def on_event(event: object) -> None:
            span = follow(event)
            if span is not None:
                if not self._ended:
                    asyncio.get_running_loop().call_soon(self._send)
                self._ended.append(span)

        return self._bus.subscribe(topic, on_event, group=GROUP)  # type: ignore[arg-type]  # each with its own event

    def _send(self) -> None:
        ended, self._ended = self._ended, []
        for span in ended:
            self._sender.send(self._chains.placed(span))


def build_tracing(settings: TradewindSettings, bus: Bus, *, service: str) -> list[Tracing]:
    """Return what traces the order line; nothing without an endpoint.

    Raises: ConfigError: there is an endpoint, and OpenTelemetry is not installed.
    """
    if not settings.traces.endpoint:
        return []
    from tradewind.runtime.tracing.sending import Sender  # noqa: PLC0415 - an optional library

    return [Tracing(settings.traces, bus=bus, sender=Sender(settings.traces, service=service))]
