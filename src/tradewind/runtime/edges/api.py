"""REST and the page in a process of their own: what the rooms know is heard over the streams or asked of them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tradewind.api.ports import House
from tradewind.api.service import ApiService
from tradewind.api.views import ApiViews
from tradewind.bus.redis.answer_cache import AnswerCache
from tradewind.bus.redis.prompt import Mailbox
from tradewind.bus.redis.requests import Asker
from tradewind.pretrade.files import HaltFiles
from tradewind.runtime.contracts import contract_list
from tradewind.runtime.control import RemoteFleet
from tradewind.runtime.databases import DatabaseGuard, database_router
from tradewind.runtime.desk.people import RemotePeople
from tradewind.runtime.desk.presence import Presence
from tradewind.runtime.desk.remote import DURABLE_S, RemoteDesk
from tradewind.runtime.edges.edge import EdgeProcess
from tradewind.runtime.elsewhere import RemoteFeed, RemoteReplay, RemoteScorecards, RemoteStrategies, RemoteTests
from tradewind.runtime.gateway.health import gateway_health
from tradewind.runtime.gateway.places import push_url
from tradewind.runtime.health_door import OwnHealth
from tradewind.runtime.history.queries import history_of
from tradewind.runtime.main_contract import MainContractDesk, RemoteSwitch
from tradewind.runtime.once_ready import KNOWN_S, OnceReady
from tradewind.runtime.operations.desk import Operations
from tradewind.runtime.rooms import Facts
from tradewind.runtime.services import CONTROL, TRADING
from tradewind.runtime.share_names import ShareNames, share_names
from tradewind.ui.pages import StaticPages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.bus.redis.links import Links
    from tradewind.domain.instrument import Instrument
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.asking import Records


class SeenInstruments:
    """`api.ports.InstrumentQueries`: contracts of which quotes were heard, and the facts of any."""

    def __init__(self, facts: Facts, views: ApiViews, names: ShareNames) -> None:
        self._facts = facts
        self._views = views
        self._names = names

    def all(self) -> Sequence[Instrument]:
        """Return the contracts of which quotes have come, in the order they appeared."""
        found = (self._facts.instruments.find(name) for name in self._views.instrument_ids())
        return self._names.named(instrument for instrument in found if instrument is not None)

    def find(self, instrument_id: str) -> Instrument | None:
        """Return one contract, or `None` if no table knows it."""
        found = self._facts.instruments.find(instrument_id)
        return None if found is None else self._names.named([found])[0]


class ApiEdge(EdgeProcess[ApiViews]):
    """Serves programs and browsers."""

    def _make(self) -> ApiViews:
        views = ApiViews(bus=self._bus, settings=self._settings.api, metrics=self._metrics)
        facts, market = Facts(self._settings), self._asker("market")
        desk, records, people = self._trading()
        kind = self._settings.market.source
        databases = database_router(self._settings)
        if databases is not None:
            self.services.append(DatabaseGuard(databases))
        identity = self._identity.follow()
        reception, office, watch = self._identity.served(identity)
        operations = Operations(self._settings, self._whole.system, origins={}, is_whole=False)
        self.status.on_taken = operations.take
        house = House(
            gate=self._identity.gate,
            sessions=self._identity.sessions,
            reception=reception,
            identity=office,
            instruments=SeenInstruments(facts, views, share_names(self._settings)),
            calendar=facts.calendar,
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
            ops=operations,
            metrics=self._metrics,
            history=history_of(self._settings, facts.instruments),
            main_contract=_main_contract(self._settings, facts, views=views, links=self._session.links),
            health=OwnHealth("api", status=self.status, links=self._session.links, is_leaving=self._leaves).view,
            gateway=gateway_health(self._settings),
            prometheus=self.status.prometheus,
        )
        api = ApiService(
            settings=self._settings.api, views=views, house=house, pages=StaticPages(prefix=self._settings.api.prefix),
            port_setting="services.api_port",
        )  # fmt: skip
        self._session.on_passage = views.forget
        door = OnceReady(api, identity.wait_known, patience_s=KNOWN_S)
        self.services += [self._whole, operations.watch, identity, *watch, door]
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


def _main_contract(settings: TradewindSettings, facts: Facts, *, views: ApiViews, links: Links) -> MainContractDesk:
    """Return the main contract as this edge sees it: the market's process has it, and is asked."""
    asker = Asker(links.control.call, service="market", wait_s=settings.bus.timeout_s)
    return MainContractDesk(RemoteSwitch(asker), instruments=facts.instruments, quotes=views.ticks)
