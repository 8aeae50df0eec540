"""Two instances on one store: what one knows the other knows soon, and with the database gone both go on."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from identity_builders import OWN_HOST, OWN_ORIGIN, make_request
from real_mariadb import PASSWORD as STORE_PASSWORD
from real_mariadb import RealMariaDb
from tradewind.domain.access import Admitted, Refused
from tradewind.domain.rights import Grant, Permission
from tradewind.domain.user import User
from tradewind.identity import IdentityOffice, IdentityService, Proof, Reception, SignedIn
from tradewind.identity.keeping import Who
from tradewind.identity.people import UserChange
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.identity import IdentityRoom, access_tokens
from tradewind.runtime.settings import TradewindSettings
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.store import SqlStore

from waiting import eventually

GIVEN, CHOSEN = "长城-correct-horse-9", "another-battery-staple-7"
ADMINISTRATOR = Who("administrator", "api test")
_NUMBERS = itertools.count()


class Instance:
    """The identity room of one process, with everything that follows it."""

    def __init__(self, settings: TradewindSettings) -> None:
        self.closed: list[str] = []
        self.room = IdentityRoom(settings, metrics=Metrics(), tokens=access_tokens(settings))
        self.service: IdentityService = self.room.follow(close_connections=self.closed.append)
        served: tuple[Reception, IdentityOffice, object] = self.room.served(self.service)
        self.reception, self.office, _ = served

    async def sign_in(self, password: str = CHOSEN) -> str:
        """Sign wang in and return the cookie header."""
        signed = await self.reception.sign_in(
            Proof(username="wang", password=password), headers={"host": OWN_HOST}, peer="127.0.0.1"
        )
        assert isinstance(signed, SignedIn), signed
        return signed.set_cookie.partition(";")[0]

    def decide(self, cookie: str) -> Admitted | Refused:
        """Judge a request with this cookie."""
        return self.room.gate.decide(make_request(headers={"cookie": cookie}))

    def may_trade(self, cookie: str) -> bool:
        """Say whether whoever sends this cookie may trade."""
        answer = self.decide(cookie)
        return isinstance(answer, Admitted) and answer.principal.may(Permission.TRADE, "F1", "A1")


@asynccontextmanager
async def _pair(store: StoreSettings, folder: Path) -> AsyncIterator[tuple[Instance, Instance]]:
    settings = TradewindSettings(data_dir=str(folder), store=store)
    access_tokens(settings).ensure()
    async with AsyncExitStack() as ending:
        both = Instance(settings), Instance(settings)
        running = [asyncio.create_task(one.service.run()) for one in both]

        async def stop() -> None:
            for task in running:
                task.cancel()
            await asyncio.wait(running)

        ending.push_async_callback(stop)
        await eventually(lambda: all(one.service.failure is None for one in both), timeout_s=20)
        yield both


async def _wang(here: Instance) -> User:
    """Make wang, who has changed the password that was given."""
    user = User(user_id=0, username="wang", grants=(Grant("trader"),))
    made = await here.office.add_user(ADMINISTRATOR, user, GIVEN)
    principal = here.room.directory.principal("wang")
    assert principal is not None
    who = Who("wang", "api test")
    await here.office.change_password(who, principal, GIVEN, CHOSEN, keep="")
    return made


async def test_who_signs_in_at_one_instance_is_known_at_the_other_at_once(
    settings: StoreSettings, tmp_path: Path
) -> None:
    async with _pair(settings, tmp_path) as (here, there):
        await _wang(here)
        await eventually(lambda: there.room.directory.user("wang") is not None)
        cookie = await here.sign_in()

        assert here.may_trade(cookie)
        await eventually(lambda: there.may_trade(cookie))


async def test_a_change_made_at_one_instance_counts_at_the_other_soon(settings: StoreSettings, tmp_path: Path) -> None:
    async with _pair(settings, tmp_path) as (here, there):
        user = await _wang(here)
        cookie = await here.sign_in()
        await eventually(lambda: there.may_trade(cookie))
        change = UserChange(grants=(Grant("viewer"),))
        await here.office.change_user(ADMINISTRATOR, "wang", change, user.version)
        assert not here.may_trade(cookie)
        await eventually(lambda: not there.may_trade(cookie))
        assert isinstance(there.decide(cookie), Admitted)
        await here.office.change_user(ADMINISTRATOR, "wang", UserChange(is_disabled=True), user.version + 1)
        assert isinstance(here.decide(cookie), Refused)
        await eventually(lambda: isinstance(there.decide(cookie), Refused))

    handle = here.closed[0]
    assert set(here.closed) == set(there.closed) == {handle}


async def test_who_signs_out_at_one_instance_is_out_at_the_other_within_a_second(
    settings: StoreSettings, tmp_path: Path
) -> None:
    async with _pair(settings, tmp_path) as (here, there):
        await _wang(here)
        cookie = await here.sign_in()
        await eventually(lambda: there.may_trade(cookie))
        answer = here.decide(cookie)
        assert isinstance(answer, Admitted)
        here.room.sessions.end(answer.session_id or "")
        await here.office.sessions_changed()
        await eventually(lambda: isinstance(there.decide(cookie), Refused), timeout_s=5)

        assert there.closed == [answer.session_id]


async def test_one_ticket_opens_one_socket_whichever_instance_it_comes_to(
    settings: StoreSettings, tmp_path: Path
) -> None:
    async with _pair(settings, tmp_path) as (here, there):
        await _wang(here)
        cookie = await here.sign_in()
        await eventually(lambda: there.may_trade(cookie))
        answer = here.decide(cookie)
        assert isinstance(answer, Admitted)
        ticket, _ = await here.office.make_ticket(here.office.session_digest(answer.session_id or ""))
        headers = {"Host": OWN_HOST, "Origin": OWN_ORIGIN, "Sec-WebSocket-Protocol": f"tradewind, ticket.{ticket}"}
        answers = [one.room.gate.admit("/ws", headers, "127.0.0.1") for one in (there, here, there)]

    assert [isinstance(one, Admitted) for one in answers] == [True, False, False]


async def test_two_administrators_who_saw_the_same_version_do_not_overwrite_each_other(
    settings: StoreSettings, tmp_path: Path
) -> None:
    async with _pair(settings, tmp_path) as pair:
        user = await _wang(pair[0])
        changes = [UserChange(english_name=f"Wang {number}") for number in range(8)]
        done = await asyncio.gather(
            *(
                pair[number % 2].office.change_user(ADMINISTRATOR, "wang", change, user.version)
                for number, change in enumerate(changes)
            ),
            return_exceptions=True,
        )

    assert sum(isinstance(one, User) for one in done) == 1
    assert {type(one).__name__ for one in done if not isinstance(one, User)} == {"StateConflictError"}


async def test_with_the_database_killed_who_is_in_stays_in_and_nobody_comes_in_by_name(
    tmp_path: Path, mariadb: RealMariaDb, settings_of: Callable[[str], StoreSettings]
) -> None:
    name = f"tw_identity_{next(_NUMBERS)}"
    mariadb.make_database(name)
    store = msgspec.structs.replace(settings_of("mariadb"), url=mariadb.url(name), password=STORE_PASSWORD)
    tables = SqlStore(store, tmp_path)
    schema.upgrade(tables.engine)
    tables.close()
    async with _pair(store, tmp_path) as (here, there):
        await _wang(here)
        cookie = await here.sign_in()
        await eventually(lambda: there.may_trade(cookie))
        mariadb.kill()
        try:
            await eventually(lambda: all(one.service.failure for one in (here, there)), timeout_s=20)
            refused = await here.reception.sign_in(
                Proof(username="wang", password=CHOSEN), headers={"host": OWN_HOST}, peer="127.0.0.1"
            )
            states = [one.may_trade(cookie) for one in (here, there)]
        finally:
            mariadb.start()
        await eventually(lambda: all(one.service.failure is None for one in (here, there)), timeout_s=20)
        again = await here.sign_in()

    assert isinstance(refused, Refused)
    assert refused.status == 503
    assert states == [True, True]
    assert again != cookie


async def test_a_database_that_hangs_does_not_stop_the_loop(
    tmp_path: Path, mariadb: RealMariaDb, settings_of: Callable[[str], StoreSettings]
) -> None:
    async with _pair(settings_of("mariadb"), tmp_path) as (here, _):
        mariadb.freeze()
        try:
            await eventually(lambda: here.service.failure is not None, timeout_s=20)
            answer = here.decide("__Host-tradewind=unknown")
        finally:
            mariadb.thaw()

    assert isinstance(answer, Refused)
