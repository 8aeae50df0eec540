"""The control server as a process of its own, of which several may share one fleet through the store.

What changes is copied to Redis for whoever shows it. Redis may be away: modules are served all the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tradewind.api.ports import SourceInfo
from tradewind.bus.codec import build_codec
from tradewind.bus.fleet_topics import MODULES
from tradewind.bus.redis.edge_bus import EdgeBus
from tradewind.bus.redis.edge_session import EdgeSession
from tradewind.bus.redis.requests import Answerer
from tradewind.bus.redis.resp import command
from tradewind.bus.redis.room_streams import durable_key
from tradewind.bus.redis.writer import build_writer
from tradewind.kernel.clock import SystemClock
from tradewind.runtime.control import build_control, fleet_answers
from tradewind.runtime.elsewhere import system_answers
from tradewind.runtime.identity import IdentityRoom, access_tokens
from tradewind.runtime.once_ready import KNOWN_S, OnceReady
from tradewind.runtime.releases import roll_call
from tradewind.runtime.room_process import health_door
from tradewind.runtime.rooms import HandlerFailures
from tradewind.runtime.services import CONTROL
from tradewind.runtime.source_words import describe_source
from tradewind.runtime.status import SystemStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.topics import Topic
    from tradewind.kernel.metrics import Metrics
    from tradewind.kernel.service import Service
    from tradewind.runtime.settings import TradewindSettings

E = TypeVar("E")
_KEPT: Final = 8_000
"""Entries that a stream keeps at least."""
_ANEW: Final = 2_000
"""Entries after which every module of this server is told again, so that all of them are always kept."""


class FleetCopies:
    """What a process that only tells has for a bus: each event goes to its stream."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._modules: dict[str, Any] = {}
        self._written = 0

    def publisher(self, topic: Topic[E]) -> Callable[[E], None]:
        """Return what writes one event of a topic."""
        key, encode = durable_key(topic, 0, 1), build_codec(topic, "json").encode

        def put(event: E) -> None:
            self._writer.lasting(command("XADD", key, "MAXLEN", "~", _KEPT, "*", "payload", encode(event)))

        def publish(event: E) -> None:
            put(event)
            if topic.name != MODULES.name:
                return
            module: Any = event
            self._modules[module.module_id] = module
            self._written += 1
            if self._written >= max(_ANEW, 2 * len(self._modules)):
                self._written = 0
                for each in self._modules.values():
                    put(each)

        return publish


class ControlProcess:
    """The parts, made and connected."""

    def __init__(self, settings: TradewindSettings, *, metrics: Metrics) -> None:
        """Raises: ConfigError: the settings do not work."""
        writer = build_writer(settings.bus, name=CONTROL, metrics=metrics)
        failures = HandlerFailures(metrics)
        ear = EdgeBus((), settings=settings.bus, metrics=metrics, writer=writer, on_failure=failures.report)
        session = EdgeSession(ear, edge=CONTROL, settings=settings.bus, metrics=metrics, writer=writer, begin_with=0)
        door = (settings.control.host, settings.control.port)
        room = IdentityRoom(settings, metrics=metrics, tokens=access_tokens(settings), other_door=door)
        identity = room.follow()
        self.control = build_control(settings, bus=FleetCopies(writer), gate=room.gate, metrics=metrics)
        self.status = SystemStatus(
            metrics=metrics,
            clock=SystemClock(),
            source=SourceInfo(settings.market.source, describe_source(settings)),
            rows=(CONTROL,),
            folder=Path(settings.data_dir),
        )
        answers = {**system_answers(self.status.system), **fleet_answers(self.control.office)}
        links = session.links
        self._roll = roll_call(CONTROL, links)
        self.services: list[Service] = [
            self.status,
            self._roll,
            health_door(CONTROL, settings, metrics=metrics, status=self.status, links=links),
            session,
            identity,
            Answerer(links.control.call, service=CONTROL, answers=answers),
            OnceReady(self.control, identity.wait_known, patience_s=KNOWN_S),
        ]

    def attach(self) -> None:
        """Nothing of the line is heard here."""

    async def leave(self) -> None:
        """Nothing is to be given back but our name: whoever is left takes over what is in the store."""
        await self._roll.leave()
