"""Every page at a desk's monitor and on a phone, in both languages, dark and light: nothing is wrong with any of them.

A combination has a browser window, which goes from page to page as a person does (`browser_rounds`).
"""

from __future__ import annotations

import pytest

from browser_rounds import COMBINATIONS, Round
from page_addresses import MISSING, addresses

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.mark.parametrize("way", COMBINATIONS, indirect=True)
def test_nothing_is_wrong_with_any_page(way: Round) -> None:
    for path in (*addresses(), MISSING):
        way.seat.visit(path)
        way.judge(path)
    way.seat.leave()
    way.judge("/login")
    way.finish()
