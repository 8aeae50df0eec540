"""The process of the order line, where each service has one: all its rooms, notices and chat, on the line from Redis.

Of several one works, whoever has the journal's lease; the others stand by and neither hear nor answer. Redis may be
away: the desk opens all the same, guards what it has, and stops when it is told to.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.api.ports import SourceInfo
from tradewind.bus.local import LocalBus
from tradewind.bus.redis.edge_bus import EdgeBus
from tradewind.bus.redis.edge_session import EdgeSession
from tradewind.bus.redis.keys import entry_id
from tradewind.bus.redis.places import Places
from tradewind.bus.redis.prompt import PromptAnswerer
from tradewind.bus.redis.requests import Answerer
from tradewind.bus.redis.room_streams import durable_key
from tradewind.bus.redis.writer import build_writer
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES
from tradewind.errors import ConfigError, TakenOverError
from tradewind.kernel.clock import LineClock, SystemClock, monotonic_s
from tradewind.runtime.desk.building import Desk
from tradewind.runtime.desk.copies import DeskCopies
from tradewind.runtime.desk.foyer import Foyer
from tradewind.runtime.desk.gauges import refresh_gauges
from tradewind.runtime.desk.people import PeopleRoom
from tradewind.runtime.desk.presence import Presence
from tradewind.runtime.desk.recovery import newest_of
from tradewind.runtime.desk.remote import STOP, desk_answers
from tradewind.runtime.elsewhere import system_answers
from tradewind.runtime.releases import roll_call, trouble_of
from tradewind.runtime.room_process import health_door
from tradewind.runtime.rooms import Facts, HandlerFailures
from tradewind.runtime.services import TRADING, row
from tradewind.runtime.signal_record import build_signal_record
from tradewind.runtime.source_words import describe_source
from tradewind.runtime.status import SystemStatus
from tradewind.runtime.tracing.service import build_tracing
from tradewind.stores.sql.opening import to_the_end

if TYPE_CHECKING:
    from tradewind.bus.redis.address import RedisAddress
    from tradewind.bus.redis.links import Links
    from tradewind.bus.topics import Topic
    from tradewind.kernel.metrics import Metrics
    from tradewind.kernel.service import Service
    from tradewind.runtime.desk.service import DeskService
    from tradewind.runtime.settings import TradewindSettings

_BEGINS_WITH: Final = 5_000
"""Entries of each stream that are read first: the newest price of what is held should be among them."""
_REMEMBERED: Final = 2_000
"""Entries of the record that are compared with what Redis tells."""
_LOOK_S: Final = 0.1
_BEAT_S: Final = 0.02


class DeskLinks:
    """How the process stands, for its health: with Redis, and with the journal that lets it work."""

    def __init__(self, links: Links, desk: DeskService) -> None:
        self._links = links
        self._desk = desk

    @property
    def state(self) -> str:
        """Return connected, standby, connecting, degraded or stopped."""
        if self._links.state != "connected" or self._desk.is_open:
            return self._links.state
        return "standby" if self._desk.is_standby else "degraded"

    @property
    def reason(self) -> str:
        """Return why it is not connected, or does not work."""
        return self._links.reason or (self._desk.trouble or "")

    @property
    def address(self) -> RedisAddress:
        """Return where Redis is."""
        return self._links.address

    @property
    def shards(self) -> tuple[int, ...]:
        """Every shard is heard."""
        return ()

    def positions(self) -> dict[str, str]:
        """Return the last entry read of each stream."""
        return self._links.positions()


class TradingProcess:
    """The parts, made and connected."""

    def __init__(self, settings: TradewindSettings, *, metrics: Metrics) -> None:
        """Raises: ConfigError: there is nothing to trade, or the settings do not work."""
        if not settings.is_trading:
            message = "there is no order line to run: trading.enabled is off, or market.source is replay"
            raise ConfigError(message)
        # An order does not wait for more quotes to come together.
        bus = msgspec.structs.replace(settings.bus, edge_pause_ms=0)
        facts, failures = Facts(settings), HandlerFailures(metrics)
        self._settings = settings
        self._clock = clock = LineClock(on_failure=failures.report_timer)
        writer = build_writer(bus, name=TRADING, metrics=metrics)
        self._ear = EdgeBus(
            row(TRADING).reads, settings=bus, metrics=metrics, writer=writer, on_failure=failures.report
        )
        self._session = session = EdgeSession(
            self._ear, edge=TRADING, settings=bus, metrics=metrics, writer=writer, begin_with=_BEGINS_WITH
        )
        self._roll = roll_call(TRADING, session.links, hears=True, is_told=True)
        line = LocalBus(on_failure=failures.report, on_hop=metrics.observe_hop)
        self._desk = desk = Desk(
            settings, line=line, clock=clock, metrics=metrics, instruments=facts.instruments, calendar=facts.calendar,
            releases=self._roll,
        )  # fmt: skip
        self._foyer = Foyer(self._ear, line, clock=clock, metrics=metrics)
        self._copies = DeskCopies(
            journal=desk.journal, writer=writer, session=session, metrics=metrics,
            most=settings.push.snapshot_events, most_live=settings.push.snapshot_keys,
        )  # fmt: skip
        self._ticks, opportunities = self._keys(CLEAN_TICKS), self._keys(OPPORTUNITIES)
        session.places = self._places = Places(TRADING, opportunities, writer=writer)
        self._is_ours, self._level = asyncio.Event(), asyncio.Event()
        self._redis_ms = self._redis_at_s = 0.0
        self._connect()
        self.status = self._status(metrics)
        self._people = PeopleRoom(
            settings, desk, calendar=facts.calendar, links=session.links, status=self.status, metrics=metrics
        )
        links = DeskLinks(session.links, desk.service)
        health = health_door(TRADING, settings, metrics=metrics, status=self.status, links=links)
        self.services: list[Service] = [
            self.status, health, session, self._roll, self._copies, self._answerer(), _Beat(self), desk.service,
            *self._people.services, *build_signal_record(settings, desk, metrics=metrics),
            *build_tracing(settings, desk.bus, service=TRADING),
        ]  # fmt: skip

    def attach(self) -> None:
        """Let the order line be heard, and hear."""
        self._copies.attach(self._desk.bus)
        self._foyer.attach()

    async def leave(self) -> None:
        """Take nothing more from the line; the desk closes by itself, and gives the journal back."""
        self._foyer.close()
        await self._roll.leave()

    def beat(self) -> None:
        """Let time go on, and note how far the line has been heard.

        Raises: TakenOverError: nothing will be recorded any more; only a new start helps.
        """
        self._foyer.move()
        journal = self._desk.journal
        if not self._desk.service.is_open:
            return
        if journal.has_ended:
            message = journal.failure or "the journal has ended"
            raise TakenOverError(message)
        if self._foyer.is_level:
            self._places.note(self._ear.cursors(), lambda call: journal.when_durable(journal.last_seq, call))

    def _connect(self) -> None:
        session, service = self._session, self._desk.service
        session.before_reading = self._until_ours
        session.on_reading = self._copies.want
        session.on_epoch = lambda _epoch: self._foyer.catch_up()
        self._ear.on_level = self._on_level
        self._foyer.is_memory_whole = lambda: self._places.is_known
        service.before_recovery = self._hear_the_line
        service.after_recovery = self._remember
        service.on_open = self._open

    def _status(self, metrics: Metrics) -> SystemStatus:
        settings, desk = self._settings, self._desk
        return SystemStatus(
            metrics=metrics,
            clock=SystemClock(),
            source=SourceInfo(settings.market.source, describe_source(settings)),
            desk_trouble=lambda: desk.service.trouble or self._copies.trouble or trouble_of(self._roll.mixture),
            mixture=lambda: self._roll.mixture,
            rows=(TRADING,),
            folder=Path(settings.data_dir),
            refresh=lambda: refresh_gauges(desk.rooms, metrics),
        )

    def _answerer(self) -> PromptAnswerer:
        links, service = self._session.links, self._desk.service
        answers = {
            **system_answers(self.status.system), **desk_answers(self._desk.office), **self._people.answers,
        }  # fmt: skip
        prompt = PromptAnswerer(
            Answerer(links.control.call, service=TRADING, answers=answers), TRADING, links,
            timeout_s=self._settings.bus.timeout_s, urgent=(STOP,),
        )  # fmt: skip
        prompt.speak_while(lambda: service.may_speak)
        return prompt

    def _keys(self, topic: Topic[Any]) -> tuple[bytes, ...]:
        shards = self._settings.bus.shards
        return tuple(durable_key(topic, shard, shards).encode() for shard in range(shards))

    async def _until_ours(self) -> None:
        """Wait, connected, until the journal is ours: a standby must not take what the other one hears."""
        links = self._session.links
        links.enter("connected", "")
        while not self._is_ours.is_set():
            await links.nap(_LOOK_S)
        # Who else runs is known before anything is decided.
        await self._roll.answer()
        self._foyer.catch_up()
        seconds, micros = await links.control.call("TIME")
        self._redis_ms, self._redis_at_s = int(seconds) * 1e3 + int(micros) / 1e3, monotonic_s()

    def _on_level(self) -> None:
        if not self._foyer.is_level:
            self._foyer.level(age_s=self._age_s())
            self._level.set()

    def _age_s(self) -> float | None:
        """Return how long ago the newest tick was written, by Redis' own clock."""
        cursors = self._ear.cursors()
        newest_ms = max(entry_id(cursors[key])[0] for key in self._ticks)
        if not newest_ms:
            return None
        return (self._redis_ms - newest_ms) / 1e3 + monotonic_s() - self._redis_at_s

    async def _hear_the_line(self) -> None:
        """Hear what is kept of the line before anything is decided; Redis may be away for long, so not for ever."""
        self._is_ours.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.bus.connect_s):
                await self._level.wait()
        self._foyer.begin_time(SystemClock().now_ns())

    async def _remember(self) -> None:
        """Let the copies know what happened before, as far as the rooms and the newest of the record tell."""
        rooms, copies = self._desk.rooms, self._copies
        copies.remember("orders", rooms.execution.queries.orders())
        copies.remember("instructions", rooms.instructions.desk.instructions())
        copies.remember("triggers", rooms.instructions.desk.triggers())
        copies.remember("plans", rooms.instructions.desk.plans())
        for topic, event in await to_the_end(lambda: newest_of(self._desk.journal, _REMEMBERED)):
            if topic in copies.copies:
                copies.remember(topic, (event,))
        copies.remember("trading_states", rooms.pretrade.queries.states())
        await self._people.remember(copies)

    def _open(self) -> None:
        Presence(Path(self._settings.data_dir)).show()
        self._copies.open()
        self._foyer.open()


class _Beat:
    """What has to be done every so often; a service (`kernel.service`)."""

    name = "beat"

    def __init__(self, process: TradingProcess) -> None:
        self._process = process

    async def run(self) -> None:
        """Beat until cancelled.

        Raises: TakenOverError: the process has to end.
        """
        while True:
            self._process.beat()
            await asyncio.sleep(_BEAT_S)
