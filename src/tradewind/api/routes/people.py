"""What the people of the house are called: wherever somebody did something, a page says who in words of the team."""

from __future__ import annotations

from typing import Final

from litestar import get

from tradewind.api.admission import signed_in
from tradewind.api.identity_forms import PersonView
from tradewind.api.injected import TheHouse
from tradewind.domain.rights import Permission

_VIEW: Final = signed_in(Permission.VIEW)


@get("/api/v1/people", opt=_VIEW, sync_to_thread=False, tags=["me"])
def people(house: TheHouse) -> list[PersonView]:
    """List what everybody is called, those who have left too: the record still tells what they did."""
    if house.identity is None:
        return []
    users = house.identity.directory.people.users
    return [PersonView(each.username, each.chinese_name, each.english_name) for each in users]


PEOPLE_ROUTES = (people,)
