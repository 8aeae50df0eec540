"""Options are known where a file lists them, with every fact; otherwise they are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.domain.instrument import OptionTerms
from tradewind.errors import ConfigError
from tradewind.market.contracts import InstrumentTable
from tradewind.market.option_file import read_options_file
from tradewind.market.rates import RateTable

HEAD = (
    "InstrumentID,ExchangeID,InstrumentName,ProductID,ProductClass,VolumeMultiple,PriceTick,ExpireDate,"
    "UnderlyingInstrID,StrikePrice,OptionsType"
)
FUTURE = "au2604,SHFE,沪金2604,au,1,1000,0.02,20260415,au,1.79769e+308, "
CALL = "au2604C608,SHFE,沪金2604购608,au_o,2,1000,0.02,20260325,au2604,608,1"
PUT = "m2605-P-3000,DCE,豆粕2605沽3000,m_o,2,10,0.5,20260407,m2605,3000,2"


def file(folder: Path, *rows: str, encoding: str = "utf-8") -> Path:
    path = folder / "options.csv"
    path.write_text("\n".join((HEAD, *rows)), encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_listed_options_are_known_with_what_they_are_on(tmp_path: Path, encoding: str) -> None:
    table = InstrumentTable(options=read_options_file(file(tmp_path, FUTURE, CALL, PUT, encoding=encoding)))
    call = table.require("au2604C608.SHFE")
    assert (call.name, call.option) == ("沪金2604购608", OptionTerms("au2604.SHFE", 608.0, "call"))
    assert (call.contract_multiplier, call.price_tick, call.expire_date) == (1000, 0.02, 20260325)
    assert call.hours_id == table.require("au2604.SHFE").hours_id
    put = table.require("m2605-P-3000.DCE")
    assert put.option is not None
    assert (put.option.kind, put.price_digits) == ("put", 1)
    assert [each.instrument_id for each in table.all()][-2:] == ["au2604C608.SHFE", "m2605-P-3000.DCE"]
    assert table.find_symbol("m2605-P-3000") is put


def test_an_option_nobody_listed_stays_unknown(tmp_path: Path) -> None:
    table = InstrumentTable(options=read_options_file(file(tmp_path, CALL)))
    assert table.find("au2604C616.SHFE") is None
    assert InstrumentTable().find("au2604C608.SHFE") is None


def test_an_option_on_something_unknown_is_unknown(tmp_path: Path) -> None:
    table = InstrumentTable(options=read_options_file(file(tmp_path, CALL.replace("au2604,608", "zz2604,608"))))
    assert table.find("au2604C608.SHFE") is None


def test_nobody_has_rates_for_an_option_so_none_can_be_traded(tmp_path: Path) -> None:
    table = InstrumentTable(options=read_options_file(file(tmp_path, CALL)))
    assert RateTable(table).find("au2604C608.SHFE", 20260105) is None


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (CALL.replace("608,1", "1.79769e+308,1"), "line 2: StrikePrice"),
        (CALL.replace("608,1", "608,3"), "line 2: OptionsType"),
        (CALL.replace("20260325", ""), "line 2: ExpireDate"),
        (CALL.replace(",2,1000,", ",2,0,"), "line 2: VolumeMultiple"),
        (CALL.replace("0.02", "nan"), "line 2: PriceTick"),
        (CALL.replace("SHFE", "NYSE"), "line 2: ExchangeID"),
        (CALL.replace("au2604,608", ",608"), "line 2: UnderlyingInstrID"),
    ],
)
def test_an_option_without_a_fact_is_refused_by_line_and_column(tmp_path: Path, row: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        read_options_file(file(tmp_path, row))


def test_a_file_that_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        read_options_file(tmp_path / "nothing.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ConfigError, match="no column InstrumentID"):
        read_options_file(tmp_path / "other.csv")
