"""What the page on accounting shows can be used as it stands."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from documents import REPO
from tradewind.market import InstrumentTable, RateTable, read_rates_file
from tradewind.market.rate_file import RateEntry
from tradewind.portfolio import AccountSettings, PortfolioSettings


@pytest.mark.parametrize("page", ["docs/accounting.md", "docs/accounting.en.md"])
def test_the_rates_file_of_the_page_is_read_and_holds(page: str, tmp_path: Path) -> None:
    text = (REPO / page).read_text(encoding="utf-8")
    file = tmp_path / "rates.toml"
    file.write_text(text.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    found = RateTable(InstrumentTable(), operator=read_rates_file(file)).find("au2604.SHFE", 20260105)
    assert found is not None
    assert found.commission.open_by_volume == Decimal("10.01")
    assert found.margin.long_by_money == Decimal("0.16")


@pytest.mark.parametrize("page", ["docs/accounting.md", "docs/accounting.en.md"])
def test_every_setting_and_part_of_an_entry_that_matters_is_named(page: str) -> None:
    text = (REPO / page).read_text(encoding="utf-8")
    parts = set(RateEntry.__struct_fields__) - {"source", "product", "contract", "valid_from"}
    named = {"margin_price", "pnl_in_available", "is_close_gain_available"}
    assert named <= set(AccountSettings.__struct_fields__)
    assert {"settle_after_s", "settle_wait_s"} <= set(PortfolioSettings.__struct_fields__)
    assert [name for name in sorted(parts | named | {"settle_after_s", "settle_wait_s"}) if name not in text] == []
