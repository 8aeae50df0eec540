"""A week at a broker's simulated fronts, nights and troubles included: no cent, tick, fill or order is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from ctp_week import ACCOUNT, Week, week_of
from tradewind.domain.instruction import Intent
from tradewind.domain.order import OrderStatus
from tradewind.testing.ctp_front.settings import FrontSettings, FrontUser

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]

AU, RB, IF = "au2506.SHFE", "rb2510.SHFE", "IF2504.CFFEX"


class Day(NamedTuple):
    """A trading day, the evening and the morning after in which its night session is, and where it is disturbed."""

    day: int
    evening: str
    midnight: str
    date: str
    disconnected_in: str
    killed_in: str


DAYS: Final = (
    Day(20250416, "2025-04-15", "2025-04-16", "2025-04-16", "night", "morning"),
    Day(20250417, "2025-04-16", "2025-04-17", "2025-04-17", "after midnight", "afternoon"),
    # The third Friday: the index future's last day, lots of which are held.
    Day(20250418, "2025-04-17", "2025-04-18", "2025-04-18", "morning", "night"),
    # Friday's night belongs to Monday.
    Day(20250421, "2025-04-18", "2025-04-19", "2025-04-21", "afternoon", "after midnight"),
    Day(20250422, "2025-04-21", "2025-04-22", "2025-04-22", "after the close", "morning"),
)
AFTER: Final = 20250423


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"CTP_PASSWORD_{ACCOUNT.upper()}", FrontUser().password)
    monkeypatch.setenv(f"CTP_AUTH_CODE_{ACCOUNT.upper()}", FrontSettings().auth_code)


async def night(week: Week, day: Day) -> None:
    await week.go_to(f"{day.evening} 21:00:05")
    await week.quote(AU, "721.02")
    await week.quote(RB, "3101")
    # It stands through the night, the breaks and all that happens, until the day ends.
    await week.rest(AU, 1, "700.02")
    await week.trade(AU, 2, "721.04", Intent.OPEN)
    await week.quote(AU, "721.10")


async def after_midnight(week: Week, day: Day) -> None:
    await week.go_to(f"{day.midnight} 00:30:00")
    await week.quote(AU, "722.46")
    await week.trade(AU, -1, "722.40")
    await week.quote(AU, "722.48")


async def morning(week: Week, day: Day) -> None:
    await week.go_to(f"{day.date} 09:35:00")
    await week.quote(AU, "720.50")
    await week.quote(RB, "3097")
    await week.trade(RB, -9, "3096", Intent.OPEN)
    if day.day <= DAYS[2].day:
        await week.quote(IF, "3811.4")
        await week.trade(IF, 1, "3811.8", Intent.OPEN)
    await week.quote(RB, "3099")


async def afternoon(week: Week, day: Day) -> None:
    await week.go_to(f"{day.date} 13:35:00")
    await week.quote(AU, "719.90")
    await week.quote(RB, "3090")
    await week.trade(RB, 4, "3092")
    assert week.resting() == ["accepted"]


async def killed_at_work(week: Week) -> None:
    """Kill the child with an order under way: nobody listens to its fill."""
    before = len(week.fronts.investor().orders)
    await week.ask(AU, 1, "720.60", Intent.OPEN)
    await week.kill_trading()
    week.fill()
    await week.at_work()
    await week.filled()
    assert len(week.fronts.investor().orders) == before + 1


async def evening(week: Week, day: Day, next_day: int) -> None:
    """Settle, and break for maintenance until the next day begins."""
    await week.go_to(f"{day.date} 15:50:00")
    if day.disconnected_in == "after the close":
        await week.disconnect()
    await week.settle({AU: "720.30", RB: "3088", IF: "3805.2"} if day.day < DAYS[3].day else {AU: "721.88", RB: "3070"})
    review = week.reviews()[0]
    assert (review.trading_day, review.differences, review.malformed_count) == (day.day, (), 0)
    assert review.confirmation is not None
    week.fronts.stop()
    await week.go_to(f"{day.date} 17:00:00")
    week.fronts.begin_day(next_day)
    await week.go_to(f"{day.date} 20:45:00")
    week.start_again()
    await week.at_work()


async def test_a_week_ends_with_ledger_and_statement_alike_and_every_tick_once(tmp_path: Path) -> None:
    phases: dict[str, Callable[[Week, Day], Awaitable[None]]] = {
        "night": night, "after midnight": after_midnight, "morning": morning, "afternoon": afternoon
    }  # fmt: skip
    async with week_of(tmp_path, first_day=DAYS[0].day, begins="2025-04-15 20:45:00") as week:
        for day, next_day in zip(DAYS, [*(each.day for each in DAYS[1:]), AFTER], strict=True):
            for name, play in phases.items():
                await play(week, day)
                if day.disconnected_in == name:
                    await week.disconnect()
                if day.killed_in == name:
                    await killed_at_work(week)
                    await week.kill_market()
            await evening(week, day, next_day)
        assert [review.trading_day for review in reversed(week.reviews())] == [day.day for day in DAYS]
        assert sorted((fill.trading_day, fill.fill_id) for fill in week.fills) == sorted(week.done)
        open_ones = [
            order for order in week.orders() if order.status not in {OrderStatus.FILLED, OrderStatus.CANCELLED}
        ]
        assert open_ones == []
        account = week.desk.rooms.portfolio.books.accounts[ACCOUNT].account
        assert account.pre_balance == week.fronts.investor().books.money.pre_balance
        assert sorted({key[0] for key, held in account.holdings.items() if held.quantity}) == [AU, RB]
        received = [str(asked["OrderRef"]) for asked in week.fronts.desk.received]
        assert len(week.orders()) == len(received)
        assert [(tick.instrument_id, tick.trading_day, tick.volume) for tick in week.ticks] == week.made
    assert week.recorded() == week.made
