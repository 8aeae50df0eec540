"""What every edge has that hears the line over Redis, in a process of its own: its bus, its people, its neighbours."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import msgspec

from tradewind.api.ports import SourceInfo
from tradewind.bus.redis.edge_bus import EdgeBus
from tradewind.bus.redis.edge_session import EdgeSession
from tradewind.bus.redis.requests import Answerer, Asker
from tradewind.bus.redis.writer import build_writer
from tradewind.kernel.clock import SystemClock
from tradewind.runtime.elsewhere import system_answers
from tradewind.runtime.identity import IdentityRoom, access_tokens
from tradewind.runtime.neighbours import Neighbours
from tradewind.runtime.releases import roll_call
from tradewind.runtime.room_process import health_door
from tradewind.runtime.rooms import HandlerFailures
from tradewind.runtime.services import CONTROL, ROWS, TRADING, row
from tradewind.runtime.source_words import describe_source
from tradewind.runtime.status import SystemStatus

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tradewind.bus.redis.passages import Passages
    from tradewind.kernel.metrics import Metrics
    from tradewind.kernel.service import Service
    from tradewind.push.service import PushService
    from tradewind.quotes.service import QuotesService
    from tradewind.runtime.settings import TradewindSettings

_EDGE_BEGINS_WITH: Final = 2_000
"""Entries of each stream that an edge reads first, so that it knows the state of things."""


class Hearer(Protocol):
    """What hears the line in an edge."""

    def attach(self) -> None:
        """Begin to hear."""
        ...

    def detach(self) -> None:
        """Hear no more."""
        ...


Heard = TypeVar("Heard", bound=Hearer)


class EdgeProcess(Generic[Heard]):
    """An edge alone; each kind makes what hears the line in `_make`."""

    def __init__(
        self, name: str, settings: TradewindSettings, *, metrics: Metrics, passages: Passages | None = None
    ) -> None:
        """Raises: ConfigError: the settings do not work."""
        self._settings = settings = with_service_ports(settings)
        self.is_leaving = False
        self._metrics = metrics
        failures = HandlerFailures(metrics)
        writer = build_writer(settings.bus, name=name, metrics=metrics)
        self._bus = EdgeBus(
            row(name).reads, settings=settings.bus, metrics=metrics, writer=writer, on_failure=failures.report,
            hears_trials=name == "push", edge=name,
        )  # fmt: skip
        self._session = EdgeSession(
            self._bus, edge=name, settings=settings.bus, metrics=metrics, writer=writer, begin_with=_EDGE_BEGINS_WITH,
            passages=passages,
        )  # fmt: skip
        self._roll = roll_call(name, self._session.links, hears=True)
        source = SourceInfo(settings.market.source, describe_source(settings))
        self.status = SystemStatus(
            metrics=metrics, clock=SystemClock(), source=source, rows=(name,), folder=Path(settings.data_dir),
            certificate=settings.gateway.certificate if name == "api" else "", mixture=lambda: self._roll.mixture,
        )  # fmt: skip
        self._whole = self._neighbours(name)
        self._identity = IdentityRoom(settings, metrics=metrics, tokens=access_tokens(settings))
        self.services: list[Service] = [self.status, self._session, self._roll]
        if name != "api":
            links = self._session.links
            self.services.append(
                health_door(name, settings, metrics=metrics, status=self.status, links=links, is_leaving=self._leaves)
            )
        self._edge = self._make()
        call = self._session.links.control.call
        self.services.append(Answerer(call, service=name, answers=system_answers(self.status.system)))

    def attach(self) -> None:
        """Let the edge hear the line."""
        self._edge.attach()

    async def leave(self) -> None:
        """Say that we are not ready, see those off who are served, and stop hearing the line."""
        self.is_leaving = True
        await self._see_off()
        self._edge.detach()
        await self._roll.leave()

    async def break_off(self) -> None:
        """Hear the line no more: all of it begins anew, and so does what is told here."""
        self._edge.detach()
        await self._roll.leave()

    async def _see_off(self) -> None:
        """Serve for a little longer: who routes to us must hear first that it is to route elsewhere."""
        await asyncio.sleep(self._settings.services.settle_s)

    def _leaves(self) -> bool:
        return self.is_leaving

    def _make(self) -> Heard:
        """Return what hears the line, its services told to `services`."""
        raise NotImplementedError

    def _asker(self, service: str, *, patience_s: float = 0.0) -> Asker:
        call, wait_s = self._session.links.control.call, self._settings.services.ask_s
        return Asker(call, service=service, wait_s=wait_s, patience_s=patience_s)

    def _neighbours(self, own: str) -> Neighbours:
        expected = {"market", "api", "push", *self._settings.rooms, *([TRADING] if self._settings.is_trading else [])}
        expected |= {CONTROL} if self._settings.control.enabled else set()
        askers = {name: self._asker(name) for name in ROWS if name != own}
        return Neighbours(own, self.status, askers=askers, optional=askers.keys() - expected)

    def _follow_sign_ins(self, edge: PushService | QuotesService) -> Callable[[], Awaitable[None]]:
        """Close connections whose session ends or whose token is replaced; let others go on with the rights of now.

        Returns what waits until users are known.
        """
        follow = self._identity.follow(
            open_pages=edge.session_ids,
            close_connections=edge.close_session,
            on_rights_changed=edge.rights_changed,
        )
        self.services.append(follow)
        return follow.wait_known


def with_service_ports(settings: TradewindSettings) -> TradewindSettings:
    """Return the settings with the ports that each service has where it runs alone."""
    return msgspec.structs.replace(
        settings,
        api=msgspec.structs.replace(settings.api, port=settings.services.api_port),
        push=msgspec.structs.replace(settings.push, port=settings.services.push_port),
        quotes=msgspec.structs.replace(settings.quotes, enabled=True),
    )
