"""What the REST edge asks of the other rooms; the wiring connects each to the room that owns the answer.

Answers typed `object` are messages of their room (msgspec structs, or lists of them): REST shows them as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from tradewind.api.contract_list import ContractList
from tradewind.api.fleet_desk import FleetDesk
from tradewind.api.history_desk import HistoryQueries
from tradewind.api.line_ports import FeedQueries, MainContractCommands, ReplayCommands, StrategyQueries
from tradewind.api.ops_desk import OpsDesk
from tradewind.api.trials import TrialCommands
from tradewind.domain.access import Admitted, Refused
from tradewind.domain.chat import ChatCommand, ChatQuestion
from tradewind.domain.desk import Command, Question
from tradewind.domain.hours import TradingCalendar
from tradewind.domain.instrument import Instrument
from tradewind.domain.notice import NoticeCommand, NoticeQuestion
from tradewind.domain.rights import Principal, Reach
from tradewind.identity.office import IdentityOffice
from tradewind.identity.ports import AccessRequest, SignedIn
from tradewind.identity.reception import Proof
from tradewind.kernel.metrics import Metrics
from tradewind.stores.asking import Records
from tradewind.stores.people import Session


class Gate(Protocol):
    """Decides at every door; the identity room's."""

    def caller(self, headers: dict[str, str], peer: str) -> tuple[dict[str, str], str]:
        """Return headers and address of who called, where the connection comes from our own gateway."""
        ...

    def decide(self, request: AccessRequest) -> Admitted | Refused:
        """Say whether this request may go on."""
        ...

    def sign_in(self, token: str, *, headers: Mapping[str, str], peer: str) -> SignedIn | Refused:
        """Exchange the access token for a browser session."""
        ...

    def csrf_for(self, headers: Mapping[str, str]) -> str:
        """Return the token that requests with this cookie must repeat."""
        ...

    def token_handle(self) -> str:
        """Name what the access token in force opens."""
        ...

    def clearing_cookie(self) -> str:
        """Return the `Set-Cookie` value that makes a browser forget its session."""
        ...


class SessionList(Protocol):
    """The open browser sessions; the identity room's."""

    def live(self) -> list[Session]:
        """Return the sessions that are not over, newest first."""
        ...

    def end(self, session_id: str, *, actor: str = "", source: str = "") -> bool:
        """End the session of that handle; False if there is none."""
        ...


class Reception(Protocol):
    """Signing in by name and password; the identity room's."""

    async def sign_in(self, proof: Proof, *, headers: Mapping[str, str], peer: str) -> SignedIn | Refused:
        """Judge a proof; open a session for whose it is."""
        ...


class InstrumentQueries(Protocol):
    """The instruments of this run; the market room's."""

    def all(self) -> Sequence[Instrument]:
        """Return every instrument of this run, in the order to show them."""
        ...

    def find(self, instrument_id: str) -> Instrument | None:
        """Return one instrument, or `None` if no table knows it."""
        ...


class QualityQueries(Protocol):
    """How good the data is; the market room's, here or in its own process."""

    async def scorecards(self) -> Sequence[object]:
        """Return a scorecard per instrument."""
        ...


class SourceInfo(msgspec.Struct, frozen=True):
    """Where the ticks come from: `simulator`, `replay` …, and what exactly."""

    kind: str
    name: str


class FeedAlarm(msgspec.Struct, frozen=True):
    """Market data that somebody should look at, since `since_ns` (UTC).

    `state` is `absent` or `silent`, as the market's feed is, or `cut`: the market itself is not heard of.
    """

    state: str
    since_ns: int
    message: str


class ServiceView(msgspec.Struct, frozen=True):
    """One service behind this gateway."""

    name: str
    state: str
    is_healthy: bool
    restarts: int = 0
    last_error: str | None = None


class InstanceView(msgspec.Struct, frozen=True):
    """One instance of a service, as its own `/health` told it; `state` is `down`, `silent`, `foreign` if it did not."""

    service: str
    address: str
    state: str
    is_healthy: bool
    reason: str = ""
    took_ms: float | None = None


class GatewayReport(msgspec.Struct, frozen=True):
    """The health of everything behind this gateway.

    `reduced`: every service is served, though not by all its instances. `degraded`: a service is not served.
    """

    status: Literal["ok", "reduced", "degraded"]
    services: list[ServiceView]
    instances: list[InstanceView] = []
    feed_alarm: FeedAlarm | None = None
    """Beside `status`: every service may be well while the market data it lives on does not come."""


class GatewayQueries(Protocol):
    """The health of services that run apart; the runtime's."""

    async def report(self) -> GatewayReport:
        """Ask each instance and return what they say."""
        ...


class ProcessHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How the process of one service that runs apart is.

    `bus` is connected, standby, connecting, degraded or stopped.
    """

    status: Literal["ok", "draining", "degraded"]
    """`draining`: told to stop, it takes nobody else in and ends once those it serves have gone elsewhere."""
    service: str
    version: str
    pid: int
    uptime_s: float
    memory_mb: float
    bus: str
    reason: str
    redis: str
    positions: dict[str, str]
    """Last entry read of each stream."""
    shards: tuple[int, ...]
    """Shards of the line served here; none where it is not split, or every one is heard."""
    rates: dict[str, float]
    services: list[ServiceView]
    feed_alarm: FeedAlarm | None
    """What is wrong with the market's live feed; the process itself may be well."""


class SystemQueries(Protocol):
    """The state of the whole, in one process or many; the runtime's."""

    def source(self) -> SourceInfo:
        """Return where the ticks come from."""
        ...

    def services(self) -> Sequence[ServiceView]:
        """Return the health of every service."""
        ...

    def feed_alarm(self) -> FeedAlarm | None:
        """Return what is wrong with the live feed, `None` while nothing is known to be."""
        ...

    def system(self) -> object:
        """Return services, counters, latency per hop, rates, source and memory, for the system page."""
        ...


class PageFile(Protocol):
    """One file of the built page, ready to send."""

    @property
    def body(self) -> bytes:
        """Return the bytes as they go out."""
        ...

    @property
    def media_type(self) -> str:
        """Return the value of `Content-Type`."""
        ...

    @property
    def encoding(self) -> str:
        """Return how `body` is compressed: `br`, `gzip` or empty."""
        ...

    @property
    def etag(self) -> str:
        """Return the name of just these bytes."""
        ...

    @property
    def is_immutable(self) -> bool:
        """True where the name holds a hash of the content: browsers may keep it for ever."""
        ...

    @property
    def status(self) -> int:
        """Return 200, or 404 for an asset that does not exist."""
        ...


class Pages(Protocol):
    """The browser side; the ui edge's."""

    def find(self, path: str, accept_encoding: str) -> PageFile:
        """Return the file at `path`; the page itself for a path that is none; status 404 for a missing asset."""
        ...


class QuoteTests(Protocol):
    """Sends test quotes down the whole line; the market room's."""

    async def send(self, instrument_id: str) -> object | None:
        """Send the newest quote of a contract once more, marked as a test; `None` if it has none yet."""
        ...


class TradingDesk(Protocol):
    """The trading desk, in this process or in its own; answers are its messages."""

    async def answer(self, question: Question, reach: Reach) -> object:
        """Return what was asked for, as far as the asker's reach covers it.

        Raises:
            InputError: it names what there is not. NotAllowedError: it names what the asker may not see.
            TransientError: the desk cannot be reached.
        """
        ...

    async def carry_out(self, command: Command, reach: Reach) -> object:
        """Do it once, and return what came of it when no crash can undo it any more.

        Raises:
            InputError, StateConflictError: it cannot be done. NotAllowedError: it goes beyond the reach.
            TransientError: the desk or its store is away.
        """
        ...


class PeopleDesk(Protocol):
    """Notices and chat, in this process or in their own; answers are their messages."""

    async def answer(self, question: NoticeQuestion | ChatQuestion, who: Principal) -> object:
        """Return what was asked for, as far as it is the asker's.

        Raises:
            InputError: it names what there is not. NotAllowedError: it is not the asker's to see.
            TransientError: notices and chat are not open.
        """
        ...

    async def carry_out(self, command: NoticeCommand | ChatCommand, who: Principal) -> object:
        """Do it; it is on record when this returns.

        Raises:
            InputError, StateConflictError: it cannot be done. NotAllowedError: not by them. TooFastError: not yet.
            TransientError: notices and chat are not open.
        """
        ...


class House(msgspec.Struct, frozen=True):
    """Everything the routes may ask, by name."""

    gate: Gate
    sessions: SessionList
    instruments: InstrumentQueries
    calendar: TradingCalendar
    quality: QualityQueries
    strategies: StrategyQueries
    system: SystemQueries
    metrics: Metrics
    push_port: int
    push_url: str = ""
    """Where browsers find push; a path: on the page's own origin; empty: on `push_port` of the host they came to."""
    own_port: int = 0
    """The port of this very process, where a gateway stands before it: who came by it has no gateway's paths."""
    reconnect_tries: int = 10
    replay: ReplayCommands | None = None
    tests: QuoteTests | None = None
    trials: TrialCommands | None = None
    """`None` where the line runs in other processes."""
    feed: FeedQueries | None = None
    main_contract: MainContractCommands | None = None
    reception: Reception | None = None
    identity: IdentityOffice | None = None
    """Users, roles, products, keys; `None` where nobody but the access token's holder comes in."""
    desk: TradingDesk | None = None
    records: Records | None = None
    contracts: ContractList | None = None
    history: HistoryQueries | None = None
    """`None` where nothing is recorded and no archive named."""
    people: PeopleDesk | None = None
    fleet: FleetDesk | None = None
    """`None` where no control server runs."""
    ops: OpsDesk | None = None
    """The platform as a machine: log, alerts, settings, recordings."""
    health: Callable[[], ProcessHealth] | None = None
    """How this process is where it runs apart; `None` where everything is in it, and answering is being well."""
    gateway: GatewayQueries | None = None
    """Who asks the services that run apart; `None` where this process is all there is."""
    prometheus: Callable[[], bytes] = lambda: b""

    def push_url_for(self, host: str) -> str:
        """Return `push_url` for a browser that wrote `host` into its request; empty: on `push_port` of that host."""
        is_direct = self.own_port and host.endswith(f":{self.own_port}")
        return "" if is_direct and self.push_url.startswith("/") else self.push_url
