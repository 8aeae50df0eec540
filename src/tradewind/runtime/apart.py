"""One service of the map in a process of its own, on Redis: a room, the market with its source, or an edge.

What is made here is what `embedded` makes, each alone: the same rooms by the same maker, another bus under them.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.api.ports import House, SourceInfo
from tradewind.api.service import ApiService
from tradewind.api.views import ApiViews
from tradewind.bus.redis.edge_bus import EdgeBus
from tradewind.bus.redis.edge_session import EdgeSession
from tradewind.bus.redis.keys import TRIAL_KEY
from tradewind.bus.redis.requests import Answerer, Asker
from tradewind.bus.redis.resp import payload_of
from tradewind.bus.redis.room_bus import RoomBus
from tradewind.bus.redis.room_session import RoomSession
from tradewind.bus.redis.writer import build_writer
from tradewind.bus.topics import TOPICS
from tradewind.errors import ConfigError
from tradewind.identity import IdentityService
from tradewind.kernel.clock import LineClock, SystemClock
from tradewind.kernel.ids import new_epoch
from tradewind.market.service import MarketService
from tradewind.market.trial import TrialTicks
from tradewind.push.service import PushService
from tradewind.quotes import QuotesService
from tradewind.quotes.ports import BusState
from tradewind.runtime.embedded import describe_source
from tradewind.runtime.gateway.health import gateway_health
from tradewind.runtime.gateway.places import push_url
from tradewind.runtime.health_door import HealthDoor
from tradewind.runtime.identity import access_tokens, build_identity
from tradewind.runtime.main_contract import MainContractDesk, RemoteSwitch, answers_of
from tradewind.runtime.rooms import Facts, HandlerFailures, RoomMaker
from tradewind.runtime.services import EDGES, row
from tradewind.runtime.status import SystemStatus
from tradewind.runtime.wiring import build_recorder, build_source, build_switch
from tradewind.strategies.service import StrategyFolderWatcher
from tradewind.ui.pages import StaticPages

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tradewind.bus.redis.links import Links
    from tradewind.domain.instrument import Instrument
    from tradewind.kernel.metrics import Metrics
    from tradewind.kernel.service import Service
    from tradewind.runtime.rooms import Room
    from tradewind.runtime.settings import TradewindSettings

_EDGE_BEGINS_WITH: Final = 2_000
"""Entries of each stream that an edge reads first, so that it knows the state of things."""


class OnceReady:
    """A service that begins when something else is ready, or when waiting has lasted for `patience_s`."""

    def __init__(
        self, service: Service, ready: Callable[[], Awaitable[None]], *, patience_s: float | None = None
    ) -> None:
        self.name = service.name
        self._service = service
        self._ready = ready
        self._patience_s = patience_s

    async def run(self) -> None:
        """Wait, then be the service."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                await self._ready()
        await self._service.run()


class SeenInstruments:
    """`api.ports.InstrumentQueries`: contracts of which quotes were heard, and the facts of any."""

    def __init__(self, facts: Facts, views: ApiViews) -> None:
        self._facts = facts
        self._views = views

    def all(self) -> Sequence[Instrument]:
        """Return the contracts of which quotes have come, in the order they appeared."""
        found = (self._facts.instruments.find(name) for name in self._views.instrument_ids())
        return [instrument for instrument in found if instrument is not None]

    def find(self, instrument_id: str) -> Instrument | None:
        """Return one contract, or `None` if no table knows it."""
        return self._facts.instruments.find(instrument_id)


class Elsewhere:
    """Answers of rooms that live in other processes: they are asked at their own doors."""

    def scorecards(self) -> Sequence[object]:
        """Return none: the market's process has them."""
        return []

    def strategies(self) -> Sequence[object]:
        """Return none: the strategies' process has them."""
        return []


class RoomProcess:
    """One room of the line, or the market with its source."""

    def __init__(self, name: str, settings: TradewindSettings, *, metrics: Metrics) -> None:
        """Raises: ConfigError: the settings do not work."""
        failures = HandlerFailures(metrics)
        clock = LineClock(on_failure=failures.report_timer)
        writer = build_writer(settings.bus, name=name, metrics=metrics)
        service = row(name)
        bus = RoomBus(
            name,
            reads=service.reads,
            writes=service.writes,
            clock=clock,
            settings=settings.bus,
            metrics=metrics,
            writer=writer,
            on_failure=failures.report,
        )
        self._session = RoomSession(bus, settings=settings.bus, metrics=metrics, writer=writer)
        self._rooms: list[Room] = []
        facts = Facts(settings)
        make = RoomMaker(settings, facts=facts, bus=bus, clock=clock, metrics=metrics)
        self.status = SystemStatus(
            metrics=metrics,
            clock=SystemClock(),
            source=SourceInfo(settings.market.source, describe_source(settings)),
            rows=(name,),
        )
        health = _health_door(name, settings, metrics=metrics, status=self.status, links=self._session.links)
        self.services: list[Service] = [self.status, health, self._session]
        if name == "market":
            line = make.market()
            is_live = settings.market.source != "replay"
            trial = TrialTicks(bus=bus, line_clock=clock, clock=SystemClock(), is_live=is_live)
            bus.listen(TRIAL_KEY, lambda entries: _send_trials(trial, entries))
            self._session.on_last_ticks = line.cleaner.resume
            source = build_source(settings, facts, metrics=metrics)
            recorder = build_recorder(settings, facts, source=source, metrics=metrics)
            switch = build_switch(settings, facts, source, clock=clock, keys=bus.mirrors)
            market = MarketService(source=source, line=line, recorder=recorder, before=switch.begin)
            answerer = Answerer(self._session.links.control.call, service=name, answers=answers_of(switch))
            # A standby must not play the market, nor speak for it.
            ready = self._session.wait_working
            self.services += [OnceReady(market, ready), OnceReady(answerer, ready)]
        elif name == "strategies":
            strategies = make.strategies()
            strategies.load_trial()
            self._rooms.append(strategies)
            self.services.append(StrategyFolderWatcher(settings=settings.strategies, service=strategies))
        else:
            self._rooms.append(getattr(make, name)())

    def attach(self) -> None:
        """Let the room follow the line."""
        for room in self._rooms:
            room.attach()

    async def leave(self) -> None:
        """Give the room to whoever stands by."""
        for room in self._rooms:
            room.detach()
        await self._session.leave()


class EdgeProcess:
    """Push, api or the quotes port, hearing the line over Redis."""

    def __init__(self, name: str, settings: TradewindSettings, *, metrics: Metrics) -> None:
        """Raises: ConfigError: the settings do not work."""
        self._settings = settings = with_service_ports(settings)
        self._metrics = metrics
        failures = HandlerFailures(metrics)
        writer = build_writer(settings.bus, name=name, metrics=metrics)
        self._bus = EdgeBus(
            row(name).reads, settings=settings.bus, metrics=metrics, writer=writer, on_failure=failures.report,
            hears_trials=name == "push",
        )  # fmt: skip
        self._session = EdgeSession(
            self._bus, edge=name, settings=settings.bus, metrics=metrics, writer=writer, begin_with=_EDGE_BEGINS_WITH
        )
        place = self._session.links.address.shown
        self.status = SystemStatus(
            metrics=metrics, clock=SystemClock(), source=SourceInfo("redis", place), rows=(name,)
        )
        self._tokens = access_tokens(settings)
        self._sessions, self._gate = build_identity(
            settings, metrics=metrics, tokens=self._tokens, is_owner=name == "api"
        )
        self.services: list[Service] = [self.status, self._session]
        if name != "api":
            links = self._session.links
            self.services.append(_health_door(name, settings, metrics=metrics, status=self.status, links=links))
        make: dict[str, Callable[[], PushService | ApiViews | QuotesService]]
        make = {"push": self._push, "quotes": self._quotes, "api": self._api}
        self._edge = make[name]()

    def attach(self) -> None:
        """Let the edge hear the line."""
        self._edge.attach()

    async def leave(self) -> None:
        """Stop hearing it."""
        self._edge.detach()

    def _push(self) -> PushService:
        push = PushService(
            settings=self._settings.push,
            bus=self._bus,
            metrics=self._metrics,
            gate=self._gate,
            epoch=new_epoch(),
            system_status=self.status.system,
        )
        self._bus.on_position = push.stand_at
        for topic, (may, take) in push.skimmers().items():
            self._bus.skim(TOPICS[topic], may, take)
        self._session.on_epoch = push.begin_epoch
        self._follow_sign_ins(push)
        # Who resumes must find the streams' offsets; without Redis clients are served what there is: nothing new.
        self.services.append(OnceReady(push, self._session.wait_ready, patience_s=self._settings.bus.connect_s))
        return push

    def _quotes(self) -> QuotesService:
        links = self._session.links
        quotes = QuotesService(
            settings=self._settings.quotes,
            api=self._settings.api,
            bus=self._bus,
            metrics=self._metrics,
            gate=self._gate,
            contracts=Facts(self._settings).instruments,
            bus_state=lambda: BusState("redis", links.state == "connected"),
        )
        self._follow_sign_ins(quotes)
        self.services.append(quotes)
        return quotes

    def _api(self) -> ApiViews:
        views = ApiViews(bus=self._bus, settings=self._settings.api, metrics=self._metrics)
        elsewhere, facts = Elsewhere(), Facts(self._settings)
        house = House(
            gate=self._gate,
            sessions=self._sessions,
            instruments=SeenInstruments(facts, views),
            quality=elsewhere,
            strategies=elsewhere,
            push_port=self._settings.push.port,
            push_url=push_url(self._settings),
            reconnect_tries=self._settings.api.reconnect_tries,
            system=self.status,
            metrics=self._metrics,
            main_contract=_main_contract(self._settings, facts, views=views, links=self._session.links),
            gateway=gateway_health(self._settings),
            prometheus=self.status.prometheus,
        )
        api = ApiService(settings=self._settings.api, views=views, house=house, pages=StaticPages())
        self.services += [IdentityService(sessions=self._sessions, tokens=self._tokens), api]
        return views

    def _follow_sign_ins(self, edge: PushService | QuotesService) -> None:
        """Close connections when their session ends at the api, or their token is replaced."""
        self._sessions.on_ended = edge.close_session
        self.services.append(
            IdentityService(
                sessions=self._sessions,
                tokens=self._tokens,
                open_pages=edge.session_ids,
                on_token_replaced=edge.close_session,
            )
        )


def _send_trials(trial: TrialTicks, entries: list[Any]) -> None:
    """Send what was asked for on the stream of requests: `payload` is the number of the test tick."""
    for _, fields in entries:
        payload = payload_of(fields) or b""
        if payload.isdigit():
            trial.send(int(payload))


def _main_contract(settings: TradewindSettings, facts: Facts, *, views: ApiViews, links: Links) -> MainContractDesk:
    """Return the main contract as this edge sees it: the market's process has it, and is asked."""
    asker = Asker(links.control.call, service="market", wait_s=settings.bus.timeout_s)
    return MainContractDesk(RemoteSwitch(asker), instruments=facts.instruments, quotes=views.ticks)


def _health_door(
    name: str, settings: TradewindSettings, *, metrics: Metrics, status: SystemStatus, links: Links
) -> HealthDoor:
    place = (settings.services.host, settings.services.health_port(name))
    _, gate = build_identity(
        settings, metrics=metrics, tokens=access_tokens(settings), is_owner=False, other_door=place
    )
    return HealthDoor(name, settings=settings.services, gate=gate, status=status, links=links)


def with_service_ports(settings: TradewindSettings) -> TradewindSettings:
    """Return the settings with the ports that each service has where it runs alone."""
    return msgspec.structs.replace(
        settings,
        api=msgspec.structs.replace(settings.api, port=settings.services.api_port),
        push=msgspec.structs.replace(settings.push, port=settings.services.push_port),
        quotes=msgspec.structs.replace(settings.quotes, enabled=True),
    )


def build_apart(name: str, settings: TradewindSettings, *, metrics: Metrics) -> RoomProcess | EdgeProcess:
    """Return the parts of one service's process.

    Raises: ConfigError: the bus is inside one process, or the settings do not work.
    """
    if settings.bus.kind != "redis":
        message = (
            f"`tradewind run {name}` runs one service alone and needs bus.kind=redis, was {settings.bus.kind};"
            " set TRADEWIND_BUS__KIND=redis and bus.url, or use `tradewind run` for all in one process"
        )
        raise ConfigError(message)
    if settings.bus.shards != 1:
        message = (
            f"bus.shards must be 1 where rooms run apart, was {settings.bus.shards}: the line is one stream of ticks;"
            " only groups of your own may split theirs"
        )
        raise ConfigError(message)
    make: type[RoomProcess | EdgeProcess] = EdgeProcess if name in EDGES else RoomProcess
    return make(name, settings, metrics=metrics)
