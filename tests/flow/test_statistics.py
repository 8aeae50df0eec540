"""What happens at the desk is in the statistics at once, and a restart finds the same rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from desk_stage import AU, RB, Stage
from tradewind.bus.desk_topics import SUMMED_UP
from tradewind.domain import desk
from tradewind.domain.order import Side
from tradewind.domain.statistics import Grouping, StatisticsKind, StatisticsView

ALL = tuple(StatisticsKind)


def submit(number: int, **changes: Any) -> desk.Submit:
    """Return an instruction of zhang to buy 2 lots of gold for product p1."""
    line = {"instrument_id": AU, "side": Side.BUY, "quantity": 2, **changes.pop("line", {})}
    fields = {"actor": "zhang", "source": "test", "account_id": "paper", "product_code": "p1"}
    return desk.Submit(request_id=f"r{number}", lines=(desk.WishedLine(**line),), **{**fields, **changes})


async def tables(stage: Stage) -> StatisticsView:
    answer = await stage.office.answer(desk.AskStatistics(kinds=ALL))
    assert isinstance(answer, StatisticsView)
    return answer


def still(view: StatisticsView) -> Any:
    """Return the rows without what changes from one question to the next."""
    built = msgspec.to_builtins(view)
    for rows in built.values():
        for row in rows:
            row.pop("version")
            row.pop("ts_event")
        rows.sort(key=str)
    return built


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, 'trading.products=["p1", "p2"]')


async def test_a_fill_is_in_every_table(stage: Stage) -> None:
    stage.tick(600.0)
    await stage.office.carry_out(submit(1))
    for _ in range(5):
        stage.tick(600.0)
    view = await tables(stage)
    assert view.trades is not None
    assert view.groups is not None
    assert view.positions is not None
    assert view.accounts is not None
    (trade,) = view.trades
    assert (trade.product_code, trade.instrument_id, trade.side, trade.quantity) == ("p1", AU, Side.BUY, 2)
    assert trade.avg_price is not None
    assert trade.turnover == trade.avg_price * 2 * 1000
    assert trade.commission > 0
    assert {(row.book, row.delta_lots) for row in view.positions} == {("", Decimal(2)), ("p1/", Decimal(2))}
    by_name = {(row.grouping, row.name): row for row in view.groups}
    assert by_name[Grouping.TRADER, "zhang"].net_quantity == 2
    assert by_name[Grouping.SECTOR, "precious"].delta_value == 2 * 1000 * Decimal(600)
    own = next(row for row in view.accounts if not row.book)
    assert own.risk_degree is not None
    assert own.gross_value == 1_200_000
    assert not stage.failures


def keep_newest(rows: dict[Any, Any]) -> Callable[[Any], None]:
    """Return what keeps the newest row of each name."""
    parts = ("account_id", "product_code", "strategy", "book", "instrument_id", "side", "direction", "grouping", "name")

    def keep(row: Any) -> None:
        rows[tuple(str(getattr(row, part, "")) for part in parts)] = row

    return keep


async def test_what_is_told_on_the_bus_adds_up_to_what_is_answered(stage: Stage) -> None:
    told: dict[str, dict[Any, Any]] = defaultdict(dict)
    for topic in SUMMED_UP:
        each: Any = topic
        stage.rooms.bus.subscribe(each, keep_newest(told[topic.name]), group="test")
    stage.tick(600.0)
    stage.tick(3000.0, instrument_id=RB)
    await stage.office.carry_out(submit(1))
    await stage.office.carry_out(submit(2, actor="li", line={"instrument_id": RB, "quantity": 5}))
    for step in range(6):
        stage.tick(600.0 + step)
        stage.tick(3000.0 - step, instrument_id=RB)
    await stage.office.carry_out(submit(3, actor="li", line={"side": Side.SELL, "quantity": 1}))
    for step in range(8):
        stage.tick(606.0 + step)
    view = await tables(stage)
    live = StatisticsView(
        positions=[row for row in told["position_figures"].values() if row.quantity],
        accounts=list(told["account_figures"].values()),
        trades=[row for row in told["trade_statistics"].values() if row.fills],
        orders=[row for row in told["order_statistics"].values() if row.orders],
        groups=[row for row in told["position_groups"].values() if row.positions],
    )
    # The book of nobody's did not change while somebody listened.
    view = msgspec.structs.replace(view, accounts=[row for row in view.accounts or [] if row.book != "/"])
    assert still(live) == still(view)
    assert len(live.trades or []) == 3


async def test_a_restart_finds_the_same_rows(stage: Stage) -> None:
    stage.tick(600.0)
    await stage.office.carry_out(submit(1))
    await stage.office.carry_out(submit(2, actor="li"))
    for _ in range(6):
        stage.tick(600.0)
    before = still(await tables(stage))
    stage.again()
    for _ in range(4):
        stage.tick(600.0)
    after = still(await tables(stage))
    assert before["trades"] == after["trades"]
    assert before["groups"] == after["groups"]
    assert before["positions"] == after["positions"]


async def test_a_failure_of_the_statistics_does_not_stop_trading(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_fill: object) -> None:
        message = "no"
        raise RuntimeError(message)

    stage.tick(600.0)
    monkeypatch.setattr(stage.rooms.statistics.summary, "fill", fail)
    await stage.office.carry_out(submit(1))
    for _ in range(5):
        stage.tick(600.0)
    assert stage.rooms.portfolio.queries.positions()
    assert not await stage.office.answer(desk.AskTradingStates())
    assert stage.metrics.handler_failures.counts["fills/statistics"] == 1
