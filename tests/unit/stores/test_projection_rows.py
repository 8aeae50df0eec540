"""Which rows follow from an event; pure."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, sqlite

from store_builders import T0, make_account, make_act, make_fill, make_order, make_position, make_trigger
from tradewind.bus.desk_topics import JOURNALLED
from tradewind.domain.order import Side
from tradewind.stores.sql.columns import ExactDecimal
from tradewind.stores.sql.projections import Projections, symbol_of, trade_id
from tradewind.stores.sql.puts import short
from tradewind.stores.subjects import about


@pytest.mark.parametrize(
    ("instrument_id", "symbol"),
    [
        ("au2606.SHFE", "au2606"),
        ("m2605-C-3000.DCE", "m2605-C-3000"),
        ("000001.SZ", "000001.SZ"),
        ("TSLA.US", "TSLA.US"),
        ("plain", "plain"),
    ],
)
def test_a_futures_contract_is_called_as_the_older_system_does(instrument_id: str, symbol: str) -> None:
    assert symbol_of(instrument_id) == symbol


def test_the_two_sides_of_a_self_trade_are_two_trades() -> None:
    assert trade_id(make_fill(side=Side.BUY)) != trade_id(make_fill(side=Side.SELL))


@given(st.lists(st.text(max_size=120), unique=True, max_size=20))
def test_ids_made_short_fit_and_stay_apart(ids: list[str]) -> None:
    made = [short(text) for text in ids]
    assert all(len(text) <= 50 for text in made)
    assert len(set(made)) == len(ids)
    assert all(one == other for one, other in zip(ids, made, strict=True) if len(one) <= 50)


def test_an_unknown_fee_is_no_number() -> None:
    (put,) = Projections().of("fills", make_fill())
    assert put.values is not None
    assert put.values["commission"] is None


def test_topics_without_a_table_have_no_rows() -> None:
    projections = Projections()
    assert projections.of("acts", make_act()) == []
    assert projections.of("never heard of", object()) == []


def test_a_book_has_a_curve_and_no_rows_in_the_older_tables() -> None:
    projections = Projections(equity_s=60)
    assert projections.of("positions", make_position(book="P/s")) == []
    (point,) = projections.of("accounts", make_account(book="P/s", ts_event=T0 + 59_000_000_000))
    assert (point.table, dict(point.key)["ts"]) == ("equity_points", T0)


def test_a_trading_plan_is_a_strategys_parameters() -> None:
    class Plan(msgspec.Struct):
        name: str
        params: dict[str, Decimal]
        is_active: bool
        ts_event: int

    (put,) = Projections().of(
        "plans", Plan(name="morning", params={"share": Decimal("0.05")}, is_active=True, ts_event=T0)
    )
    assert (put.table, put.key) == ("strategy_configs", (("strategy_name", "morning"),))
    assert put.values is not None
    assert (put.values["config_data"], put.values["is_active"]) == ({"share": "0.05"}, True)


@given(st.decimals(allow_nan=True, allow_infinity=True, places=None))
def test_a_decimal_is_kept_to_the_column_or_refused_the_same_on_both(value: Decimal) -> None:
    column = ExactDecimal(18, 6)
    kept: list[Decimal | None] = []
    for dialect in (sqlite.dialect(), mysql.dialect()):
        try:
            kept.append(Decimal(column.process_bind_param(value, dialect)))
        except ValueError:
            kept.append(None)
    assert kept[0] == kept[1]
    if value.is_finite() and abs(value) < 10**11:
        assert kept[0] is not None
        assert abs(kept[0] - value) <= Decimal("0.0000005")


def test_each_topic_of_record_says_whom_and_what_it_is_about() -> None:
    samples = {"orders": make_order(), "fills": make_fill(), "triggers": make_trigger(), "acts": make_act()}
    assert {name: about(name, event, "", "line") for name, event in samples.items()} == {
        "orders": ("", "line", "o-1"),
        "fills": ("", "line", "o-1"),
        "triggers": ("", "line", "t-1"),
        "acts": ("lin", "api", "limit-1"),
    }
    assert {topic.name for topic in JOURNALLED} <= set(_subjects())


def _subjects() -> dict[str, object]:
    from tradewind.stores import subjects

    return dict(subjects._SUBJECTS)
