"""The risk page's settings are settings, and its rule is a rule."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from documents import REPO, snippet, snippets
from pretrade_harness import codes_of, open_desk
from tradewind.domain.trading_state import Scope
from tradewind.kernel.settings import load
from tradewind.pretrade.halt import phrase_of
from tradewind.pretrade.limits import LimitBook
from tradewind.pretrade.registry import builtin_rules, foreign_rules
from tradewind.pretrade.settings import LIMIT_NAMES
from tradewind.runtime.settings import TradewindSettings

PAGE = "docs/risk.md"


def test_the_settings_of_the_page_are_read(tmp_path: Path) -> None:
    file = tmp_path / "tradewind.toml"
    file.write_text("".join(snippets(PAGE, "toml")), encoding="utf-8")
    settings = load(TradewindSettings, file=file).settings.pretrade
    book = LimitBook(settings.limits)
    assert book.of(Scope.STRATEGY, "momentum").max_daily_loss == 20_000
    assert book.of(Scope.ACCOUNT, "A1").max_margin_use == Decimal("0.6")
    assert settings.report_confirmed_at == {"8001234": "2026-10-09"}


def test_every_limit_is_on_the_page() -> None:
    text = (REPO / PAGE).read_text(encoding="utf-8")
    assert [name for name in LIMIT_NAMES if f"`{name}`" not in text] == []


def test_the_rule_of_the_page_refuses_what_it_says() -> None:
    room: dict[str, Any] = {}
    exec(compile(snippet(PAGE, "python", "NoRoundLots"), PAGE, "exec"), room)  # noqa: S102 - the page's own program

    class Point:
        name = "no_round_lots"

        def load(self) -> Any:
            return room["NoRoundLots"]

    points: Any = [Point()]
    desk = open_desk(rules=builtin_rules() + foreign_rules(points))
    assert desk.codes(quantity=1) == set()
    assert "ROUND_LOTS" in codes_of(desk.ask(quantity=100))


@pytest.mark.parametrize("place", [(Scope.PLATFORM, ""), (Scope.ACCOUNT, "A1")])
def test_the_phrases_of_the_page_are_those_that_work(place: tuple[Scope, str]) -> None:
    assert f'--confirm "{phrase_of(*place)}"' in (REPO / PAGE).read_text(encoding="utf-8")
