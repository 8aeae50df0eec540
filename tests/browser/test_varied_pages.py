"""Pages whose address varies, and the parts and modes that an address names: nothing is wrong with any of them.

They are made of what the pages of `test_every_page` are made of, which meet every size, language and theme together;
here each two of these meet.
"""

from __future__ import annotations

import pytest

from browser_rounds import EACH_TWO, Round
from page_addresses import parts, places

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.mark.parametrize("way", EACH_TWO, indirect=True)
def test_nothing_is_wrong_with_the_operators_pages_charts_and_panels_of_their_own(way: Round) -> None:
    for place in places(way.furnished.names):
        way.look(place)
    way.finish()


@pytest.mark.parametrize("way", EACH_TWO, indirect=True)
def test_nothing_is_wrong_with_any_part_of_a_page_that_an_address_names(way: Round) -> None:
    for place in parts(way.furnished.names):
        way.look(place)
    way.finish()
