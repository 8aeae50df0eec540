"""Rates pulled from a broker in a night: into the tables, day by day, and on from where a restart left them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tradewind.errors import StoreError, TransientError
from tradewind.market.contracts import InstrumentTable
from tradewind.market.rates import RateTable
from tradewind.runtime.desk.rate_pull import RatePull, RatesTold, ToldDays

DAY, NEXT = 20260105, 20260106
_ACTS = ("Open", "Close", "CloseToday")
GOLD, LATER, STEEL = "au2604.SHFE", "au2606.SHFE", "rb2605.SHFE"


class FakeFront:
    """Answers contracts, a margin for each contract and a commission for the product au; knows nothing of rb's fees."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails_after = 10_000
        self.margin = 0.12

    async def query(self, name: str, fields: Any) -> list[dict[str, Any]]:
        if len(self.asked) >= self.fails_after:
            message = "cut off"
            raise TransientError(message)
        symbol = fields.get("InstrumentID", "")
        self.asked.append(f"{name.removeprefix('ReqQry')} {symbol}".strip())
        match name:
            case "ReqQryInstrument":
                return [_contract("au2604"), _contract("au2606"), _contract("rb2605", ProductID="rb", PriceTick=1.0)]
            case "ReqQryInstrumentMarginRate":
                sides = {
                    f"{side}MarginRatioBy{kind}": 0.0 for side in ("Long", "Short") for kind in ("Money", "Volume")
                }
                ratios = {"LongMarginRatioByMoney": self.margin, "ShortMarginRatioByMoney": self.margin}
                return [{"InstrumentID": symbol, "HedgeFlag": "1", **sides, **ratios}]
            case "ReqQryInstrumentCommissionRate" if symbol.startswith("au"):
                acts = {f"{act}RatioBy{kind}": 0.0 for act in _ACTS for kind in ("Money", "Volume")}
                return [{"InstrumentID": "au", **acts, "OpenRatioByVolume": 10.0}]
            case "ReqQryInstrumentOrderCommRate" if symbol.startswith("au"):
                return [{"InstrumentID": "au", "OrderCommByVolume": 0.5, "OrderActionCommByVolume": 0.25}]
            case "ReqQryBrokerTradingParams":
                return [{"MarginPriceType": "4", "Algorithm": "1", "AvailIncludeCloseProfit": "0"}]
            case _:
                return []


def _contract(symbol: str, **changes: Any) -> dict[str, Any]:
    row = {
        "InstrumentID": symbol, "ExchangeID": "SHFE", "InstrumentName": symbol, "ProductID": "au", "ProductClass": "1",
        "VolumeMultiple": 1000, "PriceTick": 0.02, "MaxLimitOrderVolume": 500, "MinLimitOrderVolume": 1,
        "MaxMarketOrderVolume": 30, "PositionDateType": "1", "ExpireDate": f"20{symbol[2:]}15", "IsTrading": 1,
        "MaxMarginSideAlgorithm": "1",
    }  # fmt: skip
    return {**row, **changes}


class Stage:
    def __init__(self, folder: Path, front: FakeFront | None = None) -> None:
        self.front = front or FakeFront()
        self.instruments = InstrumentTable()
        self.rates = RateTable(self.instruments, is_told_only=True)
        told = RatesTold(
            self.rates.tell, self.rates.tell_groups, lambda _day, contracts: self.instruments.tell(contracts)
        )
        self.pull = RatePull(
            self.front, ToldDays(folder, "a1"), told, broker_id="9999", investor_id="880001", held=lambda: [LATER],
            again_s=0.0,
        )  # fmt: skip


async def test_what_was_told_is_in_the_tables_and_what_was_not_stays_refused(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    assert stage.rates.find(GOLD, DAY) is None
    await stage.pull.run(DAY)
    rates = stage.rates.find(GOLD, DAY)
    assert rates is not None
    assert (rates.margin.long_by_money, rates.commission.open_by_volume) == (Decimal("0.12"), Decimal(10))
    assert (rates.commission.order_fee, rates.commission.cancel_fee) == (Decimal("0.5"), Decimal("0.25"))
    assert (rates.max_market_quantity, rates.is_larger_side_only, rates.source.count("broker")) == (30, True, 1)
    assert stage.rates.find(STEEL, DAY) is None
    assert stage.rates.missing(STEEL, DAY) == ("commission",)
    assert stage.instruments.require(GOLD).expire_date == 20260415
    progress = stage.pull.progress
    assert (progress.left, progress.failed) == (0, 0)
    assert progress.empty == 3  # groups, and two of rb
    assert progress.covered == 2


async def test_rates_hold_from_the_day_they_were_told(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    await stage.pull.run(DAY)
    stage.front.margin = 0.2
    await stage.pull.run(NEXT)
    old, new = stage.rates.find(GOLD, DAY), stage.rates.find(GOLD, NEXT)
    assert old is not None
    assert new is not None
    assert (old.margin.long_by_money, new.margin.long_by_money) == (Decimal("0.12"), Decimal("0.2"))
    assert stage.rates.find(GOLD, DAY - 1) is None


async def test_a_restart_knows_what_was_told_and_asks_only_the_rest(tmp_path: Path) -> None:
    whole = Stage(tmp_path / "whole")
    await whole.pull.run(DAY)
    cut = Stage(tmp_path / "cut")
    cut.front.fails_after = 7
    await cut.pull.run(DAY)
    assert cut.pull.progress.failed > 0
    assert cut.pull.trouble == "cut off"
    again = Stage(tmp_path / "cut")
    await again.pull.run(DAY)
    assert again.front.asked[:3] == whole.front.asked[:3]
    assert sorted({*cut.front.asked, *again.front.asked}) == sorted(whole.front.asked)
    assert not set(cut.front.asked[3:]) & set(again.front.asked[3:])
    assert again.rates.find(GOLD, DAY) == whole.rates.find(GOLD, DAY)
    third = Stage(tmp_path / "cut")
    assert third.rates.find(GOLD, DAY) is not None


async def test_how_the_broker_counts_is_known(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    await stage.pull.run(DAY)
    assert stage.pull.counting is not None
    assert stage.pull.counting.margin_price == "open"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a1").mkdir()
    (tmp_path / "a1" / "20260105.json").write_text("{", encoding="utf-8")
    with pytest.raises(StoreError, match=r"20260105\.json cannot be read as told rates"):
        ToldDays(tmp_path, "a1").read()
