"""One service of the map in a process of its own, on Redis: a room, the market with its source, or an edge.

What is made here is what `embedded` makes, each alone: the same rooms by the same maker, another bus under them.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.api.ports import House, SourceInfo
from tradewind.api.service import ApiService
from tradewind.api.views import ApiViews
from tradewind.bus.redis.answer_cache import AnswerCache
from tradewind.bus.redis.edge_bus import EdgeBus
from tradewind.bus.redis.edge_session import EdgeSession
from tradewind.bus.redis.prompt import Mailbox
from tradewind.bus.redis.requests import Answerer, Asker
from tradewind.bus.redis.room_bus import MARKET
from tradewind.bus.redis.writer import build_writer
from tradewind.bus.topics import TOPICS
from tradewind.errors import ConfigError
from tradewind.kernel.clock import SystemClock
from tradewind.kernel.ids import new_epoch
from tradewind.pretrade.files import HaltFiles
from tradewind.push.service import PushService
from tradewind.quotes import QuotesService
from tradewind.quotes.ports import BusState
from tradewind.runtime.contracts import contract_list
from tradewind.runtime.control import RemoteFleet
from tradewind.runtime.control_process import ControlProcess
from tradewind.runtime.databases import DatabaseGuard, database_router
from tradewind.runtime.desk.people import RemotePeople
from tradewind.runtime.desk.presence import Presence
from tradewind.runtime.desk.remote import DURABLE_S, RemoteDesk
from tradewind.runtime.elsewhere import (
    RemoteFeed,
    RemoteReplay,
    RemoteScorecards,
    RemoteStrategies,
    RemoteTests,
    system_answers,
)
from tradewind.runtime.embedded import describe_source
from tradewind.runtime.gateway.health import gateway_health
from tradewind.runtime.gateway.places import push_url
from tradewind.runtime.health_door import OwnHealth
from tradewind.runtime.identity import IdentityRoom, access_tokens
from tradewind.runtime.main_contract import MainContractDesk, RemoteSwitch
from tradewind.runtime.neighbours import Neighbours
from tradewind.runtime.once_ready import KNOWN_S, OnceReady
from tradewind.runtime.room_process import RoomProcess, SplitRoomProcess, health_door
from tradewind.runtime.rooms import Facts, HandlerFailures
from tradewind.runtime.services import CONTROL, EDGES, ROWS, TRADING, row
from tradewind.runtime.status import SystemStatus
from tradewind.ui.pages import StaticPages

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tradewind.bus.redis.links import Links
    from tradewind.domain.instrument import Instrument
    from tradewind.kernel.metrics import Metrics
    from tradewind.kernel.service import Service
    from tradewind.runtime.desk.process import TradingProcess
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.asking import Records

_EDGE_BEGINS_WITH: Final = 2_000
"""Entries of each stream that an edge reads first, so that it knows the state of things."""


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
        source = SourceInfo(settings.market.source, describe_source(settings))
        self.status = SystemStatus(metrics=metrics, clock=SystemClock(), source=source, rows=(name,))
        self._whole = self._neighbours(name)
        self._identity = IdentityRoom(settings, metrics=metrics, tokens=access_tokens(settings))
        self.services: list[Service] = [self.status, self._session]
        if name != "api":
            links = self._session.links
            self.services.append(health_door(name, settings, metrics=metrics, status=self.status, links=links))
        make: dict[str, Callable[[], PushService | ApiViews | QuotesService]]
        make = {"push": self._push, "quotes": self._quotes, "api": self._api}
        self._edge = make[name]()
        call = self._session.links.control.call
        self.services.append(Answerer(call, service=name, answers=system_answers(self.status.system)))

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
            gate=self._identity.gate,
            epoch=new_epoch(),
            system_status=self._whole.system,
            port_setting="services.push_port",
        )
        self.services.append(self._whole)
        for topic, (may, take) in push.skimmers().items():
            self._bus.skim(TOPICS[topic], may, take)
        if self._settings.bus.shards == 1:
            self._bus.on_position = push.stand_at
            self._session.on_epoch = push.begin_epoch
        else:
            # Shards are heard in an order of this process' own, so its offsets mean nothing to another one.
            own = new_epoch()
            self._session.on_epoch = lambda epoch: push.begin_epoch(f"{epoch}.{own}")
        known = self._follow_sign_ins(push)
        # Who resumes must find the streams' offsets; without Redis clients are served what there is: nothing new.
        ready = OnceReady(push, self._session.wait_ready, patience_s=self._settings.bus.connect_s)
        self.services.append(OnceReady(ready, known, patience_s=KNOWN_S))
        return push

    def _quotes(self) -> QuotesService:
        links = self._session.links
        quotes = QuotesService(
            settings=self._settings.quotes,
            api=self._settings.api,
            bus=self._bus,
            metrics=self._metrics,
            gate=self._identity.gate,
            contracts=Facts(self._settings).instruments,
            tests=RemoteTests(self._asker("market")),
            bus_state=lambda: BusState("redis", links.state == "connected"),
        )
        known = self._follow_sign_ins(quotes)
        self.services.append(OnceReady(quotes, known, patience_s=KNOWN_S))
        return quotes

    def _api(self) -> ApiViews:
        views = ApiViews(bus=self._bus, settings=self._settings.api, metrics=self._metrics)
        facts, market = Facts(self._settings), self._asker("market")
        desk, records, people = self._trading()
        kind = self._settings.market.source
        databases = database_router(self._settings)
        if databases is not None:
            self.services.append(DatabaseGuard(databases))
        identity = self._identity.follow()
        reception, office, watch = self._identity.served(identity)
        house = House(
            gate=self._identity.gate,
            sessions=self._identity.sessions,
            reception=reception,
            identity=office,
            instruments=SeenInstruments(facts, views),
            contracts=contract_list(self._settings, facts.instruments, databases=databases, cache=self._answer_cache()),
            quality=RemoteScorecards(market),
            strategies=RemoteStrategies(self._asker("strategies")),
            tests=RemoteTests(market),
            desk=desk,
            records=records,
            people=people,
            fleet=RemoteFleet(self._asker(CONTROL, patience_s=DURABLE_S)) if self._settings.control.enabled else None,
            feed=RemoteFeed(market) if kind in {"zeromq", "sql_monitor", "infoway", "ctp"} else None,
            replay=RemoteReplay(market) if kind == "replay" else None,
            push_port=self._settings.push.port,
            push_url=push_url(self._settings),
            own_port=self._settings.api.port,
            reconnect_tries=self._settings.api.reconnect_tries,
            system=self._whole,
            metrics=self._metrics,
            main_contract=_main_contract(self._settings, facts, views=views, links=self._session.links),
            health=OwnHealth("api", status=self.status, links=self._session.links).view,
            gateway=gateway_health(self._settings),
            prometheus=self.status.prometheus,
        )
        api = ApiService(
            settings=self._settings.api, views=views, house=house, pages=StaticPages(),
            port_setting="services.api_port",
        )  # fmt: skip
        door = OnceReady(api, identity.wait_known, patience_s=KNOWN_S)
        self.services += [self._whole, identity, *watch, door]
        return views

    def _trading(self) -> tuple[RemoteDesk | None, Records | None, RemotePeople | None]:
        """Return the desk and people in their own process, and the record, which is asked for where it lies."""
        settings, links = self._settings, self._session.links
        if not settings.is_trading:
            return None, None, None
        from tradewind.runtime.desk.records import records_of  # noqa: PLC0415 - brings the database's library along

        mailbox = Mailbox(links, timeout_s=settings.bus.timeout_s)
        self.services.append(mailbox)
        asker = partial(Asker, links.control.call, service=TRADING, wait_s=settings.services.ask_s, mailbox=mailbox)
        folder = Path(settings.data_dir)
        desk = RemoteDesk(
            asker(patience_s=DURABLE_S), stops=asker(), files=HaltFiles(folder), presence=Presence(folder)
        )
        people = RemotePeople(asker(patience_s=DURABLE_S)) if settings.notices.enabled else None
        return desk, records_of(settings), people

    def _answer_cache(self) -> AnswerCache:
        kept_s = self._settings.databases.pms_monitor.cache_s
        return AnswerCache(self._session.links.control.call, metrics=self._metrics, kept_s=kept_s)

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


def _main_contract(settings: TradewindSettings, facts: Facts, *, views: ApiViews, links: Links) -> MainContractDesk:
    """Return the main contract as this edge sees it: the market's process has it, and is asked."""
    asker = Asker(links.control.call, service="market", wait_s=settings.bus.timeout_s)
    return MainContractDesk(RemoteSwitch(asker), instruments=facts.instruments, quotes=views.ticks)


def with_service_ports(settings: TradewindSettings) -> TradewindSettings:
    """Return the settings with the ports that each service has where it runs alone."""
    return msgspec.structs.replace(
        settings,
        api=msgspec.structs.replace(settings.api, port=settings.services.api_port),
        push=msgspec.structs.replace(settings.push, port=settings.services.push_port),
        quotes=msgspec.structs.replace(settings.quotes, enabled=True),
    )


def build_apart(
    name: str, settings: TradewindSettings, *, metrics: Metrics
) -> RoomProcess | SplitRoomProcess | EdgeProcess | TradingProcess | ControlProcess:
    """Return the parts of one service's process.

    Raises: ConfigError: the bus is inside one process, or the settings do not work.
    """
    if settings.bus.kind != "redis":
        message = (
            f"`tradewind run {name}` runs one service alone and needs bus.kind=redis, was {settings.bus.kind};"
            " set TRADEWIND_BUS__KIND=redis and bus.url, or use `tradewind run` for all in one process"
        )
        raise ConfigError(message)
    if name in EDGES:
        return EdgeProcess(name, settings, metrics=metrics)
    if name == TRADING:
        from tradewind.runtime.desk.process import TradingProcess  # noqa: PLC0415 - brings the database's library along

        return TradingProcess(settings, metrics=metrics)
    if name == CONTROL:
        return ControlProcess(settings, metrics=metrics)
    make = RoomProcess if name == MARKET or settings.bus.shards == 1 else SplitRoomProcess
    return make(name, settings, metrics=metrics)
