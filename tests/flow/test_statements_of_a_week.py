"""A week at a simulated front: each evening its statement, from books of its own, agrees with ours to the cent."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from tradewind.ctp.statement import join_pieces, read_statement
from tradewind.domain.account import CashMove, Settlement
from tradewind.domain.order import Fill, Offset, Side
from tradewind.market.contracts import InstrumentTable
from tradewind.market.rates import RateTable
from tradewind.portfolio import AccountSettings, Books, PortfolioSettings
from tradewind.portfolio.matching_positions import settlement_prices_of
from tradewind.portfolio.reconciling import reconcile
from tradewind.runtime.desk.rate_pull import RatePull, RatesTold, ToldDays
from tradewind.testing.ctp_front.contracts import ContractList, contract_of
from tradewind.testing.ctp_front.front import CtpFronts
from tradewind.testing.ctp_front.settings import FrontSettings, FrontUser

DAYS: Final = (20250401, 20250402, 20250403, 20250407, 20250408, 20250409)
WHO: Final = {"BrokerID": "9999", "InvestorID": "1"}
OPENING: Final = {"au2506": 720, "rb2510": 3100, "m2509": 2900, "IF2504": 3800}
OFFSETS: Final = {"0": Offset.OPEN, "1": Offset.CLOSE, "3": Offset.CLOSE_TODAY, "4": Offset.CLOSE_YESTERDAY}
TRADES: Final = (
    # By day: contract, buys, offset in CTP's word, lots, price.
    (("au2506", True, "0", 3, "721.02"), ("m2509", False, "0", 7, "2913"), ("IF2504", True, "0", 2, "3811.4")),
    (("au2506", False, "4", 1, "722.48"), ("au2506", True, "0", 2, "722.5"), ("m2509", True, "1", 3, "2890")),
    (("au2506", True, "0", 2, "719.96"), ("au2506", False, "3", 1, "719.9"), ("rb2510", False, "0", 9, "3097")),
    (("au2506", False, "0", 4, "725.02"), ("m2509", False, "0", 2, "2899"), ("m2509", True, "1", 5, "2880")),
    (("rb2510", True, "4", 9, "3050"), ("IF2504", False, "1", 1, "3790.2"), ("IF2504", True, "0", 3, "3795.8")),
)


class AskFronts:
    """Queries, answered as the fronts answer them."""

    def __init__(self, fronts: CtpFronts) -> None:
        self._fronts = fronts

    async def query(self, name: str, fields: Any) -> list[dict[str, Any]]:
        asked = {field: value for field, value in fields.items() if value}
        with self._fronts.lock:
            return self._fronts.queries.rows(name, self._fronts.investor(), asked)


@pytest.fixture
def fronts() -> CtpFronts:
    """Return fronts of four contracts and one account, whose doors stay shut."""
    contracts = [found for symbol in OPENING if (found := contract_of(_instrument(symbol), DAYS[0])) is not None]
    settings = FrontSettings(trading_day=DAYS[0], users=(FrontUser(balance=Decimal(10_000_000)),))
    fronts = CtpFronts(settings, contracts=ContractList(contracts))
    for symbol, price in OPENING.items():
        fronts.market.open_at(symbol, price)
    return fronts


def _instrument(symbol: str) -> str:
    exchange = {"au": "SHFE", "rb": "SHFE", "m2": "DCE", "IF": "CFFEX"}[symbol[:2]]
    return f"{symbol}.{exchange}"


def _fills(fronts: CtpFronts, day: int) -> list[Fill]:
    """Return what the fronts' books say was done today, as our fills."""
    return [
        Fill(
            fill_id=done.trade_id, order_id="", client_order_id="", instruction_id="", account_id="a1",
            product_code="", strategy="", instrument_id=_instrument(done.contract.symbol),
            side=Side.BUY if done.direction == "0" else Side.SELL, offset=OFFSETS[done.offset],
            quantity=done.quantity, price=done.price, trading_day=day, ts_event=1, ts_recv=1,
        )
        for done in fronts.investor().books.trades
    ]  # fmt: skip


async def test_a_week_of_statements_agrees_with_our_books_to_the_cent(fronts: CtpFronts, tmp_path: Path) -> None:
    instruments = InstrumentTable()
    rates = RateTable(instruments, is_told_only=True)
    told = RatesTold(rates.tell, rates.tell_groups, lambda _day, contracts: instruments.tell(contracts))
    days = ToldDays(tmp_path, "a1")
    pull = RatePull(AskFronts(fronts), days, told, broker_id="9999", investor_id="1", held=tuple, again_s=0.0)
    await pull.run(DAYS[0])
    assert (pull.progress.left, pull.progress.failed) == (0, 0)
    books = Books(
        PortfolioSettings(accounts=(AccountSettings(id="a1", is_commission_in_cents=True),)), instruments, rates
    )
    books.pay(CashMove("open", "a1", "", Decimal(10_000_000), "test", "", DAYS[0], 1))
    books.accounts["a1"].account.deposit = Decimal(0)
    books.accounts["a1"].account.pre_balance = Decimal(10_000_000)
    for day, next_day, trades in zip(DAYS, DAYS[1:], TRADES, strict=False):
        for symbol, is_buy, offset, lots, price in trades:
            order = fronts.place_elsewhere(
                symbol, Direction="0" if is_buy else "1", CombOffsetFlag=offset, VolumeTotalOriginal=lots,
                LimitPrice=float(fronts.market.mark(symbol)),
            )  # fmt: skip
            fronts.desk.fill(order, None, Decimal(price))
        for fill in _fills(fronts, day):
            books.book(fill)
        assert books.aside_count == 0
        fronts.settle({symbol: opening + day % 7 for symbol, opening in OPENING.items()})
        pieces = join_pieces(await AskFronts(fronts).query("ReqQrySettlementInfo", WHO))
        assert pieces is not None
        statement = read_statement(pieces.text)
        assert (statement.day, statement.malformed, len(statement.trades)) == (day, (), len(trades))
        by_symbol = settlement_prices_of(statement)
        prices = {_instrument(symbol): price for symbol, price in by_symbol.items()}
        books.settle(Settlement("a1", day, next_day, prices, (), "statement", 1))
        assert reconcile(books.ended["a1"][-1], statement, None) == (), day
        fronts.begin_day(next_day)
