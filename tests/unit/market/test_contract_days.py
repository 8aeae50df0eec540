"""The broker's lists of contracts: kept by day, read when they are new, and what the table makes of them."""

from __future__ import annotations

from pathlib import Path

from ctp_builders import make_told
from tradewind.domain.instrument import OptionTerms
from tradewind.market.contract_days import ContractDays
from tradewind.market.contracts import InstrumentTable

CALL = make_told("au2712C800.SHFE", product_id="au_o", option=OptionTerms("au2712.SHFE", 800.0, "call"))


def test_the_newest_day_is_told_once_and_again_when_it_changes(tmp_path: Path) -> None:
    days = ContractDays(tmp_path)
    assert days.newest() is None
    days.write(20261124, [make_told("au2812.SHFE"), CALL])
    days.write(20261123, [make_told("rb2701.SHFE")])
    assert days.newest() == [CALL, make_told("au2812.SHFE")]
    assert days.newest() is None
    days.write(20261125, [make_told("rb2701.SHFE")])
    assert days.newest() == [make_told("rb2701.SHFE")]


def test_each_day_keeps_its_own_list(tmp_path: Path) -> None:
    days = ContractDays(tmp_path)
    for day in (20261123, 20261124):
        days.write(day, [make_told("au2812.SHFE")])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["20261123.json", "20261124.json"]


def test_an_empty_answer_replaces_no_list(tmp_path: Path) -> None:
    days = ContractDays(tmp_path)
    days.write(20261124, [CALL])
    days.write(20261125, [])
    assert days.newest() == [CALL]


def test_a_damaged_list_is_none(tmp_path: Path) -> None:
    (tmp_path / "20261124.json").write_text("[{")
    assert ContractDays(tmp_path).newest() is None


def test_a_told_future_is_listed_and_one_of_an_unknown_product_stays_unknown() -> None:
    table = InstrumentTable()
    table.tell([make_told("au2912.SHFE", expire_date=20291217), make_told("zz2912.SHFE")])
    listed = {one.instrument_id: one for one in table.all()}
    assert listed["au2912.SHFE"].expire_date == 20291217
    assert table.find("zz2912.SHFE") is None
    assert "zz2912.SHFE" not in listed


def test_a_told_option_trades_when_its_future_does_and_is_in_no_list_of_everything() -> None:
    table = InstrumentTable()
    table.tell([CALL])
    found = table.require("au2712C800.SHFE")
    assert (found.option, found.hours_id) == (CALL.option, table.require("au2712.SHFE").hours_id)
    assert table.told_options() == [found]
    assert found not in table.all()
