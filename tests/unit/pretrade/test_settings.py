"""Limits come in rows; what is wrong in one is told, what is left open is the default."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pretrade_harness import INDEX, limit, make_request, open_desk
from tradewind.domain.trading_state import Scope
from tradewind.errors import ConfigError
from tradewind.kernel.settings import load
from tradewind.pretrade.limits import LimitBook, label_of, places_of
from tradewind.pretrade.settings import PretradeSettings, ScopeLimits
from tradewind.runtime.settings import TradewindSettings


def loaded(tmp_path: Path, text: str) -> PretradeSettings:
    file = tmp_path / "tradewind.toml"
    file.write_text(text, encoding="utf-8")
    return load(TradewindSettings, file=file).settings.pretrade


def test_rows_of_the_settings_file_are_limits(tmp_path: Path) -> None:
    text = """
[pretrade]
duplicates = 3
[[pretrade.limits]]
scope = "account"
key = "A1"
max_order_value = 1500000.5
max_net_position = 10
[[pretrade.limits]]
scope = "platform"
key = ""
orders_per_second = 5
"""
    found = loaded(tmp_path, text)
    assert found.duplicates == 3
    book = LimitBook(found.limits)
    assert book.of(Scope.ACCOUNT, "A1").max_order_value == Decimal("1500000.5")
    assert book.of(Scope.PLATFORM, "").orders_per_second == 5


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ('scope = "account"\nmax_lots = 3', "max_lots"),
        ('scope = "moon"', "moon"),
        ('scope = "account"\nmax_net_position = -1', ">= 0"),
        ('scope = "account"\nmax_net_position = 1.5', "int"),
        ('scope = "account"\nmax_order_value = -1', "max_order_value must be a number ≥ 0, was -1"),
        ('scope = "account"\nmax_order_value = nan', "max_order_value"),
        ('scope = "account"\nkey = ""', 'a name or "*"'),
        ('scope = "platform"\nkey = "x"', 'the key of the platform is ""'),
        ('scope = "platform"\nkey = ""\nmax_margin_use = 0.5', "max_margin_use is a limit of account only"),
        ('scope = "instrument"\nmax_daily_loss = 5', "max_daily_loss is a limit of account, product, strategy only"),
    ],
)
def test_a_row_that_is_wrong_is_refused_and_says_why(tmp_path: Path, row: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, f"[[pretrade.limits]]\n{row}\n")
    assert says in str(caught.value)


def test_two_rows_for_one_scope_are_refused(tmp_path: Path) -> None:
    row = '[[pretrade.limits]]\nscope = "account"\nkey = "A1"\n'
    with pytest.raises(ConfigError, match="two rows for scope account, key 'A1'"):
        loaded(tmp_path, row + row)


@pytest.mark.parametrize("day", ["soon", "2026-1-1", "20260101", ""])
def test_a_day_of_a_report_that_is_none_is_refused(day: str) -> None:
    with pytest.raises(ConfigError, match="YYYY-MM-DD"):
        PretradeSettings(report_confirmed_at={"A1": day})


def test_a_row_of_its_own_replaces_single_limits_and_keeps_the_others() -> None:
    book = LimitBook((limit(Scope.ACCOUNT, max_order_value=500), limit(Scope.ACCOUNT, "A1", max_gross_position=3)))
    own, other = book.of(Scope.ACCOUNT, "A1"), book.of(Scope.ACCOUNT, "A2")
    assert own.max_order_value == other.max_order_value == 500
    assert (own.max_gross_position, other.max_gross_position) == (3, 1_000)
    assert own.max_margin_use == other.max_margin_use == Decimal("0.8")


def test_an_order_meets_the_limits_of_its_five_scopes() -> None:
    request = make_request(product_code="P1", strategy="S1")
    assert [label_of(*place) for place in places_of(request)] == [
        "platform",
        "account:A1",
        "product:P1",
        "strategy:S1",
        f"instrument:{INDEX}",
    ]
    assert len(places_of(make_request())) == 3


def test_what_is_not_limited_is_met_by_no_limit() -> None:
    met = LimitBook(()).met_by(make_request())
    assert [one.label for one in met.max_margin_use] == ["account:A1"]
    assert met.max_net_position == ()


def test_a_row_alone_is_a_row_without_limits() -> None:
    assert ScopeLimits(scope=Scope.STRATEGY, key="S1").max_order_quantity is None


def test_the_defaults_let_a_small_paper_order_pass() -> None:
    assert open_desk().codes() == set()
