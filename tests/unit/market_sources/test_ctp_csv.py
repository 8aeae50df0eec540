"""CSV under CTP's own column names."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from sources_builders import AU2602, csv_text, options
from tradewind.domain.tick import RawTick
from tradewind.errors import ReplayFileError
from tradewind.market.sources.layouts.ctp_csv import CtpCsvRecording
from tradewind.market.sources.layouts.ctp_row import action_day
from tradewind.market.sources.layouts.picking import open_recording
from tradewind.market.sources.layouts.recording_file import ticks_of

from builders import make_instrument
from fakes import FakeInstruments

MORNING = 1_764_552_600_500_000_000
"""2025-12-01 09:30:00.5 in China."""


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])", "_", name).lower()


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


def read(path: Path, **changes: object) -> list[RawTick]:
    return [RawTick._make(raw) for raw in ticks_of(open_recording(path, options(**changes)))]


@pytest.mark.parametrize("spell", [str, snake, lambda name: f" {name} "])
def test_both_spellings_of_the_columns_give_the_same_tick(tmp_path: Path, spell: object) -> None:
    assert callable(spell)
    (tick,) = read(write(tmp_path / "x.csv", csv_text({}, spell=spell)))
    assert tick == RawTick(
        instrument_id="au2602.SHFE",
        ts_event=MORNING,
        ts_recv=MORNING,
        trading_day=20251201,
        last_price=962.7,
        volume=323_936,
        turnover=310_361_654_160.0,
        open_interest=201_234.0,
        bid_price=962.68,
        bid_volume=3,
        ask_price=962.7,
        ask_volume=5,
        open_price=957.0,
        high_price=964.98,
        low_price=951.0,
        pre_settlement_price=950.62,
        pre_close_price=953.42,
        pre_open_interest=200_000.0,
        limit_up=1083.7,
        limit_down=817.52,
        settlement_price=None,
        depth=None,
    )


@pytest.mark.parametrize(
    "text", ["1.7976931348623157e+308", "1.79769e+308", "1.797693e+308", "", " ", "--", "nan", "inf"]
)
def test_every_way_to_write_no_price_is_absent(tmp_path: Path, text: str) -> None:
    (tick,) = read(write(tmp_path / "x.csv", csv_text({"OpenPrice": text})))
    assert tick.open_price is None


def test_columns_that_are_not_there_are_absent(tmp_path: Path) -> None:
    (tick,) = read(write(tmp_path / "x.csv", csv_text({}, drop=("Turnover", "BidPrice1", "UpdateMillisec"))))
    assert (tick.turnover, tick.bid_price) == (None, None)
    assert tick.ts_event == MORNING - 500_000_000


def test_an_empty_exchange_is_found_in_the_contract_table(tmp_path: Path) -> None:
    (tick,) = read(write(tmp_path / "x.csv", csv_text({"ExchangeID": ""})))
    assert tick.instrument_id == "au2602.SHFE"


def test_an_empty_exchange_of_an_unknown_contract_is_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", csv_text({"ExchangeID": "", "InstrumentID": "zz2602"}))
    with pytest.raises(ReplayFileError, match="row 2: ExchangeID is empty and the contract tables know 'zz2602' on 0"):
        read(path)


def test_a_symbol_known_on_two_exchanges_is_not_guessed(tmp_path: Path) -> None:
    twin = make_instrument(instrument_id="au2602.DCE")
    path = write(tmp_path / "x.csv", csv_text({"ExchangeID": ""}))
    with pytest.raises(ReplayFileError, match="on 2 exchanges"):
        read(path, instruments=FakeInstruments(AU2602, twin))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_utf_8_and_gbk_are_both_read(tmp_path: Path, encoding: str) -> None:
    text = csv_text({}).replace("ActionDay", "ActionDay,合约名称").replace("20251201\n", "20251201,黄金\n")
    (tick,) = read(write(tmp_path / "x.csv", text, encoding))
    assert tick.last_price == 962.7


def test_levels_two_to_five_are_read_when_the_front_sends_them(tmp_path: Path) -> None:
    lines = csv_text({}, {}).splitlines()
    names = ",".join(f"{name}{n}" for n in range(2, 6) for name in ("BidPrice", "BidVolume", "AskPrice", "AskVolume"))
    quoted = "962.66,4,962.72,6," + ",".join(["1.7976931348623157e+308,0,1.7976931348623157e+308,0"] * 3)
    silent = ",".join(["1.7976931348623157e+308,0,1.7976931348623157e+308,0"] * 4)
    text = "\n".join([f"{lines[0]},{names}", f"{lines[1]},{quoted}", f"{lines[2]},{silent}"])
    first, second = read(write(tmp_path / "x.csv", text))
    assert first.depth == ((962.66, 4, 962.72, 6), *(((None, 0, None, 0),) * 3))
    assert second.depth is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"LastPrice": "abc"}, "could not convert string to float: 'abc'"),
        ({"UpdateTime": "25:00:00"}, "no such time of day: '25:00:00'"),
        ({"UpdateTime": ""}, "no such time of day: '', must be HH:MM:SS"),
        ({"ActionDay": "20251345"}, "month must be in 1..12"),
        ({"InstrumentID": ""}, "InstrumentID is empty"),
        ({"Volume": "many"}, "could not convert"),
        ({"LastPrice": "1,2"}, "24 cells where the header has 23"),
    ],
)
def test_an_unreadable_row_is_counted_named_and_skipped(tmp_path: Path, change: dict[str, str], why: str) -> None:
    rows: list[dict[str, str]] = [{}] * 30
    rows[7] = change
    recording = open_recording(write(tmp_path / "x.csv", csv_text(*rows)), options())
    assert isinstance(recording, CtpCsvRecording)
    assert len(list(ticks_of(recording))) == 29
    assert recording.malformed_rows == 1
    assert recording.first_malformed.startswith("row 9: ")
    assert why in recording.first_malformed
    assert recording.remark.startswith("1 unreadable rows were skipped, first row 9: ")


def test_a_file_of_mostly_unreadable_rows_is_refused_while_it_is_read(tmp_path: Path) -> None:
    rows: list[dict[str, str]] = [{}] * 10 + [{"LastPrice": "x"}] * 500 + [{}] * 5000
    path = write(tmp_path / "x.csv", csv_text(*rows))
    recording = open_recording(path, options(batch_rows=100))
    ticks = ticks_of(recording)
    with pytest.raises(ReplayFileError, match=r"90 of 100 rows are unreadable, first row 12: .*; allowed are 5 %"):
        list(ticks)


def test_a_few_unreadable_rows_in_a_long_file_are_played_past(tmp_path: Path) -> None:
    rows: list[dict[str, str]] = [{}] * 990 + [{"LastPrice": "x"}] * 10
    assert len(read(write(tmp_path / "x.csv", csv_text(*rows)))) == 990


def test_blank_lines_are_nobodys_rows(tmp_path: Path) -> None:
    recording = open_recording(write(tmp_path / "x.csv", csv_text({}, {}) + "\n\n"), options())
    assert len(list(ticks_of(recording))) == 2
    assert recording.malformed_rows == 0


def test_missing_columns_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", csv_text({}, drop=("LastPrice", "TradingDay", "ActionDay")))
    with pytest.raises(
        ReplayFileError, match="nearest is ctp_csv, which also needs LastPrice, TradingDay or ActionDay"
    ):
        read(path)


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReplayFileError, match="no rows below its header"):
        read(write(tmp_path / "x.csv", csv_text()))


def test_prose_is_refused_as_foreign_columns(tmp_path: Path) -> None:
    with pytest.raises(ReplayFileError, match="columns of no known layout"):
        read(write(tmp_path / "x.txt", "Dear all,\nthe file follows.\n"))


def test_the_number_of_rows_is_known_before_reading(tmp_path: Path) -> None:
    assert open_recording(write(tmp_path / "x.csv", csv_text({}, {}, {})), options()).total == 3
    assert open_recording(write(tmp_path / "y.csv", csv_text({}, {}).rstrip()), options()).total == 2


@pytest.mark.parametrize(
    ("exchange", "trading", "action", "clock", "natural"),
    [
        ("SHFE", "20251202", "20251201", "21:00:00", date(2025, 12, 1)),
        ("DCE", "20251202", "20251202", "21:00:00", date(2025, 12, 1)),  # ActionDay wrong at night
        ("DCE", "20251201", "20251201", "22:59:59", date(2025, 11, 28)),  # Friday night, trading day Monday
        ("SHFE", "20251201", "20251129", "01:00:00", date(2025, 11, 29)),  # its small hours are Saturday's
        ("SHFE", "20251201", "", "01:00:00", date(2025, 11, 29)),
        ("SHFE", "20251203", "", "01:00:00", date(2025, 12, 3)),
        ("SHFE", "20251202", "", "21:00:00", date(2025, 12, 1)),
        ("CZCE", "20251201", "20251201", "21:00:00", date(2025, 12, 1)),  # TradingDay is the natural date
        ("CZCE", "20251201", "", "21:00:00", date(2025, 12, 1)),
        ("CFFEX", "20251201", "20251201", "09:30:00", date(2025, 12, 1)),
        ("SHFE", "", "20251201", "09:30:00", date(2025, 12, 1)),
    ],
)
def test_the_natural_date_is_right_on_every_exchange(
    exchange: str, trading: str, action: str, clock: str, natural: date
) -> None:
    hour, minute, second = map(int, clock.split(":"))
    assert action_day(trading, action, exchange, hour * 3600 + minute * 60 + second) == natural


def test_a_cell_without_end_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", csv_text({}) + '"' + "x" * 200_000)
    with pytest.raises(ReplayFileError, match="damaged at row"):
        read(path)
