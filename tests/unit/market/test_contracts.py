"""The instrument table: facts by id, resolution from the product, refusals that say why."""

from __future__ import annotations

import pytest

from tradewind.domain.instrument import Instrument
from tradewind.errors import UnknownInstrumentError
from tradewind.market.contracts import InstrumentTable, digits_of
from tradewind.market.facts import listed_contracts, product_table, trading_hours


def test_a_listed_contract_has_its_facts_and_its_last_trading_day() -> None:
    assert InstrumentTable().require("au2512.SHFE") == Instrument(
        instrument_id="au2512.SHFE",
        symbol="au2512",
        exchange="SHFE",
        product_id="au",
        name="沪金2512",
        contract_multiplier=1000,
        price_tick=0.02,
        hours_id="night_0230",
        price_digits=2,
        is_date_kept=True,
        expire_date=20251215,
    )


@pytest.mark.parametrize(
    ("instrument_id", "multiplier", "tick", "hours_id"),
    [
        ("IF2101.CFFEX", 300, 0.2, "index_futures"),
        ("cu1909.SHFE", 5, 10.0, "night_0100"),
        ("SR509.CZCE", 10, 1.0, "night_2300"),
        ("sc2603.INE", 1000, 0.1, "night_0230"),
        ("nr2603.INE", 10, 5.0, "night_2300"),
        ("m2005.DCE", 10, 1.0, "night_2300"),
        ("lc2605.GFEX", 1, 20.0, "day_only"),
        ("T2603.CFFEX", 10000, 0.005, "bond_futures"),
        ("ec2604.INE", 50, 0.1, "day_only"),
        ("bz2603.DCE", 30, 1.0, "night_2300"),
        ("SPY.US", 1, 0.01, "us_equities"),
        ("IBM.US", 1, 0.01, "us_equities"),
        ("GC201312.COMEX", 100, 0.1, "comex_metals"),
    ],
)
def test_a_contract_that_is_not_listed_is_resolved_from_its_product(
    instrument_id: str, multiplier: int, tick: float, hours_id: str
) -> None:
    found = InstrumentTable().require(instrument_id)
    assert (found.contract_multiplier, found.price_tick, found.hours_id) == (multiplier, tick, hours_id)


@pytest.mark.parametrize(
    ("instrument_id", "why"),
    [
        ("IF2101", "no exchange in 'IF2101'"),
        ("IF2101.NYSE", "no exchange in"),
        ("AU2512.SHFE", "'AU2512' is no SHFE contract"),
        ("if2101.CFFEX", "no CFFEX contract"),
        ("au2513.SHFE", "no SHFE contract"),
        ("SR2509.CZCE", "YMM, as SR605"),
        ("au2512C600.SHFE", "no options"),
        ("IO2509-C-3300.CFFEX", "no options"),
        ("SPD MA509&MA601.CZCE", "no spreads"),
        ("zz2512.SHFE", "no product 'zz' on SHFE; known: ad, ag"),
        ("au2512.DCE", "no product 'au' on DCE"),
        ("TOOLONG.US", "as SPY"),
        ("", "no exchange"),
        (".SHFE", "no SHFE contract"),
        ("x" * 100 + ".US", "no US contract"),
    ],
)
def test_an_unknown_instrument_is_refused_with_what_is_wrong_and_what_is_allowed(instrument_id: str, why: str) -> None:
    table = InstrumentTable()
    assert table.find(instrument_id) is None
    with pytest.raises(UnknownInstrumentError) as caught:
        table.require(instrument_id)
    assert why in str(caught.value)


def test_every_listed_contract_resolves_and_carries_its_expiry() -> None:
    everything = InstrumentTable().all()
    assert len(everything) == 789
    assert all(instrument.expire_date is not None for instrument in everything)
    assert len({instrument.instrument_id for instrument in everything}) == 789


def test_every_product_has_trading_hours_and_a_chinese_name() -> None:
    known = {rule.hours_id for rule in trading_hours().hours}
    for product in product_table().values():
        assert product.hours_id in known
        assert any("一" <= letter <= "鿿" for letter in product.name) or product.product_id in {"TA", "v"}


def test_every_listed_month_belongs_to_a_known_product() -> None:
    assert {tuple(key.split(".")) for key in listed_contracts()} <= set(product_table())


def test_the_twenty_liquid_contracts_are_known_and_their_prices_lie_on_the_tick() -> None:
    table = InstrumentTable()
    assert len(table.liquid()) == 20
    for contract in table.liquid():
        tick = table.require(contract.instrument_id).price_tick
        steps = contract.reference_price / tick
        assert abs(steps - round(steps)) < 1e-6, contract.instrument_id


def test_a_symbol_without_its_exchange_is_found_where_only_one_exchange_has_it() -> None:
    table = InstrumentTable()
    found = table.find_symbol("au2512")
    assert found is not None
    assert found.instrument_id == "au2512.SHFE"
    assert table.find_symbol("SPY") is None
    assert table.find_symbol("zz9999") is None


def test_the_cache_is_bounded_and_forgetting_changes_no_answer() -> None:
    table = InstrumentTable(cache_size=8)
    for month in range(1, 13):
        for year in range(10, 20):
            assert table.find(f"au{year}{month:02d}.SHFE") is not None
            assert table.find(f"zz{year}{month:02d}.SHFE") is None
    assert len(table._found) <= 8


@pytest.mark.parametrize(("tick", "digits"), [(10.0, 0), (1.0, 0), (0.5, 1), (0.2, 1), (0.02, 2), (0.005, 3)])
def test_the_digits_of_a_price_follow_from_its_tick(tick: float, digits: int) -> None:
    assert digits_of(tick) == digits
