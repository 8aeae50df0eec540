"""Builders for the REST edge: a whole house of hand-written fakes behind a real gate, and a server of it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Literal

import httpx
import msgspec

from private_ports import free_port
from tradewind.api.ops_desk import (
    AlertView,
    AlertWords,
    DataView,
    GapRow,
    LogPage,
    LogQuestion,
    NoReplays,
    ReplayForm,
    ReplayView,
    SettingView,
)
from tradewind.api.ports import FeedAlarm, House, ServiceView, SourceInfo
from tradewind.api.service import ApiService
from tradewind.api.settings import ApiSettings
from tradewind.api.views import ApiViews
from tradewind.bus.local import LocalBus
from tradewind.domain.bar import Bar
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.opportunity import Contribution, Opportunity, OpportunityState
from tradewind.domain.rights import Grant
from tradewind.domain.risk import AlertKind, RiskAlert, Severity
from tradewind.domain.signal import Signal
from tradewind.domain.user import Product, User
from tradewind.errors import MalformedCommandError
from tradewind.identity.directory import Directory
from tradewind.identity.gate import Gate
from tradewind.identity.hashing import Hashing
from tradewind.identity.office import Desk, IdentityOffice
from tradewind.identity.reception import Reception
from tradewind.identity.service import IdentityService
from tradewind.identity.sessions import Sessions
from tradewind.identity.settings import AccessSettings
from tradewind.identity.tickets import Tickets
from tradewind.identity.tokens import AccessTokens
from tradewind.identity.vault import Vault
from tradewind.kernel.clock import FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.recent_log import LogLine
from tradewind.market.calendar import ExchangeCalendar
from tradewind.stores.memory_people import MemoryIdentityStore
from tradewind.stores.people import Book, Credentials
from tradewind.ui.pages import StaticPages

from builders import make_instrument

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from tradewind.api.fleet_desk import FleetDesk
    from tradewind.api.line_ports import MainContractCommands, ParamValue, StrategyVerb
    from tradewind.api.ops_desk import OpsDesk
    from tradewind.api.ports import Gate as HouseGate
    from tradewind.api.ports import GatewayQueries, PeopleDesk, QuoteTests, TradingDesk
    from tradewind.domain.instrument import Instrument
    from tradewind.identity.ports import PasswordJudge
    from tradewind.stores.asking import Records

START_NS = 1_700_000_000_000_000_000
PUSH_PORT = 8100
PASSWORD = "长城-correct-horse-9"  # noqa: S105 - of nobody


def make_opportunity(**changes: Any) -> Opportunity:
    """Return an active opportunity on IF2101 with one contribution, with these fields changed."""
    opportunity = Opportunity(
        opportunity_id="opp-1",
        instrument_id="IF2101.CFFEX",
        side="buy",
        state=OpportunityState.ACTIVE,
        version=1,
        confidence=0.74,
        strength=61.0,
        last_price=5230.0,
        entry_price=5228.0,
        created_at=START_NS,
        updated_at=START_NS,
        expires_at=START_NS + 60_000_000_000,
        reasons=("agreement strategies=1",),
        contributions=(
            Contribution(
                strategy="rapid_rise",
                signal_id="rapid_rise:IF2101.CFFEX:7",
                signal_type="rapid_rise",
                side="buy",
                confidence=0.8,
                strength=61.0,
                weight=1.0,
                ts_event=START_NS,
                reasons=("rapid_rise change_percent=0.42 window=60s",),
            ),
        ),
        cause="signal:rapid_rise:IF2101.CFFEX:7",
    )
    return msgspec.structs.replace(opportunity, **changes)


def make_signal(**changes: Any) -> Signal:
    """Return a buy signal on IF2101, with these fields changed."""
    signal = Signal("IF2101.CFFEX", "rapid_rise", "buy", 0.8, 61.0, signal_id="s-1", strategy="rapid_rise", seq=7)
    return msgspec.structs.replace(signal, **changes)


def make_alert(**changes: Any) -> RiskAlert:
    """Return a stale-data alert on IF2101, with these fields changed."""
    alert = RiskAlert(
        alert_id="a-1",
        kind=AlertKind.STALE_DATA,
        severity=Severity.HIGH,
        instrument_id="IF2101.CFFEX",
        ts_event=START_NS,
        params={"actual": 31.0, "limit": 30.0},
        opportunity_id=None,
        cause="timer:stale_data",
    )
    return msgspec.structs.replace(alert, **changes)


def make_bar(**changes: Any) -> Bar:
    """Return a one-minute bar of IF2101, with these fields changed."""
    bar = Bar(
        instrument_id="IF2101.CFFEX",
        interval_s=60,
        ts_open=START_NS,
        ts_close=START_NS + 60_000_000_000,
        trading_day=20210104,
        open=5230.0,
        high=5231.0,
        low=5229.0,
        close=5230.4,
        volume=12,
        turnover=18_829_440.0,
        open_interest=90_767.0,
        tick_count=118,
        seq=118,
    )
    return msgspec.structs.replace(bar, **changes)


def make_features(**changes: Any) -> FeatureSnapshot:
    """Return features of IF2101 with no indicator warm yet, with these fields changed."""
    fields: dict[str, Any] = dict.fromkeys(FeatureSnapshot.__struct_fields__)
    fields |= {
        "instrument_id": "IF2101.CFFEX",
        "seq": 1,
        "ts_event": START_NS,
        "trading_day": 20210104,
        "last_price": 5230.0,
        "windows": (),
    }
    return FeatureSnapshot(**{**fields, **changes})


class FakeInstrumentQueries:
    def __init__(self, *instruments: Instrument) -> None:
        self._instruments = {instrument.instrument_id: instrument for instrument in instruments}

    def all(self) -> Sequence[Instrument]:
        return list(self._instruments.values())

    def find(self, instrument_id: str) -> Instrument | None:
        return self._instruments.get(instrument_id)


class FakeQuality:
    async def scorecards(self) -> Sequence[object]:
        return [{"instrument_id": "IF2101.CFFEX", "accepted": 7, "rejected": {}}]


class FakeStrategies:
    def __init__(self) -> None:
        self.done: list[tuple[str, str, dict[str, object], str]] = []

    async def strategies(self) -> Sequence[object]:
        return [{"name": "rapid_rise", "state": "running"}]

    async def act(self, name: str, verb: StrategyVerb, params: Mapping[str, ParamValue], *, by: str) -> object:
        self.done.append((name, verb, dict(params), by))
        return {"name": name}


class FakeReplays:
    """One replay plays; what is asked for is noted."""

    def __init__(self) -> None:
        self.view = ReplayView("r1", "20260105:simulator", "http://127.0.0.1:1/market", "playing", "li", START_NS)
        self.done: list[tuple[object, ...]] = []

    def list(self) -> list[ReplayView]:
        return [self.view]

    async def start(self, form: ReplayForm, *, host: str, by: str) -> ReplayView:
        self.done.append(("start", form, host, by))
        return self.view

    async def end(self, replay_id: str, *, by: str) -> None:
        self.done.append(("end", replay_id, by))


class FakeOps:
    """A platform with one log line, one alert, one setting and nothing stored."""

    def __init__(self, replays: FakeReplays | None = None) -> None:
        self.replays = replays
        self.no_replays: NoReplays = "replay" if replays is None else ""
        self.asked: list[LogQuestion] = []

    async def logs(self, question: LogQuestion) -> LogPage:
        self.asked.append(question)
        line = LogLine("1", "2026-01-05T01:00:00Z", "push", "push", "info", "client_connected", {"identity": "li"})
        return LogPage([line], ["push"], is_cut=False)

    def alerts(self) -> list[AlertView]:
        words = AlertWords("行情中断", "没有行情", ["看行情页"], ["恢复发布端"])
        return [
            AlertView(
                name="TradewindFeedMute", group="market", severity="critical", state="firing", since=START_NS,
                found=[{"": "1"}], expr="up == 0", holds_for="30s", words={"zh": words, "en": words},
            )
        ]  # fmt: skip

    def settings(self) -> list[SettingView]:
        return [SettingView("bus.password", '"***"', '""', "tradewind.toml", "text", "of Redis", is_secret=True)]

    async def data(self) -> DataView:
        return DataView([], [], 1, 2, is_recording=False)

    async def gaps(self, day: str) -> list[GapRow]:
        return [GapRow(day, "silence", 1, 2)]


class FakeSystem:
    def __init__(self) -> None:
        self.states = [ServiceView("market", "running", is_healthy=True)]
        self.alarm: FeedAlarm | None = None

    def source(self) -> SourceInfo:
        return SourceInfo("simulator", "simulated market")

    def services(self) -> Sequence[ServiceView]:
        return self.states

    def feed_alarm(self) -> FeedAlarm | None:
        return self.alarm

    def system(self) -> object:
        return {"services": self.states, "source": self.source()}


class FakeReplay:
    def __init__(self) -> None:
        self.done: list[tuple[str, object]] = []

    async def pause(self) -> object:
        return self._noted("pause", None)

    async def resume(self) -> object:
        return self._noted("resume", None)

    async def step(self, n: int = 1) -> object:
        return self._noted("step", n)

    async def set_speed(self, speed: float | Literal["max"]) -> object:
        if speed == 13:
            message = "speed must not be 13"
            raise MalformedCommandError(message)
        return self._noted("speed", speed)

    async def seek(self, *, percent: float | None, ts: int | None) -> object:
        return self._noted("seek", (percent, ts))

    async def status(self) -> object:
        return {"is_paused": True, "speed": 1.0}

    def _noted(self, verb: str, argument: object) -> object:
        self.done.append((verb, argument))
        return {"is_paused": True, "speed": 1.0}


class FakeFeed:
    """A live feed of which one message could not be read."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def status(self) -> object:
        return {"state": "flowing", "is_alarm": False, "messages": 8}

    async def quarantined(self, limit: int) -> Sequence[object]:
        self.asked.append(limit)
        return [{"number": 1, "reason": "pickle", "head_text": ".."}]


class ApiWorld:
    """Everything one API test needs, real where it is ours and small where it is another room's."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 8888,
        replay: FakeReplay | None = None,
        settings: dict[str, Any] | None = None,
        access: dict[str, Any] | None = None,
        push_url: str = "",
        main_contract: MainContractCommands | None = None,
        tests: QuoteTests | None = None,
        desk: TradingDesk | None = None,
        records: Records | None = None,
        people: PeopleDesk | None = None,
        fleet: FleetDesk | None = None,
        feed: FakeFeed | None = None,
        ops: OpsDesk | None = None,
        gateway: GatewayQueries | None = None,
        ldap: PasswordJudge | None = None,
        apart: dict[str, Any] | None = None,
        gate: HouseGate | None = None,
    ) -> None:
        """`apart` is what only a process knows that runs apart from others: its `health`, its `own_port`.

        `gate` stands at the doors in place of the real one.
        """
        self.clock = FakeClock(START_NS)
        self.metrics = Metrics()
        self.bus = LocalBus()
        self.refusals: list[str] = []
        self.access = AccessSettings(**(access or {}))
        self.tokens = AccessTokens(folder / "access.json")
        self.token = self.tokens.renew()
        self.store = MemoryIdentityStore()
        self.directory = Directory()
        self.sessions = Sessions(self.store, settings=self.access, clock=self.clock, tokens=self.tokens)
        self.tickets = Tickets(self.store, settings=self.access, clock=self.clock)
        self.gate = Gate(
            settings=self.access,
            tokens=self.tokens,
            sessions=self.sessions,
            directory=self.directory,
            tickets=self.tickets,
            clock=self.clock,
            api_address=("127.0.0.1", port),
            push_address=("127.0.0.1", PUSH_PORT),
            count_refusal=self.refusals.append,
        )
        self.identity = IdentityService(
            store=self.store, directory=self.directory, sessions=self.sessions, tokens=self.tokens
        )
        self.reception, self.office = self._served(folder, ldap)
        self.settings = ApiSettings(**{"port": port, "stop_grace_s": 1, **(settings or {})})
        self.views = ApiViews(bus=self.bus, settings=self.settings, metrics=self.metrics)
        self.system = FakeSystem()
        self.replay = replay
        self.strategies = FakeStrategies()
        self.house = House(
            gate=gate or self.gate,
            sessions=self.sessions,
            reception=self.reception,
            identity=self.office,
            instruments=FakeInstrumentQueries(make_instrument()),
            calendar=ExchangeCalendar(),
            quality=FakeQuality(),
            strategies=self.strategies,
            system=self.system,
            metrics=self.metrics,
            push_port=PUSH_PORT,
            push_url=push_url,
            replay=replay,
            main_contract=main_contract,
            tests=tests,
            desk=desk,
            records=records,
            people=people,
            fleet=fleet,
            feed=feed,
            ops=ops,
            gateway=gateway,
            reconnect_tries=self.settings.reconnect_tries,
            prometheus=lambda: b"tradewind_api_requests_total 1\n",
            **(apart or {}),
        )
        self.static = folder / "static"
        self.service = ApiService(
            settings=self.settings, views=self.views, house=self.house, pages=StaticPages(self.static)
        )

    def _served(self, folder: Path, ldap: PasswordJudge | None) -> tuple[Reception, IdentityOffice]:
        self._hashing = hashing = Hashing(self.access.passwords)
        vault = Vault(folder / "identity.key")
        shared: dict[str, Any] = {"store": self.store, "directory": self.directory, "sessions": self.sessions}
        shared |= {"service": self.identity, "hashing": hashing, "vault": vault, "settings": self.access}
        shared |= {"clock": self.clock, "ldap": ldap}
        reception = Reception(**shared, gate=self.gate, count_refusal=self.refusals.append)
        return reception, IdentityOffice(Desk(**shared, tickets=self.tickets))

    async def add_user(self, username: str = "wang", *, password: str = PASSWORD, **changes: Any) -> User:
        """Make a user who may come in with `password` and has it for good; a trader of F1 unless said otherwise."""
        hashed = await self._hashing.hash(password)
        fields: dict[str, Any] = {"grants": (Grant("trader", "F1", "*"),), **changes}

        def work(book: Book) -> User:
            if book.find(Product, "F1") is None:
                book.put(Product(code="F1", name="一号基金"))
            user = User(user_id=book.next_id(User), username=username, **fields)
            book.put(user)
            book.put(Credentials(user_id=user.user_id, password_hash=hashed))
            return user

        user = self.store.change(work)
        await self.identity.refresh()
        return user

    async def sign_in(self, client: httpx.AsyncClient, username: str = "wang", **proof: Any) -> dict[str, str]:
        """Sign a user in and return the headers a page of theirs would send."""
        answer = await client.post("/api/v1/session", json={"username": username, "password": PASSWORD, **proof})
        assert answer.status_code == 200, answer.text
        cookies = [one.partition(";")[0] for one in answer.headers.get_list("set-cookie")]
        client.cookies.clear()
        return {"cookie": "; ".join(cookies), "x-csrf-token": answer.json()["csrf"]}

    @property
    def origin(self) -> str:
        """Where the server of this world is found."""
        return f"http://127.0.0.1:{self.settings.port}"

    @property
    def bearer(self) -> dict[str, str]:
        """The header of a program that has the token."""
        return {"authorization": f"Bearer {self.token}"}

    async def browser(self, client: httpx.AsyncClient) -> dict[str, str]:
        """Sign in and return the headers a page of ours would send."""
        answer = await client.post("/api/v1/session", json={"token": self.token})
        assert answer.status_code == 200, answer.text
        cookie = answer.headers["set-cookie"].partition(";")[0]
        return {"cookie": cookie, "x-csrf-token": answer.json()["csrf"]}


@contextlib.asynccontextmanager
async def serving(folder: Path, **changes: Any) -> AsyncIterator[tuple[ApiWorld, httpx.AsyncClient]]:
    """Run a real server of a world and hand out a client of it."""
    world = ApiWorld(folder, **{"port": free_port(), **changes})
    world.service.attach()
    world.service.bind()
    await world.identity.refresh()
    running = asyncio.create_task(world.service.run())
    try:
        async with httpx.AsyncClient(base_url=world.origin, timeout=5) as client:
            yield world, client
    finally:
        running.cancel()
        await asyncio.wait([running])
