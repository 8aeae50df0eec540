"""What the page on CTP's quotes shows can be used as it stands."""

from __future__ import annotations

import tomllib

import msgspec
import pytest

from documents import REPO, snippet
from tradewind.ctp.settings import CtpSettings
from tradewind.market.settings import MarketSettings
from tradewind.market.sources.settings import CtpFeedSettings

PAGES = ["docs/how-to/ctp-market.md", "docs/how-to/ctp-market.en.md"]


@pytest.mark.parametrize("page", PAGES)
def test_the_settings_of_the_page_are_taken(page: str) -> None:
    market = msgspec.convert(tomllib.loads(snippet(page, "toml", "fronts"))["market"], MarketSettings)
    assert market.source == "ctp"
    assert len(market.ctp.fronts) == 2


@pytest.mark.parametrize("page", PAGES)
def test_the_settings_the_page_names_are_there_with_the_seconds_it_tells(page: str) -> None:
    text = (REPO / page).read_text(encoding="utf-8")
    settings, feed = CtpSettings(), CtpFeedSettings()
    assert (settings.no_answer_s, settings.next_front_s, feed.idle_retry_s) == (10, 30, 600)
    assert settings.before_open_s + 300 == 15 * 60
    named = ("ctp.no_answer_s", "ctp.next_front_s", "market.ctp.idle_retry_s", "market.ctp.quote_time")
    assert [name for name in named if name not in text] == []
