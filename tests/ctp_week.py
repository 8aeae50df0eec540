"""The platform's own parts before simulated CTP fronts: real child processes, and a clock that leaps through days."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from ctp_trading import BINDING
from market_builders import shanghai
from private_ports import free_ports
from tradewind.bus.desk_topics import FILLS
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.ctp.channel import Places
from tradewind.domain.desk import AskInstructions, Submit, WishedLine
from tradewind.domain.instruction import Execution, Intent
from tradewind.domain.order import Fill, Order, Side
from tradewind.domain.rights import EVERYTHING
from tradewind.domain.statement_review import StatementReview
from tradewind.domain.tick import Tick
from tradewind.execution.ports import AccountLink
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, perf_ns
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.market.recording import OwnRecording, RecordingIntake
from tradewind.market.sources.ctp import CtpSource
from tradewind.runtime.desk.building import Desk
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import build_line, build_recorder
from tradewind.testing.ctp_front.contracts import ContractList, contract_of
from tradewind.testing.ctp_front.front import CtpFronts
from tradewind.testing.ctp_front.settings import FrontSettings, FrontUser

from waiting import eventually

ACCOUNT: Final = "main"
DEPOSIT: Final = 10_000_000
OPENING: Final = {"au2506.SHFE": "720", "rb2510.SHFE": "3100", "IF2504.CFFEX": "3800"}
PATIENCE_S: Final = 25.0
_STEP_NS: Final = 6 * 3600 * NS_PER_S
_SIGNED: Final[Any] = {"actor": "chen", "source": "test"}


class WeekTime:
    """A wall clock that goes with the machine's and jumps forward."""

    def __init__(self, moment: str) -> None:
        self._base, self._from = shanghai(moment), perf_ns()

    def now_ns(self) -> int:
        return self._base + perf_ns() - self._from

    def jump(self, now_ns: int) -> None:
        self._base, self._from = max(now_ns, self.now_ns()), perf_ns()


class Week:
    """Fronts, market source, recorder and desk; `trade` and `quote` return when all of it has come through."""

    def __init__(self, folder: Path, *, first_day: int, begins: str) -> None:
        self.time = WeekTime(begins)
        contracts = [found for name in OPENING if (found := contract_of(name, first_day)) is not None]
        front = FrontSettings(
            users=(FrontUser(balance=Decimal(0)),), trading_day=first_day, query_rate=1_000, order_rate=1_000,
            app_id="app_1", dates_confirmations=True,
        )  # fmt: skip
        self.fronts = CtpFronts(front, contracts=ContractList(contracts), clock=self.time)
        for name, price in OPENING.items():
            self.fronts.market.open_at(name.partition(".")[0], price)
        self.fronts.move_money(DEPOSIT)
        self.fronts.start(*free_ports(2))
        self.settings = load(TradewindSettings, flags=[*self._flags(folder)]).settings
        metrics = Metrics()
        self.line = build_line(self.settings, metrics=metrics)
        self.source = CtpSource(
            self.settings.market.ctp, self.settings.ctp, places=Places.of(self.settings.ctp, str(folder), "market"),
            instruments=self.line.instruments, calendar=self.line.calendar, metrics=metrics, clock=self.time,
        )  # fmt: skip
        recorder = build_recorder(self.settings, self.line, source=self.source, metrics=metrics)
        assert recorder is not None
        self.recorder = recorder
        self.line.clock.advance_to(self.time.now_ns())
        self.desk = Desk(
            self.settings, line=self.line.bus, clock=self.line.clock, metrics=metrics,
            instruments=self.line.instruments, calendar=self.line.calendar,
        )  # fmt: skip
        self.ticks: list[Tick] = []
        self.made: list[tuple[str, int, int]] = []
        """What the market quoted while we were connected: contract, trading day, its volume of the day so far."""
        self.fills: list[Fill] = []
        self.done: list[tuple[int, str]] = []
        """What the exchange did for us: trading day and number."""
        self._asked = 0
        self._resting: set[str] = set()
        self._signed_in = 1
        self.line.bus.subscribe(CLEAN_TICKS, self.ticks.append, group="test")
        self.desk.bus.subscribe(FILLS, self.fills.append, group="test")

    def _flags(self, folder: Path) -> list[str]:
        front = self.fronts.settings
        account = {
            "id": ACCOUNT, "user_id": front.users[0].user_id, "broker_id": front.broker_id, "app_id": front.app_id,
            "fronts": [self.fronts.trading_address],
        }  # fmt: skip
        ours = {
            "id": ACCOUNT, "initial_deposit": DEPOSIT, "margin_price": "pre_settlement", "is_commission_in_cents": True
        }  # fmt: skip
        symbols = [name.partition(".")[0] for name in OPENING]
        return [
            f"data_dir={folder}", "rooms=[]", "market.source=ctp", f"market.recording.folder={folder / 'recordings'}",
            f"market.ctp.fronts={json.dumps([self.fronts.market_address])}",
            f"market.ctp.symbols={json.dumps(symbols)}", "market.ctp.timer_step_ms=10", "market.ctp.idle_retry_s=1",
            f"ctp.binding={BINDING}", "ctp.no_answer_s=0.3", "ctp.next_front_s=1", "ctp.retry_scale=0.01",
            "execution.broker=ctp", f"execution.ctp.accounts={json.dumps([account])}",
            "execution.ctp.statement_look_s=0.05", "execution.reconcile_s=3600",
            # Time leaps by hours, and nobody answers within a leap.
            "execution.query_after_s=600", "execution.ctp.query_after_s=600", "execution.ctp.login_after_s=600",
            "execution.ctp.compare_s=86400",
            f"portfolio.accounts={json.dumps([ours])}", "portfolio.settlement_price=statement",
            "portfolio.confirm_statements=auto", "instructions.approval=never", "pretrade.near_expiry_days=0",
            f"pretrade.report_confirmed_at={json.dumps({ACCOUNT: '2025-04-10'})}",
        ]  # fmt: skip

    async def go_to(self, moment: str) -> None:
        """Let time pass until then, in steps that everything can follow."""
        until_ns = shanghai(moment)
        while self.time.now_ns() < until_ns:
            step_ns = min(until_ns, self.time.now_ns() + _STEP_NS)
            self.time.jump(step_ns)
            await eventually(lambda step_ns=step_ns: self.line.clock.now_ns() >= step_ns)  # type: ignore[misc]

    def link(self) -> AccountLink:
        """Return how the account stands."""
        (link,) = self.desk.rooms.execution.queries.broker().accounts
        return link

    async def at_work(self) -> None:
        """Wait until quotes come and orders may go."""

        def is_at_work() -> bool:
            link, source = self.link(), self.source.status()
            pull = self.desk.rooms.rate_pulls()[ACCOUNT]
            return (
                # Until its broker has told what a contract costs nobody trades it.
                (pull.trading_day, pull.left) == (int(self.fronts.trading_day), 0)
                and link.is_working
                and link.is_settlement_confirmed
                and self.desk.rooms.execution.queries.broker().is_reconciled
                and source.subscribed == len(self.fronts.contracts.all())
                and source.connections.get("signed_in", 0) >= self._signed_in
            )

        await self.until(is_at_work)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for a fact; say how all stands where it does not come."""
        try:
            await eventually(is_so, timeout_s=PATIENCE_S)
        except TimeoutError:
            rooms = self.desk.rooms
            found = (self.link(), self.source.status(), self.reviews()[:1], rooms.statement_troubles())
            asked: Any = await self.desk.office.answer(AskInstructions(), EVERYTHING)
            orders = [(order.status, order.reason, order.client_order_id) for order in self.orders()]
            pytest.fail(f"it never came about: {found} {self.resting()} {orders[-5:]} {asked[-1:]}")

    async def disconnect(self) -> None:
        """Let the fronts hang up on everybody, and wait until all are back."""
        before = self.link().counts.get("disconnected", 0)
        self._signed_in = self.source.status().connections.get("signed_in", 0) + 1
        self.fronts.disconnect()
        await self.until(lambda: self.link().counts.get("disconnected", 0) > before)
        await self.at_work()

    async def kill_market(self) -> None:
        """Kill the child that hears quotes, and wait until the next one does."""
        self._signed_in = self.source.status().connections.get("signed_in", 0) + 1
        pid = self.source.child_pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await self.at_work()

    def start_again(self) -> None:
        """Let the fronts in again what they shut out, at the ports of before."""
        self._signed_in = self.source.status().connections.get("signed_in", 0) + 1
        self.fronts.start()

    async def kill_trading(self) -> None:
        """Kill the child that trades, and wait until that is known."""
        before = self.link().counts.get("child_ended", 0)
        pid = next(number for number in _processes() if _is_trading_child_of(number, os.getpid()))
        os.kill(pid, signal.SIGKILL)
        await self.until(lambda: self.link().counts.get("child_ended", 0) > before)

    async def quote(self, name: str, price: str, lots: int = 3) -> None:
        """Let the market trade, and wait for the one clean tick that comes of it."""
        before, symbol = len(self.ticks), name.partition(".")[0]
        self.time.jump(self.time.now_ns() + 500 * NS_PER_MS)
        self.fronts.quote(symbol, price, lots=lots)
        self.made.append((name, int(self.fronts.trading_day), self.fronts.market.quote_of(symbol).volume))
        await self.until(lambda: len(self.ticks) == before + 1)

    async def ask(self, name: str, lots: int, price: str, intent: Intent = Intent.AUTO) -> None:
        """Have lots bought, or sold where they are below 0, and wait until the order is at the front."""
        self._asked += 1
        before = len(self.fronts.desk.received)
        line = WishedLine(
            instrument_id=name, side=Side.BUY if lots > 0 else Side.SELL, quantity=abs(lots), intent=intent,
            execution=Execution(limit_price=Decimal(price)),
        )  # fmt: skip
        await self.desk.office.carry_out(
            Submit(**_SIGNED, request_id=f"w{self._asked}", account_id=ACCOUNT, lines=(line,)), EVERYTHING
        )
        await self.until(lambda: len(self.fronts.desk.received) > before)

    async def rest(self, name: str, lots: int, price: str) -> None:
        """Have an order stand at the exchange until its day ends."""
        await self.ask(name, lots, price, Intent.OPEN)
        self._resting.add(str(self.fronts.desk.received[-1]["OrderRef"]).strip())

    def resting(self) -> list[str]:
        """Return where the orders stand, in our books, that stand at the exchange to the end of the day."""
        day = int(self.fronts.trading_day)
        refs = {
            order.broker_ref.rpartition(".")[2]: order for order in self.orders() if order.request.trading_day == day
        }
        return [refs[ref].status.value for ref in self._resting]

    def fill(self) -> None:
        """Let all that stands at the exchange be done, but what shall rest."""
        with self.fronts.lock:
            for order in tuple(self.fronts.investor().standing()):
                if order.reference not in self._resting:
                    self.fronts.desk.fill(order)

    async def filled(self) -> None:
        """Wait until each trade of the day is here, once."""
        day = int(self.fronts.trading_day)
        told = sorted(trade["TradeID"].strip() for trade in self.fronts.investor().trades)
        await self.until(lambda: sorted(fill.fill_id for fill in self.fills if fill.trading_day == day) == told)

    async def trade(self, name: str, lots: int, price: str, intent: Intent = Intent.AUTO) -> None:
        """Have lots traded, from the wish to the fill."""
        await self.ask(name, lots, price, intent)
        self.fill()
        await self.filled()

    async def settle(self, prices: dict[str, str]) -> None:
        """Let the broker write its statement, and wait until ours is compared and the word is there."""
        day = int(self.fronts.trading_day)
        self.done += [(day, trade["TradeID"].strip()) for trade in self.fronts.investor().trades]
        self.fronts.settle({name.partition(".")[0]: price for name, price in prices.items()})
        await self.until(lambda: bool(self.reviews()) and self.reviews()[0].trading_day == day)
        await self.until(lambda: self.resting() == ["cancelled"])
        self._resting.clear()
        # The front has the word for the day that ends, and we have seen that it has: the next day wants one of its own.
        investor = self.fronts.investor()
        await self.until(lambda: investor.confirmed_at >= "15:50")
        await self._looked_at_twice()

    async def _looked_at_twice(self) -> None:
        """Wait as long as the keeper of statements takes to look twice."""
        await asyncio.sleep(4 * self.settings.execution.ctp.statement_look_s)

    def reviews(self) -> list[StatementReview]:
        """Return what came of statements, the newest first."""
        return self.desk.rooms.portfolio.statements.reviews()

    def orders(self) -> list[Order]:
        """Return all orders."""
        return list(self.desk.rooms.execution.queries.orders())

    def recorded(self) -> list[tuple[str, int, int]]:
        """Return what a replay of the recordings shows: contract, trading day and volume of each clean tick."""
        found: list[tuple[str, int, int]] = []
        folder = Path(self.settings.market.recording.folder)
        line = build_line(self.settings, metrics=Metrics())
        line.bus.subscribe(
            CLEAN_TICKS, lambda tick: found.append((tick.instrument_id, tick.trading_day, tick.volume)), group="test"
        )
        raws = [raw for path in folder.glob("*.twr") for batch in OwnRecording(path).batches() for raw in batch]
        for raw in sorted(raws, key=lambda raw: raw[2]):
            line.intake.accept(raw)
        return found


@contextlib.asynccontextmanager
async def week_of(folder: Path, *, first_day: int, begins: str) -> AsyncIterator[Week]:
    """Begin a week and wait until all are at work; end it in order."""
    week = Week(folder, first_day=first_day, begins=begins)
    tasks = [
        asyncio.create_task(week.source.run(RecordingIntake(week.line.intake, week.recorder))),
        asyncio.create_task(week.desk.service.run()),
    ]
    try:
        await week.desk.service.wait_open()
        await week.at_work()
        yield week
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        week.recorder.close()
        week.fronts.stop()


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _is_trading_child_of(number: int, parent: int) -> bool:
    entry = Path("/proc") / str(number)
    try:
        words = (entry / "cmdline").read_bytes().split(b"\0")
        status = (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return b"tradewind.ctp.child" in words and b"trading" in words and int(status[1]) == parent
