"""A week of trading for tests: quotes and tickets by a seed, nights included, and the sum that must come out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from desk_stage import AU, RB, Stage, known
from tradewind.domain import desk
from tradewind.domain.account import Account
from tradewind.domain.instruction import Intent
from tradewind.domain.order import Fill, Side
from tradewind.kernel.rng import named_rng

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = date(2025, 11, 17)
SIGNED: Any = {"actor": "chen", "source": "test"}
MULTIPLIER = {AU: 1000, RB: 10}
QUOTES_A_SESSION = 12


def ns_of(day: date, at: time) -> int:
    return round(datetime.combine(day, at, SHANGHAI).timestamp()) * 10**9


def sessions(trading_day: date) -> list[int]:
    """Return moments at which both contracts trade: the evening before the trading day, its morning and afternoon."""
    evening = trading_day - timedelta(days=3 if trading_day.weekday() == 0 else 1)
    begins = [ns_of(evening, time(21, 5)), ns_of(trading_day, time(9, 5)), ns_of(trading_day, time(13, 35))]
    return [begin + number * 120 * 10**9 for begin in begins for number in range(QUOTES_A_SESSION)]


FLAGS = ('portfolio.hours=["night_0230"]',)
SUNDAY_EVENING_NS = ns_of(MONDAY - timedelta(days=3), time(20, 0))


class Week:
    """Plays quotes and trades by a seed, remembering nothing but what the fills said."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage = stage
        self.rng = named_rng(seed, "week")
        self.prices = {AU: 600.0, RB: 3000.0}
        self.asked = 0

    async def day(self, trading_day: date) -> None:
        for moment in sessions(trading_day):
            for instrument_id, step in ((AU, 0.02), (RB, 1.0)):
                price = round(self.prices[instrument_id] + step * self.rng.randint(-20, 20), 2)
                self.prices[instrument_id] = price
                after_s = max((moment - self.stage.clock.now_ns()) / 1e9, 0.5)
                day = int(trading_day.strftime("%Y%m%d"))
                self.stage.tick(price, after_s=after_s, instrument_id=instrument_id, trading_day=day)
                if self.rng.random() < 0.4:
                    await self.trade(instrument_id)
        self.stage.clock.advance_to(ns_of(trading_day, time(18, 0)))

    async def trade(self, instrument_id: str) -> None:
        self.asked += 1
        line = desk.WishedLine(
            instrument_id=instrument_id,
            side=self.rng.choice([Side.BUY, Side.SELL]),
            quantity=self.rng.randint(1, 2),
            intent=self.rng.choice([Intent.AUTO, Intent.OPEN, Intent.CLOSE]),
        )
        await self.stage.office.carry_out(
            desk.Submit(**SIGNED, request_id=f"w{self.asked}", account_id="paper", lines=(line,))
        )

    async def flatten(self) -> None:
        held: Any = await self.stage.office.answer(desk.AskPositions())
        for number, position in enumerate(held):
            if position.book:
                continue
            side = Side.SELL if position.direction == "long" else Side.BUY
            line = desk.WishedLine(
                instrument_id=position.instrument_id, side=side, quantity=position.quantity, intent=Intent.CLOSE
            )
            await self.stage.office.carry_out(
                desk.Submit(**SIGNED, request_id=f"flat{number}", account_id="paper", lines=(line,))
            )

    def fills(self) -> list[Fill]:
        read = self.stage.decoder("fills").decode
        return [read(entry.payload) for entry in self.stage.journal.read(0) if entry.kind == "fills"]


async def account_of(stage: Stage) -> Account:
    found: Any = await stage.office.answer(desk.AskAccounts())
    accounts: list[Account] = [account for account in found if not account.book]
    return accounts[0]


async def play_week(stage: Stage, *, dies_after: int = 2) -> Week:
    """Play five trading days and close everything in the first evening of the next; die once in between."""
    week = Week(stage, seed=7)
    for number in range(5):
        await week.day(MONDAY + timedelta(days=number))
        if number == dies_after:
            await stage.settled()
            before = known(stage)
            stage.again()
            assert known(stage)["portfolio"] == before["portfolio"]
    friday, monday = MONDAY + timedelta(days=4), MONDAY + timedelta(days=7)
    trading_day = int(monday.strftime("%Y%m%d"))
    for instrument_id in (AU, RB):
        after_s = max((ns_of(friday, time(21, 10)) - stage.clock.now_ns()) / 1e9, 0.5)
        stage.tick(week.prices[instrument_id], after_s=after_s, instrument_id=instrument_id, trading_day=trading_day)
    await week.flatten()
    stage.tick(week.prices[AU], trading_day=trading_day)
    await stage.settled()
    return week


async def check_week(stage: Stage, week: Week) -> None:
    """Every cent is accounted for: what was paid in, what was traded, what it cost, and nothing else."""
    assert await stage.office.answer(desk.AskPositions()) == []
    fills = week.fills()
    account = await account_of(stage)
    equity: Any = await stage.office.answer(desk.AskEquity(account_id="paper"))
    commission = sum((day.commission for day in equity.days), account.commission)
    traded = sum(
        (
            (fill.price if fill.side is Side.SELL else -fill.price) * fill.quantity * MULTIPLIER[fill.instrument_id]
            for fill in fills
        ),
        Decimal(0),
    )
    assert len(fills) > 40
    assert len(equity.days) == 5
    assert account.margin == account.frozen_margin == account.position_pnl == 0
    assert account.balance == 1_000_000 + traded - commission
    for day, following in zip(equity.days, equity.days[1:], strict=False):
        assert following.pre_balance == day.balance
        assert (
            day.balance
            == day.pre_balance + day.deposit - day.withdraw + day.close_pnl + day.position_pnl - day.commission
        )
    assert stage.failures == []
