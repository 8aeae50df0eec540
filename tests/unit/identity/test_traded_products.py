"""Products of users and products that orders may name: what differs is named at the start and refused in the form."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from identity_builders import Household
from tradewind.domain.rights import Grant
from tradewind.domain.user import Product
from tradewind.errors import InputError
from tradewind.identity import people
from tradewind.identity.keeping import Who
from tradewind.kernel.settings import load
from tradewind.runtime.identity import traded_products
from tradewind.runtime.settings import TradewindSettings
from tradewind.stores.memory_people import MemoryIdentityStore

WHO = Who("administrator", "test")
FUNDS = frozenset({"fund_a"})


async def test_a_product_in_a_grant_that_no_order_may_name_is_named_at_the_start(tmp_path: Path) -> None:
    house = Household(tmp_path)
    house.add_user("wang", grants=(Grant("trader", "fund_a", "*"), Grant("viewer", "fund_x", "*")))
    service = house.service(traded=FUNDS)
    with capture_logs() as told:
        await service.refresh()
        await service.refresh()

    assert service.strange_products == ("fund_x",)
    warned = [line for line in told if line["event"] == "grants_name_products_nobody_trades"]
    assert [(line["products"], line["allowed"]) for line in warned] == [(["fund_x"], ["fund_a"])]


def put(code: str, traded: frozenset[str]) -> Product:
    """Make a product as the form does."""
    made = Product(code=code, name=code)
    return MemoryIdentityStore().change(
        lambda book: people.put_product(book, WHO, made, version=None, ts=1, traded=traded)
    )


def test_the_form_makes_no_product_that_no_order_may_name() -> None:
    with pytest.raises(InputError, match="'fund_x'; allowed: fund_a"):
        put("fund_x", FUNDS)
    assert put("fund_a", FUNDS).code == "fund_a"
    assert put("fund_y", frozenset()).code == "fund_y", "where the settings name none, plans and books will"


def test_orders_may_name_products_of_the_settings_of_books_and_of_plans() -> None:
    flags = [
        'trading.products=["fund_a"]',
        'portfolio.accounts=[{"id": "A1", "books": ["fund_b/hand", "/alone"]}]',
        'instructions.plans={"rise": {"account_id": "A1", "product_code": "fund_c"}}',
    ]
    assert traded_products(load(TradewindSettings, flags=flags).settings) == {"fund_a", "fund_b", "fund_c"}
