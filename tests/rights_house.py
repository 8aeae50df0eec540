"""A house with all there is, for whoever the test says: desk, book, record, people, notices and chat of two funds."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx

from api_builders import START_NS, ApiWorld, FakeFeed, FakeOps, FakeReplay, FakeReplays, make_opportunity
from control_stage import round_days
from desk_stage import AU
from notices_builders import FakeCourier, FakePeople, Room, make_telling, make_user
from rights_table import ACCOUNT, INSTRUCTION, JOB, MODULE, PASSWORD, Case
from store_builders import T0, Line, make_account, make_fill, make_instruction, make_order, make_trigger
from tradewind.bus.desk_topics import ACCOUNTS, FILLS, INSTRUCTIONS, ORDERS, TRIGGERS
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES
from tradewind.collector.control.means import Means
from tradewind.collector.control.office import FleetOffice
from tradewind.collector.control.roster import Roster
from tradewind.collector.control.settings import ControlSettings
from tradewind.domain import chat
from tradewind.domain.access import Access, Admitted, Refused
from tradewind.domain.book import Act, Adjustment, ManualFill, Step
from tradewind.domain.instruction import Instruction
from tradewind.domain.job import JobPlan
from tradewind.domain.order import Offset, Side
from tradewind.domain.rights import ANONYMOUS, EVERYTHING, Permission, Principal
from tradewind.domain.user import Product
from tradewind.identity.ports import AccessRequest, SignedIn
from tradewind.kernel.clock import FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.market.contracts import InstrumentTable
from tradewind.notices.ports import Result
from tradewind.runtime.contracts import KnownContracts
from tradewind.runtime.history.queries import ArchiveQueries
from tradewind.stores.fleet import Draft, Newcomer
from tradewind.stores.notices import Way
from tradewind.stores.people import ApiKey, Book
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.fleet import SqlFleet
from tradewind.stores.sql.journal import SqlJournal
from tradewind.stores.sql.queries import SqlRecords
from tradewind.stores.sql.store import SqlStore
from tradewind.stores.ticks.places import ArchivePlaces
from two_funds import TwoFunds

from builders import make_tick

OWNERS: Final = ("fund_a", "fund_b")
PEOPLE: Final = {"li": 1, "zhou": 2}
"""Users and their ids."""


class PrincipalGate:
    """Lets everybody in as whoever the test says."""

    def __init__(self) -> None:
        self.principal: Principal = ANONYMOUS
        self.session_id = ""

    def caller(self, headers: dict[str, str], peer: str) -> tuple[dict[str, str], str]:
        return headers, peer

    def decide(self, request: AccessRequest) -> Admitted | Refused:
        if request.access is Access.PUBLIC:
            return Admitted(ANONYMOUS)
        return Admitted(self.principal, self.session_id if self.principal.user_id else None)

    def sign_in(self, token: str, *, headers: Mapping[str, str], peer: str) -> SignedIn | Refused:
        del token, headers, peer
        return Refused(401, "wrong_token", "not here")

    def csrf_for(self, headers: Mapping[str, str]) -> str:
        del headers
        return ""

    def token_handle(self) -> str:
        return "nobody's token"

    def clearing_cookie(self) -> str:
        return "gone=1"


class FakeMainContract:
    async def status(self) -> object:
        return {"main_contract": "au2606"}

    async def switch(self, symbol: str, *, expected: str | None, by: str) -> object:
        return {"main_contract": symbol, "expected": expected, "by": by}


class FakeTests:
    async def send(self, instrument_id: str) -> object | None:
        return {"instrument_id": instrument_id, "seq": 8}


class FakeTrials:
    async def send(self) -> object:
        return {"seq": 9, "hops": []}


class House:
    """A server in this very process, and whoever is asking it."""

    def __init__(self, world: ApiWorld, gate: PrincipalGate, client: httpx.AsyncClient) -> None:
        self.world = world
        self._gate = gate
        self._client = client
        self._keys = itertools.count(1)

    async def ask(self, principal: Principal, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send one request as somebody, with a key of its own."""
        self._gate.principal = principal
        headers = {"idempotency-key": f"k{next(self._keys)}"}
        return await self._client.request(method, path, json=body, headers=headers)

    async def case(self, principal: Principal, case: Case, fund: str) -> httpx.Response:
        """Send the request of a case about things of a fund."""
        return await self.ask(principal, case.method, case.path(fund), case.json(fund))


def book_instruction(fund: str) -> Instruction:
    """Return an instruction of the book that was handed in, with a fill made elsewhere."""
    fill = ManualFill(
        trade_id=f"T {fund}",
        side=Side.BUY,
        offset=Offset.OPEN,
        quantity=1,
        price=Decimal(600),
        trading_day=20251120,
        recorded_by="setup",
        ts=T0,
    )
    line = Adjustment(
        instrument_id=AU,
        current_long=0,
        current_short=0,
        adjusted_position=2,
        contract_multiplier=1000,
        price_tick=Decimal("0.02"),
        manual_fills=(fill,),
    )
    return make_instruction(
        instruction_id=INSTRUCTION[fund],
        product_code=fund,
        account_id=ACCOUNT[fund],
        lines=(),
        adjustments=(line,),
        step=Step(Act.FILL, "setup", T0),
    )


def fill_record(folder: Path) -> tuple[SqlRecords, SqlJournal]:
    """Keep a row of each fund in each view that tells whose its rows are."""
    line, store = Line(), SqlStore(StoreSettings(project_ms=20), folder)
    schema.upgrade(store.engine)
    journal = SqlJournal(store, clock=FakeClock(T0), post=line.post)
    journal.open()
    for fund in OWNERS:
        whose = {"product_code": fund, "account_id": ACCOUNT[fund]}
        ids = {"client_order_id": f"o {fund}", "instruction_id": f"i {fund}"}
        journal.append(ORDERS, make_order(request={**whose, **ids}))
        journal.append(FILLS, make_fill(fill_id=fund, **whose, **ids))
        journal.append(INSTRUCTIONS, make_instruction(instruction_id=f"i {fund}", **whose))
        journal.append(INSTRUCTIONS, book_instruction(fund))
        seq = journal.append(TRIGGERS, make_trigger(trigger_id=f"t {fund}", instruction_id=f"i {fund}"))
        journal.project(ACCOUNTS, make_account(account_id=ACCOUNT[fund], book=""))
    line.until(lambda: journal.durable_seq >= seq)
    return SqlRecords(store), journal


def fleet_office(folder: Path) -> FleetOffice:
    """Return the real office of a control server that nobody is connected to, with a module and a job."""
    settings = ControlSettings(max_plans=10_000, max_open_jobs=50_000)
    store = SqlFleet(SqlStore(StoreSettings(), folder))
    means = Means(
        settings=settings, store=store, roster=Roster(1), hours=round_days, clock=FakeClock(START_NS), metrics=Metrics()
    )
    new = Newcomer(
        module_id=MODULE, secret_sha256="0" * 64, name="of nobody", description="", program="", inputs="", outputs="",
        peer="127.0.0.1", is_admitted=True,
    )  # fmt: skip
    act = means.act("module_registered", MODULE, actor="setup")
    store.register(new, START_NS, most=10, act=act)
    plan = JobPlan(codes=("TSLA.US",))
    draft = Draft(
        job_id=JOB, plan=plan, origin="api", origin_id="", created_by="setup", created_at=START_NS, meant_for=("",)
    )
    store.start(draft, act)
    means.closed = None
    return FleetOffice(means)


async def let_people_in(world: ApiWorld, gate: PrincipalGate) -> None:
    """Keep two users, both funds, a session of each, a key of zhou's; it is li's session that the gate tells of."""
    for name in ("li", "zhou"):
        await world.add_user(name, password=PASSWORD, grants=())
        world.sessions.open(name, peer="127.0.0.1", user_agent=f"of {name}", user_id=PEOPLE[name])
    (gate.session_id,) = (one.session_id for one in world.sessions.live() if one.identity == "li")

    def work(people: Book) -> None:
        for fund in OWNERS:
            people.put(Product(code=fund, name=fund, sole_accounts=(ACCOUNT[fund],)))
        people.put(
            ApiKey(
                key_id="zhou-key",
                secret_sha256="0" * 64,
                user_id=PEOPLE["zhou"],
                name="of zhou",
                permissions=frozenset({Permission.MARKET}),
                products=(),
                created_at=START_NS,
                expires_at=START_NS + 1_000_000_000_000,
            )
        )

    world.store.change(work)
    await world.identity.refresh()


async def open_rooms() -> Room:
    """Return the real room of notices and chat: a message of li's in each fund's room, a notice and a dead letter."""
    people = FakePeople(make_user("li", "viewer"), make_user("zhou", "viewer/fund_a"), products=OWNERS)
    room = Room(people, email=FakeCourier("email", then=Result.REFUSED), chat={"rate": 1_000})
    for fund in OWNERS:
        said = chat.SayInChat(room=fund, text=f"about {fund}", request_id=fund)
        await room.office.carry_out(said, Principal("li", {Permission.CHAT: EVERYTHING}))
    for name in PEOPLE:
        about: dict[str, Any] = {
            "event_id": f"desk:{name}",
            "subject": f"for {name}",
            "product_code": "",
            "account_id": "",
        }
        told = make_telling(name, ways=(Way("email", "li", 1),), **about)
        room.store.tell([told], room.clock.now_ns())
    await room.dispatch()
    return room


@contextlib.asynccontextmanager
async def open_house(folder: Path) -> AsyncIterator[House]:
    """Furnish a whole house: the real desk with two funds, the real record, the real routes."""
    stage = TwoFunds(folder)
    await stage.fill()
    records, journal = fill_record(folder)
    gate, room = PrincipalGate(), await open_rooms()
    world = ApiWorld(
        folder,
        gate=gate,
        desk=stage.desk,
        records=records,
        people=room.office,
        fleet=fleet_office(folder),
        replay=FakeReplay(),
        ops=FakeOps(FakeReplays()),
        feed=FakeFeed(),
        main_contract=FakeMainContract(),
        apart={
            "trials": FakeTrials(),
            "contracts": KnownContracts(InstrumentTable()),
            "history": ArchiveQueries(ArchivePlaces(folder / "archive")),
        },
        tests=FakeTests(),
        settings={"rate_burst": 1_000_000},
    )
    await let_people_in(world, gate)
    world.service.attach()
    world.bus.publisher(CLEAN_TICKS)(make_tick(instrument_id=AU, seq=1))
    world.bus.publisher(OPPORTUNITIES)(make_opportunity())

    async def door(scope: Any, receive: Any, send: Any) -> None:
        # A server gives each request a state of its own.
        await world.service.door({**scope, "state": {}}, receive, send)

    transport = httpx.ASGITransport(app=door)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8888") as client:
        yield House(world, gate, client)
    room.threads.close()
    records.close()
    journal.close()
