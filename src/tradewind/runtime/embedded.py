"""The embedded edition: the whole line and both edges in one process on the local bus."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from tradewind.api.ports import House, SourceInfo
from tradewind.api.service import ApiService
from tradewind.api.views import ApiViews
from tradewind.features.queries import FeatureQueries
from tradewind.kernel.clock import SystemClock
from tradewind.kernel.ids import new_epoch
from tradewind.market.service import MarketService
from tradewind.market.sources.simulator import SimulatorSource
from tradewind.push.service import PushService
from tradewind.runtime.contracts import contract_list
from tradewind.runtime.control import control_of
from tradewind.runtime.databases import DatabaseGuard, database_router
from tradewind.runtime.desk.gauges import refresh_gauges
from tradewind.runtime.gateway.health import gateway_health
from tradewind.runtime.gateway.places import push_url
from tradewind.runtime.here import LineTests, Scorecards, StrategyReports, feed_of, feed_status, replay_of
from tradewind.runtime.history.queries import history_of
from tradewind.runtime.history.service import archiving_of
from tradewind.runtime.identity import IdentityRoom
from tradewind.runtime.line_trials import LineTrials
from tradewind.runtime.main_contract import MainContractDesk
from tradewind.runtime.notices import build_notices
from tradewind.runtime.once_ready import KNOWN_S, OnceReady
from tradewind.runtime.operations.desk import Operations
from tradewind.runtime.retention.service import RetentionService
from tradewind.runtime.rooms import kept_params, stamping_clock
from tradewind.runtime.services import CONTROL, ROWS, TRADING
from tradewind.runtime.share_names import ShareNames, share_names
from tradewind.runtime.source_words import describe_source
from tradewind.runtime.status import SystemStatus
from tradewind.runtime.tracing.service import build_tracing
from tradewind.runtime.wiring import Line, build_line, build_recorder, build_source, build_switch
from tradewind.strategies.queries import StrategyQueries
from tradewind.strategies.service import StrategyFolderWatcher
from tradewind.ui.pages import StaticPages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tradewind.domain.instrument import Instrument
    from tradewind.domain.rights import Principal
    from tradewind.identity import AccessTokens, Gate, IdentityService
    from tradewind.kernel.metrics import Metrics
    from tradewind.kernel.service import Service
    from tradewind.market.switching import ContractSwitch
    from tradewind.notices.service import NoticeService
    from tradewind.quotes.service import QuotesService
    from tradewind.runtime.desk.building import Desk
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.runtime.signal_record import SignalRecord


class InstrumentAnswers:
    """`api.ports.InstrumentQueries`: the contracts that tick in this run, and the facts of any."""

    def __init__(self, line: Line, names: ShareNames | None = None) -> None:
        self._line = line
        self._names = names

    def all(self) -> Sequence[Instrument]:
        """Return the contracts of which ticks have come, in the order they appeared."""
        found = self._line.market.instruments()
        return found if self._names is None else self._names.named(found)

    def find(self, instrument_id: str) -> Instrument | None:
        """Return one contract, or `None` if no table knows it."""
        found = self._line.instruments.find(instrument_id)
        return found if found is None or self._names is None else self._names.named([found])[0]


class Embedded:
    """Every part of one process, made and connected; `services` are those with a life of their own."""

    def __init__(
        self,
        settings: TradewindSettings,
        *,
        metrics: Metrics,
        tokens: AccessTokens,
        origins: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`origins` says from which layer a setting comes that is no default."""
        self._metrics = metrics
        self.line = build_line(settings, metrics=metrics, wall_ns=stamping_clock(settings))
        self.line.strategies.restore(kept_params(settings))
        self.desk = _desk(settings, self.line)
        self._databases = database_router(settings)
        bus = self.line.bus if self.desk is None else self.desk.bus
        self.source = source = build_source(settings, self.line, metrics=metrics)
        if self.desk is not None and isinstance(source, SimulatorSource):
            self.desk.service.after_recovery = source.wait_warm
        self._recorder = build_recorder(settings, self.line, source=source, metrics=metrics)
        self.status = self._status(settings)
        self._identity = room = IdentityRoom(settings, metrics=metrics, tokens=tokens)
        identity = room.follow(
            open_pages=self._open_pages, close_connections=self._end_session, on_rights_changed=self._change_rights
        )
        self.push = PushService(
            settings=settings.push,
            bus=bus,
            metrics=metrics,
            gate=room.gate,
            epoch=new_epoch(),
            system_status=self.status.system,
        )
        self.views = ApiViews(bus=self.line.bus, settings=settings.api, metrics=metrics)
        self.notices = self._notices(settings, identity)
        switch = build_switch(settings, self.line, source, line=self.line.intake, clock=self.line.clock)
        self.retention = RetentionService(settings)
        self.operations = Operations(settings, self.status.system, origins=origins, is_whole=True)
        self.control = control_of(settings, bus=bus, gate_at=room.gate_at, metrics=metrics)
        house, watch = self._house(settings, switch=switch, identity=identity)
        self.api = ApiService(
            settings=settings.api, views=self.views, house=house, pages=StaticPages(prefix=settings.api.prefix)
        )
        self.quotes = _quotes(settings, self.line, room.gate)
        self.services: list[Service] = [self.status, self.operations.watch, identity, *watch, *self._doors(identity)]
        self.services += self._rooms(settings, switch)

    def _doors(self, identity: IdentityService) -> list[Service]:
        """Return what listens; it opens once it is known who may come in."""
        doors = [door for door in (self.push, self.api, self.quotes, self.control) if door is not None]
        return [OnceReady(door, identity.wait_known, patience_s=KNOWN_S) for door in doors]

    def _rooms(self, settings: TradewindSettings, switch: ContractSwitch) -> list[Service]:
        """Return the rooms behind the doors, the market last: whoever hears it is there when it begins."""
        rooms: list[Service | None] = [
            *archiving_of(settings),
            self.retention,
            None if self.desk is None else self.desk.service,
            None if self._databases is None else DatabaseGuard(self._databases),
            self.notices,
            *self._signal_record(settings),
            *([] if self.desk is None else build_tracing(settings, self.desk.bus, service="embedded")),
            StrategyFolderWatcher(settings=settings.strategies, service=self.line.strategies),
            MarketService(source=self.source, line=self.line.intake, recorder=self._recorder, before=switch.begin),
        ]
        return [room for room in rooms if room is not None]

    async def desk_settled(self) -> None:
        """Wait until the order line serves, or it is known why it does not; not at all where there is none."""
        if self.desk is not None:
            await self.desk.service.wait_settled()

    def _signal_record(self, settings: TradewindSettings) -> list[SignalRecord]:
        """Return what keeps signals on record; nothing without a store."""
        if self.desk is None:
            return []
        from tradewind.runtime.signal_record import build_signal_record  # noqa: PLC0415 - brings SQL along

        features = FeatureQueries(self.line.features)
        return build_signal_record(settings, self.desk, metrics=self._metrics, features=features.latest)

    def _status(self, settings: TradewindSettings) -> SystemStatus:
        """Return what tells of this process."""
        return SystemStatus(
            metrics=self._metrics,
            clock=SystemClock(),
            source=SourceInfo(settings.market.source, describe_source(settings)),
            refresh=self._flush,
            strategy_errors=StrategyQueries(self.line.strategies).load_errors,
            recording_failure=self._recording_failure,
            feed=lambda: feed_status(self.source),
            desk_trouble=lambda: None if self.desk is None else self.desk.service.trouble,
            rows=_rows(settings),
            folder=Path(settings.data_dir),
        )

    def _notices(self, settings: TradewindSettings, identity: IdentityService) -> NoticeService | None:
        """Return the notices room, `None` where it is off."""
        return build_notices(
            settings,
            self.desk,
            calendar=self.line.calendar,
            alarm=self.status.feed_alarm,
            metrics=self.line.metrics,
            directory=self._identity.directory,
            known=identity.wait_known,
        )

    def _house(
        self, settings: TradewindSettings, *, switch: ContractSwitch, identity: IdentityService
    ) -> tuple[House, list[Service]]:
        """Return what REST may ask of everything else here, and the services that some of it needs."""
        source, instruments, room = self.source, self.line.instruments, self._identity
        reception, office, watch = room.served(identity)
        house = House(
            gate=room.gate,
            sessions=room.sessions,
            reception=reception,
            identity=office,
            instruments=InstrumentAnswers(self.line, share_names(settings)),
            calendar=self.line.calendar,
            quality=Scorecards(self.line.market.scorecards),
            strategies=StrategyReports(self.line.strategies),
            push_port=settings.push.port,
            push_url=push_url(settings),
            system=self.status,
            metrics=self.line.metrics,
            reconnect_tries=settings.api.reconnect_tries,
            tests=LineTests(self.line.intake),
            trials=LineTrials(
                self.line, rooms=settings.rooms, clock=SystemClock(), is_live=settings.market.source != "replay"
            ),
            desk=None if self.desk is None else self.desk.office,
            records=None if self.desk is None else self.desk.records,
            history=history_of(settings, instruments),
            contracts=contract_list(settings, instruments, databases=self._databases),
            people=None if self.notices is None else self.notices.office,
            fleet=None if self.control is None else self.control.office,
            ops=self.operations,
            feed=feed_of(source),
            replay=replay_of(source),
            main_contract=MainContractDesk(switch, instruments=instruments, quotes=self.views.ticks),
            gateway=gateway_health(settings),
            prometheus=self.status.prometheus,
        )
        return house, watch

    def _flush(self) -> None:
        self.line.flush()
        if self.desk is not None:
            refresh_gauges(self.desk.rooms, self._metrics)
        if self._recorder is not None:
            self._recorder.flush()

    def _recording_failure(self) -> str | None:
        return self._recorder.failure if self._recorder is not None else None

    def _open_pages(self) -> list[str]:
        pages = list(self.push.session_ids())
        return pages if self.quotes is None else [*pages, *self.quotes.session_ids()]

    def _end_session(self, session_id: str) -> None:
        self.push.close_session(session_id)
        if self.quotes is not None:
            self.quotes.close_session(session_id)

    def _change_rights(self, session_id: str, principal: Principal) -> None:
        self.push.rights_changed(session_id, principal)
        if self.quotes is not None:
            self.quotes.rights_changed(session_id, principal)

    def attach(self) -> None:
        """Let rooms and edges follow the line, in the order of the flow."""
        self.line.attach()
        self.push.attach()
        self.views.attach()
        if self.quotes is not None:
            self.quotes.attach()

    def detach(self) -> None:
        """Stop following, last first."""
        if self.quotes is not None:
            self.quotes.detach()
        self.views.detach()
        self.push.detach()
        self.line.detach()


def _rows(settings: TradewindSettings) -> tuple[str, ...]:
    """Return the rows of the map that run here."""
    absent = {
        "quotes": not settings.quotes.enabled,
        TRADING: not settings.is_trading,
        CONTROL: not settings.control.enabled,
    }
    return tuple(name for name in ROWS if not absent.get(name))


def _desk(settings: TradewindSettings, line: Line) -> Desk | None:
    """Return the order line, `None` where there is none."""
    if not settings.is_trading:
        return None
    from tradewind.runtime.desk.building import Desk  # noqa: PLC0415 - brings the database's library along

    return Desk(
        settings,
        line=line.bus,
        clock=line.clock,
        metrics=line.metrics,
        instruments=line.instruments,
        calendar=line.calendar,
        is_beside_the_line=True,
    )


def _quotes(settings: TradewindSettings, line: Line, gate: Gate) -> QuotesService | None:
    """Return the quotes port, `None` where it is off."""
    if not settings.quotes.enabled:
        return None
    from tradewind.quotes.service import QuotesService  # noqa: PLC0415 - brings Socket.IO along

    return QuotesService(
        settings=settings.quotes,
        api=settings.api,
        bus=line.bus,
        metrics=line.metrics,
        gate=gate,
        contracts=line.instruments,
        tests=LineTests(line.intake),
    )
