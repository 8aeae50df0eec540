"""The rate table: every part from somewhere, the right layer and day, and nothing where anything is unknown."""

from __future__ import annotations

import csv
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tradewind.domain.order import Offset
from tradewind.errors import ConfigError
from tradewind.market.contracts import InstrumentTable
from tradewind.market.rate_file import RateEntry, read_rates_file, shipped_rates
from tradewind.market.rates import RateTable, build_rates
from tradewind.market.settings import MarketSettings

DAY = 20260105
GOLD = "au2604.SHFE"
MEAL = "m2605.DCE"
CONTRACT_FORMS = {"CZCE": "605", "COMEX": "202605", "US": ""}


@pytest.fixture
def table() -> RateTable:
    return RateTable(InstrumentTable())


def contract_of(product: str) -> str:
    exchange, product_id = product.split(".")
    return f"{product_id}{CONTRACT_FORMS.get(exchange, '2605')}.{exchange}"


def entry(**changes: Any) -> RateEntry:
    return msgspec.convert({"product": "SHFE.au", "valid_from": 20260101, **changes}, RateEntry)


def with_operator(*entries: RateEntry, **options: Any) -> RateTable:
    return RateTable(InstrumentTable(), operator=entries, **options)


def test_every_product_whose_commission_and_margin_are_shipped_resolves(table: RateTable) -> None:
    has_fees = {item.product for item in shipped_rates().rates if item.commission is not None}
    products = {f"{item.exchange}.{item.product_id}" for item in InstrumentTable().products()}
    assert has_fees <= products
    assert len(has_fees) > 60
    for product in products:
        found = table.find(contract_of(product), DAY)
        assert (found is not None) == (product in has_fees), product
        assert found is None or found.margin_group == product


def test_every_entry_names_a_source_that_the_file_explains() -> None:
    file = shipped_rates()
    assert {item.source for item in file.rates} == set(file.sources)
    assert "examples" in file.source
    assert "operator" in file.source


def test_no_product_has_two_entries_for_one_part_on_one_day() -> None:
    parts = Counter(
        (item.product or item.contract, item.valid_from, name)
        for item in shipped_rates().rates
        for name in ("margin", "commission", "max_limit_quantity", "limit_ratio", "is_larger_side_only")
        if getattr(item, name) is not None
    )
    assert max(parts.values()) == 1


@pytest.mark.data
def test_margins_and_sizes_are_those_of_most_contracts_in_the_exchange_query(data_dir: Path) -> None:
    listed: dict[str, Counter[tuple[str, ...]]] = {}
    with (data_dir / "reference" / "ctp_instruments_2025.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["ProductClass"] == "1":
                facts = tuple(
                    row[name]
                    for name in (
                        "LongMarginRatio",
                        "ShortMarginRatio",
                        "MaxLimitOrderVolume",
                        "MaxMarketOrderVolume",
                        "MaxMarginSideAlgorithm",
                    )
                )
                listed.setdefault(f"{row['ExchangeID']}.{row['ProductID']}", Counter())[facts] += 1
    shipped = [item for item in shipped_rates().rates if item.product and item.source == "ctp_2025"]
    assert len(shipped) > 80
    for item in shipped:
        assert item.margin is not None
        long, short, limit, market, side = listed[item.product].most_common(1)[0][0]
        assert (item.margin.long_by_money, item.margin.short_by_money) == (Decimal(long), Decimal(short))
        assert (item.max_limit_quantity, item.max_market_quantity) == (int(limit), int(market))
        assert item.is_larger_side_only == (side == "1")


@pytest.mark.data
def test_example_commissions_are_those_of_the_example_file(data_dir: Path) -> None:
    fees = json.loads((data_dir / "reference" / "wt_fees.json").read_text(encoding="utf-8"))
    shipped = {item.product: item.commission for item in shipped_rates().rates if item.source == "fees_example"}
    assert len(shipped) == len(fees) - 1  # pg stands there twice, and differently: unknown
    assert "DCE.pg" not in shipped
    for product, commission in shipped.items():
        assert commission is not None
        rate, known = commission.rate(), fees[product]
        for offset, name in (
            (Offset.OPEN, "open"),
            (Offset.CLOSE, "close"),
            (Offset.CLOSE_TODAY, "closetoday"),
        ):
            by_money, by_volume = rate.of(offset)
            expected = Decimal(str(known[name]))
            assert (by_money, by_volume) == ((Decimal(0), expected) if known["byvolume"] else (expected, Decimal(0)))


@pytest.mark.data
def test_commissions_of_2020_are_those_of_the_table_of_that_year(data_dir: Path) -> None:
    with (data_dir / "reference" / "tq_product_specs_2015_2020.csv").open(encoding="utf-8") as file:
        known = {
            f"{row['exchange']}.{row['product']}": float(row["commission_per_lot"]) for row in csv.DictReader(file)
        }
    shipped = [item for item in shipped_rates().rates if item.source == "fees_2020"]
    assert len(shipped) > 20
    for item in shipped:
        assert item.commission is not None
        assert float(item.commission.open_by_volume) == pytest.approx(known[item.product], abs=1e-6)


def test_a_contract_whose_commission_nobody_knows_has_no_rates(table: RateTable) -> None:
    assert table.find("lc2605.GFEX", DAY) is None
    assert table.missing("lc2605.GFEX", DAY) == ("commission",)


def test_an_unknown_contract_has_no_rates(table: RateTable) -> None:
    assert table.find("zz9999.SHFE", DAY) is None
    assert table.missing("zz9999.SHFE", DAY) == ("contract",)


def test_a_day_before_the_first_known_rates_has_none_unless_the_operator_says_so(table: RateTable) -> None:
    assert table.find("IF2101.CFFEX", 20210104) is None
    assert with_operator(holds_before=True).find("IF2101.CFFEX", 20210104) is not None


def test_the_broker_s_word_holds_before_its_first_day_only_where_the_operator_says_so(table: RateTable) -> None:
    told = table.find(GOLD, DAY)
    assert told is not None
    early = with_operator(holds_before=True)
    early.add(msgspec.structs.replace(told, valid_from=20260301, max_limit_quantity=7))
    found = early.find(GOLD, DAY)
    assert found is not None
    assert found.max_limit_quantity == 7


@pytest.mark.parametrize(
    ("contract", "priority"),
    [
        (MEAL, "today_first"),
        (GOLD, "fifo"),  # closing today is free there too, but the exchange keeps the days apart
        ("IF2603.CFFEX", "fifo"),
        ("TA605.CZCE", "fifo"),
    ],
)
def test_today_goes_first_where_it_is_cheaper_and_dates_are_not_kept(
    table: RateTable, contract: str, priority: str
) -> None:
    found = table.find(contract, DAY)
    assert found is not None
    assert found.close_priority == priority


def test_an_operator_s_entry_replaces_just_its_own_part() -> None:
    mine = entry(
        commission={
            "open_by_money": "0", "open_by_volume": "2.51", "close_by_money": "0", "close_by_volume": "2.51",
            "close_today_by_money": "0", "close_today_by_volume": "0", "order_fee": "0.1",
        }
    )  # fmt: skip
    found, shipped = with_operator(mine).find(GOLD, DAY), with_operator().find(GOLD, DAY)
    assert found is not None
    assert shipped is not None
    assert found.commission.open_by_volume == Decimal("2.51")
    assert found.commission.order_fee == Decimal("0.1")
    assert found.margin == shipped.margin
    assert found.source == "ctp_2025, operator"


def test_entries_hold_from_their_day_on() -> None:
    table = with_operator(entry(max_limit_quantity=100), entry(valid_from=20260201, max_limit_quantity=50))
    found = [table.find(GOLD, day) for day in (20251231, 20260101, 20260131, 20260201)]
    assert [rates and rates.max_limit_quantity for rates in found] == [500, 100, 100, 50]


def test_a_contract_s_own_entry_wins_over_a_later_one_of_its_product() -> None:
    own = entry(product="", contract=GOLD, max_market_quantity=3)
    table = with_operator(own, entry(valid_from=20260104, max_market_quantity=9))
    found, other = table.find(GOLD, DAY), table.find("au2606.SHFE", DAY)
    assert found is not None
    assert other is not None
    assert (found.max_market_quantity, other.max_market_quantity) == (3, 9)


def test_what_the_broker_told_wins_over_every_table_from_its_day_on(table: RateTable) -> None:
    before = table.find(GOLD, DAY)
    assert before is not None
    table.add(msgspec.structs.replace(before, valid_from=DAY, max_limit_quantity=1, source="ctp"))
    told, earlier = table.find(GOLD, DAY), table.find(GOLD, DAY - 1)
    assert told is not None
    assert earlier is not None
    assert (told.max_limit_quantity, told.source) == (1, "ctp")
    assert earlier.max_limit_quantity == 500
    assert table.missing(GOLD, DAY) == ()


def test_a_toml_file_keeps_numbers_as_they_are_written(tmp_path: Path) -> None:
    file = tmp_path / "rates.toml"
    file.write_text(
        '[[rates]]\nproduct = "SHFE.au"\nvalid_from = 20260101\n'
        'margin = {long_by_money = 0.165, long_by_volume = 0, short_by_money = "0.17", short_by_volume = 0}\n',
        encoding="utf-8",
    )
    (read,) = read_rates_file(file)
    assert read.margin is not None
    assert (read.margin.long_by_money, read.margin.short_by_money) == (Decimal("0.165"), Decimal("0.17"))


def test_a_json_file_keeps_numbers_as_they_are_written(tmp_path: Path) -> None:
    file = tmp_path / "rates.json"
    file.write_text(
        '{"rates": [{"product": "CFFEX.IF", "valid_from": 20260101, "limit_ratio": 0.1}]}', encoding="utf-8"
    )
    assert read_rates_file(file)[0].limit_ratio == Decimal("0.1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[rates]]\nproduct = =\n", "line 2"),
        ("rate = 1", "has rate; allowed: one list named rates"),
        ("[[rates]]\nvalid_from = 20260101", "entry 1 (no product): needs either product"),
        ('[[rates]]\nproduct = "SHFE.au"', "entry 1 (SHFE.au): Object missing required field `valid_from`"),
        ('[[rates]]\nproduct = "SHFE.au"\nvalid_from = 20260101\nmargins = 1', "unknown field `margins`"),
        ('[[rates]]\nproduct = "au"\nvalid_from = 20260101', "product is EXCHANGE.product"),
        ('[[rates]]\nproduct = "SHFE.au"\nvalid_from = 260101', "valid_from must be a trading day as YYYYMMDD"),
        (
            '[[rates]]\nproduct = "SHFE.au"\nvalid_from = 20260101\nmax_limit_quantity = -1',
            "`int` >= 0 - at `$.max_limit_quantity`",
        ),
        (
            '[[rates]]\nproduct = "SHFE.au"\nvalid_from = 20260101\nmargin.long_by_money = 14\n'
            + "".join(f"margin.{name} = 0\n" for name in ("long_by_volume", "short_by_money", "short_by_volume")),
            "long_by_money must be from 0 to 1, a part of the money, was 14 - at `$.margin`",
        ),
        ('[[rates]]\nproduct = "SHFE.au"\nvalid_from = 20260101\nlimit_ratio = 1.1', "limit_ratio must lie between"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_operator_s_file_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "rates.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_rates_file(file)
    assert said in str(refused.value)
    assert "rates.toml" in str(refused.value)
    assert "allowed" in str(refused.value)


def test_the_table_is_built_from_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "rates.json"
    file.write_text(
        '{"rates": [{"product": "SHFE.au", "valid_from": 20260101, "max_limit_quantity": 3},'
        ' {"contract": "au2606.SHFE", "valid_from": 20260101, "max_limit_quantity": 2}]}',
        encoding="utf-8",
    )
    table = build_rates(MarketSettings(rates_file=str(file), rates_hold_before=True), InstrumentTable())
    found = [table.find(contract, 20200101) for contract in (GOLD, "au2606.SHFE", MEAL)]
    assert [rates and rates.max_limit_quantity for rates in found] == [3, 2, 1000]
    assert build_rates(MarketSettings(), InstrumentTable()).find(GOLD, 20200101) is None


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ({"product": "SHFE.aux"}, "entry 1: no product SHFE.aux; did you mean SHFE.au"),
        ({"contract": "zz2606.SHFE"}, "entry 1: no contract zz2606.SHFE"),
    ],
)
def test_an_entry_about_what_nobody_knows_is_refused(tmp_path: Path, subject: dict[str, str], said: str) -> None:
    file = tmp_path / "rates.json"
    file.write_text(json.dumps({"rates": [{**subject, "valid_from": 20260101, "min_quantity": 1}]}), encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        build_rates(MarketSettings(rates_file=str(file)), InstrumentTable())


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml cannot be read"):
        read_rates_file(tmp_path / "nowhere.toml")
