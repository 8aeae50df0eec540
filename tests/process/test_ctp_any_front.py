"""What holds at every front: the simulated one, and the one that the environment names (`make test-ctp-front`).

Here nothing is set up at the front, and nothing that would trade: the one order stands at the day's lowest price.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ctp_elsewhere import Elsewhere, elsewhere, missing
from ctp_room import Room
from ctp_trading import place_of, start_fronts
from sources_builders import KeepingIntake
from tradewind.ctp.channel import Places
from tradewind.execution.ports import AccountLink
from tradewind.kernel.metrics import Metrics
from tradewind.market.calendar import RoundTheClockCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.sources.ctp import CtpSource
from tradewind.market.sources.settings import CtpFeedSettings

from waiting import eventually

pytestmark = [pytest.mark.process, pytest.mark.timeout(400)]
_ABSENT = 1e300


class AnyFront:
    """A room at work before some front, with one order's worth of what that front trades."""

    def __init__(self, at: Elsewhere, folder: Path) -> None:
        self.at = at
        self.room = Room(at.trading, folder)
        self.room.settled()

    @property
    def link(self) -> AccountLink:
        return self.room.life.broker.accounts()[0]

    def ask(self, name: str, **fields: object) -> list[dict[str, Any]]:
        """Return what the front answers a query with, in the account's own line."""
        account = self.at.trading.accounts[0]
        asked = {"BrokerID": account.place.broker_id, "InvestorID": account.investor, **fields}
        return self.room.life.wait(self.room.life.broker.queries("a1").query(name, asked))

    def quote(self) -> None:
        """Tell LocalCTP a market of its own, which it takes as a two-sided quote: without one it refuses all orders."""
        symbol, _, exchange = self.at.instrument_id.partition(".")
        low, day = float(self.at.price), str(self.link.trading_day)
        fields = {
            "BrokerID": day, "InvestorID": day, "InstrumentID": symbol, "ExchangeID": exchange, "ClientID": "10:00:00",
            "BidPrice": low * 1.1, "AskPrice": low * 1.11, "BidVolume": 1, "AskVolume": 1, "UserID": f"{low * 1.1:.1f}",
            "BidOrderRef": f"{low * 1.2:.1f}", "AskOrderRef": f"{low:.1f}", "QuoteRef": f"{low * 1.1:.1f}",
            "ForQuoteSysID": "0", "BusinessUnit": "1",
        }  # fmt: skip
        door = self.room.life.broker._doors["a1"]
        door.request("ReqQuoteInsert", fields, 1)
        self.room.life.turn(50)

    def lowest_price(self) -> Decimal:
        """Return the lowest price that the contract may have today."""
        if self.at.price:
            return Decimal(self.at.price)
        symbol = self.at.instrument_id.partition(".")[0]
        account = self.at.trading.accounts[0]
        query = self.room.life.broker.queries("a1").query("ReqQryDepthMarketData", {"InstrumentID": symbol})
        rows = [row for row in self.room.life.wait(query) if row["InstrumentID"].strip() == symbol]
        if not rows or not 0 < rows[0]["LowerLimitPrice"] < _ABSENT:
            pytest.skip(f"{account.place.fronts[0]} tells no lowest price of {symbol}: set CTP_PRICE")
        return Decimal(str(rows[0]["LowerLimitPrice"]))


@pytest.fixture(scope="module", params=["simulated", "named"])
def named(request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    if request.param == "named":
        if missing():
            pytest.skip(missing())
        yield elsewhere()
        return
    fronts = start_fronts()
    yield Elsewhere(place_of(fronts), fronts.market_address, "IF2101.CFFEX")
    fronts.stop()


@pytest.fixture(scope="module")
def front(named: Elsewhere, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnyFront]:
    with pytest.MonkeyPatch.context() as here:
        if named.folder is not None:
            here.chdir(named.folder)
        front = AnyFront(named, tmp_path_factory.mktemp("any-front"))
        yield front
        front.room.end()


def test_the_account_gets_to_work_and_knows_its_day_and_money(front: AnyFront) -> None:
    link = front.link
    assert link.is_working
    assert link.trading_day > 20_000_000
    assert Decimal(link.funds["balance"]) >= 0


def test_the_contract_has_a_multiplier_and_a_tick(front: AnyFront) -> None:
    symbol, _, exchange = front.at.instrument_id.partition(".")
    rows = front.room.life.wait(
        front.room.life.broker.queries("a1").query("ReqQryInstrument", {"InstrumentID": symbol, "ExchangeID": exchange})
    )
    (row,) = [row for row in rows if row["InstrumentID"].strip() == symbol]
    assert row["VolumeMultiple"] >= 1
    assert 0 < row["PriceTick"] < _ABSENT


@pytest.mark.parametrize(
    "query",
    [
        "ReqQryTradingAccount", "ReqQryInvestorPosition", "ReqQryInvestorPositionDetail", "ReqQryOrder", "ReqQryTrade",
        "ReqQrySettlementInfo", "ReqQrySettlementInfoConfirm",
    ],
)  # fmt: skip
def test_what_the_desk_asks_is_answered(front: AnyFront, query: str) -> None:
    rows = front.ask(query)
    assert all(row["BrokerID"].strip() for row in rows)


def test_an_order_far_from_the_market_stands_and_is_taken_back(front: AnyFront) -> None:
    room = front.room
    if front.at.folder is not None:
        front.quote()
    room.approve(
        "far",
        instrument_id=front.at.instrument_id,
        quantity=1,
        price=front.lowest_price(),
        trading_day=front.link.trading_day,
    )
    room.life.until(lambda: room.status("far") in {"accepted", "rejected"})
    order = room.service.queries.order("far")
    assert order is not None
    if order.status.value == "rejected" and front.at.is_only_open_at_times:
        pytest.skip(f"the front takes no orders now: {order.reason_code} {order.reason}")
    assert order.status.value == "accepted", order.reason
    assert order.order_id
    room.cancel("far")
    room.life.until(lambda: room.status("far") == "cancelled")
    assert not room.fills


async def test_quotes_of_the_contract_come(named: Elsewhere, tmp_path: Path) -> None:
    if not named.market_front:
        pytest.skip("no market front is named: set CTP_MD_FRONT")
    library = named.trading.library
    source = CtpSource(
        CtpFeedSettings(
            fronts=(named.market_front,),
            broker_id=named.trading.accounts[0].place.broker_id,
            symbols=(named.instrument_id,),
            quote_time="arrival",
        ),
        library,
        places=Places.of(library, str(tmp_path), "market"),
        instruments=InstrumentTable(),
        calendar=RoundTheClockCalendar(),
        metrics=Metrics(),
    )
    intake = KeepingIntake()
    running = asyncio.create_task(source.run(intake))
    try:
        await eventually(lambda: bool(intake.ticks), timeout_s=60.0)
        # The first quote may come before the word that it was subscribed.
        await eventually(lambda: source.status().subscribed == 1)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
