"""Rates as a broker's front answers them: what is the product's, what is nobody's, and in which order one asks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tradewind.ctp.rate_answers import (
    commission_told,
    contract_told,
    counting_told,
    groups_told,
    margin_told,
    order_fees_told,
    sizes_told,
)
from tradewind.ctp.rate_plan import QUERIES, Kind, RatePlan, Step
from tradewind.ctp.structs import StructForms, struct_name
from tradewind.domain.instrument import OptionTerms
from tradewind.domain.rates import CommissionRate, MarginRate
from tradewind.domain.told_rates import ToldContract
from tradewind.testing.ctp_front.binding import tdapi

DBL_MAX = 1.7976931348623157e308
DAY = 20260105
GOLD = "au2604.SHFE"


def margin_row(**changes: Any) -> dict[str, Any]:
    row = {
        "InstrumentID": "au2604",
        "ExchangeID": "SHFE",
        "InvestorRange": "1",
        "HedgeFlag": "1",
        "LongMarginRatioByMoney": 0.12,
        "LongMarginRatioByVolume": 0.0,
        "ShortMarginRatioByMoney": 0.13,
        "ShortMarginRatioByVolume": 5.0,
        "IsRelative": 0,
    }
    return {**row, **changes}


def commission_row(**changes: Any) -> dict[str, Any]:
    row = {
        "InstrumentID": "au",
        "ExchangeID": "",
        "InvestorRange": "1",
        "OpenRatioByMoney": 0.0,
        "OpenRatioByVolume": 10.01,
        "CloseRatioByMoney": 0.00010000000000000001,
        "CloseRatioByVolume": 0.0,
        "CloseTodayRatioByMoney": 0.0,
        "CloseTodayRatioByVolume": 0.0,
    }
    return {**row, **changes}


def instrument_row(**changes: Any) -> dict[str, Any]:
    row = {
        "InstrumentID": "au2604",
        "ExchangeID": "SHFE",
        "InstrumentName": "黄金2604",
        "ProductID": "au",
        "ProductClass": "1",
        "VolumeMultiple": 1000,
        "PriceTick": 0.02,
        "MaxLimitOrderVolume": 500,
        "MinLimitOrderVolume": 1,
        "MaxMarketOrderVolume": 30,
        "PositionDateType": "1",
        "ExpireDate": "20260415",
        "IsTrading": 1,
        "MaxMarginSideAlgorithm": "1",
    }
    return {**row, **changes}


def test_a_margin_of_the_contract_is_the_contract_s() -> None:
    told = margin_told([margin_row()], GOLD, "au", trading_day=DAY)
    assert told is not None
    assert (told.contract, told.product, told.valid_from) == (GOLD, "", DAY)
    assert told.margin == MarginRate(Decimal("0.12"), Decimal(0), Decimal("0.13"), Decimal(5))


def test_an_answer_about_the_product_holds_for_the_product() -> None:
    told = commission_told([commission_row()], GOLD, "au", trading_day=DAY)
    assert told is not None
    assert (told.contract, told.product) == ("", "SHFE.au")
    assert told.commission == CommissionRate(
        Decimal(0), Decimal("10.01"), Decimal("0.0001"), Decimal(0), Decimal(0), Decimal(0)
    )


def test_the_contract_goes_before_the_product_and_the_investor_before_all() -> None:
    rows = [
        margin_row(InstrumentID="au", InvestorRange="3", LongMarginRatioByMoney=0.5),
        margin_row(InvestorRange="1", LongMarginRatioByMoney=0.2),
        margin_row(InvestorRange="3", LongMarginRatioByMoney=0.3),
        margin_row(InvestorRange="2", LongMarginRatioByMoney=0.4),
    ]
    told = margin_told(rows, GOLD, "au", trading_day=DAY)
    assert told is not None
    assert told.margin is not None
    assert (told.contract, told.margin.long_by_money) == (GOLD, Decimal("0.3"))


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [margin_row(InstrumentID="")],
        [margin_row(InstrumentID="ag2604")],
        [margin_row(HedgeFlag="3")],
        [margin_row(LongMarginRatioByMoney=DBL_MAX)],
        [margin_row(ShortMarginRatioByVolume=DBL_MAX)],
        [margin_row(LongMarginRatioByMoney=-0.1)],
        [margin_row(LongMarginRatioByMoney=12.0)],
        [margin_row(LongMarginRatioByMoney=float("nan"))],
        [margin_row(LongMarginRatioByMoney=None)],
    ],
)
def test_an_empty_answer_and_an_absurd_one_tell_nothing(rows: list[dict[str, Any]]) -> None:
    assert margin_told(rows, GOLD, "au", trading_day=DAY) is None


def test_fees_of_messages_are_told_apart() -> None:
    row = {"InstrumentID": "au", "OrderCommByVolume": 0.5, "OrderActionCommByVolume": 0.25}
    told = order_fees_told([row], GOLD, "au", trading_day=DAY)
    assert told is not None
    assert (told.product, told.order_fee, told.cancel_fee) == ("SHFE.au", Decimal("0.5"), Decimal("0.25"))
    assert order_fees_told([], GOLD, "au", trading_day=DAY) is None


def test_a_contract_s_row_tells_its_facts_and_its_sizes() -> None:
    facts = contract_told(instrument_row())
    assert facts == ToldContract(
        instrument_id=GOLD, product_id="au", name="黄金2604", contract_multiplier=1000, price_tick=0.02,
        is_date_kept=True, expire_date=20260415, is_trading=True, kind="future",
    )  # fmt: skip
    sizes = sizes_told(instrument_row(), trading_day=DAY)
    assert sizes is not None
    assert (sizes.max_limit_quantity, sizes.max_market_quantity, sizes.min_quantity) == (500, 30, 1)
    assert sizes.is_larger_side_only is True


def test_an_option_s_row_tells_its_right_and_one_that_does_not_is_no_option_to_know() -> None:
    changes = {"InstrumentID": "au2604C800", "ProductClass": "2", "UnderlyingInstrID": "au2604"}
    told = contract_told(instrument_row(**changes, StrikePrice=800.0, OptionsType="1"))
    assert told is not None
    assert (told.kind, told.option) == ("option", OptionTerms("au2604.SHFE", 800.0, "call"))
    empty = contract_told(instrument_row(**changes, StrikePrice=DBL_MAX, OptionsType="1"))
    assert empty is not None
    assert empty.option is None


@pytest.mark.parametrize(
    "changes", [{"VolumeMultiple": 0}, {"PriceTick": DBL_MAX}, {"PriceTick": 0.0}, {"InstrumentID": ""}]
)
def test_a_contract_without_what_is_needed_is_none(changes: dict[str, Any]) -> None:
    assert contract_told(instrument_row(**changes)) is None


def test_how_a_broker_counts_comes_in_our_words() -> None:
    told = counting_told([{"MarginPriceType": "4", "Algorithm": "2", "AvailIncludeCloseProfit": "2"}])
    assert told is not None
    assert (told.margin_price, told.pnl_in_available, told.is_close_gain_available) == ("open", "loss", False)
    assert counting_told([]) is None


def test_products_of_one_group_are_named() -> None:
    rows = [{"ExchangeID": "CFFEX", "ProductID": "TF", "ProductGroupID": "T"}, {"ExchangeID": "", "ProductID": "x"}]
    assert groups_told(rows) == {"CFFEX.TF": "CFFEX.T"}


def contract(symbol: str, expire: int, product: str = "au", **changes: Any) -> ToldContract:
    fields: dict[str, Any] = {
        "instrument_id": f"{symbol}.SHFE", "product_id": product, "name": symbol, "contract_multiplier": 10,
        "price_tick": 1.0, "is_date_kept": True, "expire_date": expire, "is_trading": True, "kind": "future",
    }  # fmt: skip
    return ToldContract(**{**fields, **changes})


LISTED = (
    contract("au2602", 20260215),
    contract("au2604", 20260415),
    contract("au2606", 20260615),
    contract("rb2605", 20260515, "rb"),
    contract("au2512", 20251215, is_trading=False),
    contract("au2604C900", 20260325, kind="option"),
)


def asked(plan: RatePlan, *, products: frozenset[str] = frozenset()) -> list[str]:
    """Work a plan off; answers of these kinds and products are the product's."""
    found = []
    while (step := plan.next()) is not None:
        found.append(f"{step.kind} {step.contract}".strip())
        plan.answered(step, is_product=f"{step.kind} {step.product}" in products)
        if step.kind == "contracts":
            plan.know(LISTED, ["au2606.SHFE"])
    return found


def test_what_is_held_is_asked_first_then_each_product_then_the_rest() -> None:
    assert asked(RatePlan(DAY)) == [
        "counting", "groups", "contracts",
        *(f"{kind} {name}.SHFE" for name in ("au2606", "rb2605", "au2602", "au2604")
          for kind in ("commission", "margin", "order_fees")),
    ]  # fmt: skip


def test_a_product_s_answer_spares_the_questions_about_its_other_contracts() -> None:
    plan = RatePlan(DAY)
    found = asked(plan, products=frozenset({"commission SHFE.au", "order_fees SHFE.au"}))
    assert [each for each in found if each.startswith("commission")] == [
        "commission au2606.SHFE", "commission rb2605.SHFE",
    ]  # fmt: skip
    assert len([each for each in found if each.startswith("margin")]) == 4
    progress = plan.progress()
    assert (progress.total, progress.done, progress.covered, progress.left) == (15, 11, 4, 0)


def test_after_a_restart_only_what_was_not_answered_is_asked() -> None:
    first = RatePlan(DAY)
    for _ in range(5):
        step = first.next()
        assert step is not None
        first.answered(step)
        if step.kind == "contracts":
            first.know(LISTED, [])
    answered, covering = first.state()
    again = asked(RatePlan(DAY, answered=answered, covering=covering))
    assert not {each for each in answered if " " in each} & set(again)
    assert again[:3] == ["counting", "groups", "contracts"]


def test_a_question_that_fails_comes_again_at_the_end_and_three_times_in_all() -> None:
    plan = RatePlan(DAY)
    found = []
    while (step := plan.next()) is not None:
        found.append(step.kind)
        if step.kind == "groups":
            plan.failed(step)
        else:
            plan.answered(step)
    assert found == ["counting", "groups", "contracts", "groups", "groups"]
    assert (plan.progress().failed, plan.progress().left) == (1, 0)


def test_each_question_has_the_fields_of_its_struct() -> None:
    step = Step("margin", GOLD, "au")
    assert QUERIES[step.kind] == "ReqQryInstrumentMarginRate"
    assert step.fields("9999", "880001") == {
        "BrokerID": "9999", "InvestorID": "880001", "InstrumentID": "au2604", "ExchangeID": "SHFE", "HedgeFlag": "1",
    }  # fmt: skip


@pytest.mark.parametrize("kind", sorted(QUERIES))
def test_no_question_has_a_field_that_its_struct_lacks(kind: Kind) -> None:
    forms = StructForms(tdapi)
    step = Step(kind, GOLD, "au")
    made = forms.make(struct_name(QUERIES[kind]), step.fields("9999", "880001"))
    assert made is not None
