"""The CTP broker with its real child process before a simulated front, run by whoever lets time pass."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from desk_orders import make_order
from tradewind.ctp.settings import CtpSettings
from tradewind.domain.order import Order, OrderStatus
from tradewind.errors import InputError
from tradewind.execution.brokers.ctp.broker import CtpBroker
from tradewind.execution.brokers.ctp.credentials import Secrets
from tradewind.execution.brokers.ctp.settings import CtpAccountSettings, CtpBrokerSettings
from tradewind.execution.ports import Broker
from tradewind.kernel.clock import LineClock, SystemClock
from tradewind.market.contracts import InstrumentTable
from tradewind.testing.ctp_front.contracts import Contract, ContractList
from tradewind.testing.ctp_front.front import CtpFronts
from tradewind.testing.ctp_front.settings import FrontSettings, FrontUser

T = TypeVar("T")
BINDING = "tradewind.testing.ctp_front.binding"
DAY = 20210104
IF = Contract("IF2101", "CFFEX", "IF", "沪深300", 300, Decimal("0.2"), "index_futures", False, 20210115)  # noqa: FBT003 - its days are not kept apart
SETTINGS = FrontSettings(
    users=(FrontUser(balance=Decimal(100_000_000)),), trading_day=DAY, query_rate=1_000, order_rate=1_000
)


def start_fronts(settings: FrontSettings = SETTINGS) -> CtpFronts:
    """Open fronts that trade IF2101, quoted 5229.8 to 5230.2."""
    fronts = CtpFronts(settings, contracts=ContractList([IF]))
    fronts.market.open_at("IF2101", 5230)
    fronts.start()
    fronts.quote("IF2101", 5231, bid=5230.8, ask=5231.2)
    return fronts


def account_at(fronts: CtpFronts, account_id: str = "a1", user: int = 0) -> CtpAccountSettings:
    """Return an account of these fronts."""
    settings = fronts.settings
    return CtpAccountSettings(
        id=account_id,
        user_id=settings.users[user].user_id,
        broker_id=settings.broker_id,
        fronts=(fronts.trading_address,),
        app_id=settings.app_id,
        confirmation="unseen",
    )


class CtpPlace(msgspec.Struct, frozen=True):
    """Where a broker is reached: its accounts, with what only they know, and the library that speaks to it."""

    accounts: tuple[CtpAccountSettings, ...]
    secrets: dict[str, Secrets]
    library: CtpSettings
    looks: int = 2_000
    """How often it is looked whether something is so, every 10 ms, before it counts as never."""


def place_of(fronts: CtpFronts, accounts: int = 1) -> CtpPlace:
    """Return simulated fronts as a place."""
    users = fronts.settings.users[:accounts]
    named = tuple(account_at(fronts, f"a{number}", number - 1) for number in range(1, accounts + 1))
    secrets = {
        account.id: Secrets(user.password, fronts.settings.auth_code)
        for account, user in zip(named, users, strict=True)
    }
    return CtpPlace(named, secrets, CtpSettings(binding=BINDING, retry_scale=0.002))


class CtpLife:
    """One life of a broker: its loop turns while `pass_time` is called; `end` ends it as the program's end would."""

    def __init__(self, at: CtpFronts | CtpPlace, folder: Path, *, accounts: int = 1, **settings: object) -> None:
        place = at if isinstance(at, CtpPlace) else place_of(at, accounts)
        self.clock = LineClock(SystemClock().now_ns())
        self._looks = place.looks
        self.broker = CtpBroker(
            settings=msgspec.structs.replace(CtpBrokerSettings(accounts=place.accounts), **settings),
            library=place.library,
            data_dir=str(folder),
            secrets=place.secrets,
            clock=self.clock,
            instruments=InstrumentTable(),
        )
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self.broker.run())

    def pass_time(self) -> None:
        """Let the loop turn, and the line's time be the machine's."""
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self.clock.advance_to(SystemClock().now_ns())

    def turn(self, times: int) -> None:
        """Let some time pass."""
        for _ in range(times):
            self.pass_time()

    def wait(self, awaited: Coroutine[Any, Any, T]) -> T:
        """Let time pass until it is there; return it."""
        task = self._loop.create_task(awaited)
        self.until(task.done)
        return task.result()

    def until(self, is_so: Callable[[], bool]) -> None:
        """Let time pass until something is so."""
        for _ in range(self._looks):
            if is_so():
                return
            self.pass_time()
        message = f"it never came: {[(link.state, link.reason) for link in self.broker.accounts()]}"
        raise AssertionError(message)

    def kill_child(self, account_id: str = "a1") -> None:
        """Kill the child, where there is one."""
        pid = self.broker.child_of(account_id)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        """End it; the child goes with it."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)
        self._loop.close()


class OnCtp:
    """A place of the contract suite."""

    def __init__(self, folder: Path) -> None:
        self.fronts = start_fronts()
        self.life = CtpLife(self.fronts, folder)
        self.broker: Broker = self.life.broker

    def pass_time(self) -> None:
        self.life.pass_time()

    def trade(self, client_order_id: str) -> None:
        assert client_order_id
        with self.fronts.lock:
            standing = self.fronts.investor().orders
            with contextlib.suppress(InputError):
                if standing:
                    self.fronts.desk.fill(standing[-1], 1)

    def close(self) -> None:
        self.broker.close()
        self.life.end()
        self.fronts.stop()


def named_order(life: CtpLife, client_order_id: str = "o1", **changes: object) -> Order:
    """Return an order to buy IF2101 under a reference of its account's session."""
    changes = {"request_quantity": 1, "request_trading_day": DAY, **changes}
    order = make_order(client_order_id, status=OrderStatus.PENDING, **changes)
    return msgspec.structs.replace(order, broker_ref=life.broker.reference(order.request))
