"""Notices over REST: what one was told, what one wants to be told, and what is on its way to everybody."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from tradewind.api.admission import WHOEVER, caller_of, signed_in
from tradewind.api.injected import TheHouse
from tradewind.api.people_forms import ReadForm, WishesForm
from tradewind.api.ports import House, PeopleDesk
from tradewind.api.strictness import strictly
from tradewind.domain import notice
from tradewind.domain.rights import Permission
from tradewind.errors import SwitchedOffError

_OWN = signed_in(WHOEVER)
_SYSTEM = signed_in(Permission.SYSTEM)
_TAGS = ["notices"]
Web = Request[Any, Any, Any]
Before = Annotated[int, QueryParameter(ge=0, description="`next` of the page before; 0: the newest.")]
PageSize = Annotated[int, QueryParameter(ge=1, le=200, description="Entries of a page.")]
Unread = Annotated[bool, QueryParameter(name="unread", description="Only what is not read.")]
InState = Annotated[
    notice.DeliveryState | None, QueryParameter(name="state", description="`waiting`, `sending`, `sent` or `dead`.")
]


@get("/api/v1/notices", opt=_OWN, tags=_TAGS)
async def notices(
    *, request: Web, house: TheHouse, before: Before = 0, limit: PageSize = 50, unread: Unread = False
) -> Any:  # noqa: ANN401 - the room's own structs, here and below
    """List what the caller was told, the newest first, and how much of it is not read."""
    ask = notice.AskNotices(before=before, limit=limit, is_unread=unread)
    return await people_of(house).answer(ask, caller_of(request).principal)


@get("/api/v1/notices/unread", opt=_OWN, tags=_TAGS)
async def unread_count(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """Return how many of the caller's notices are not read."""
    return await people_of(house).answer(notice.AskUnread(), caller_of(request).principal)


@post("/api/v1/notices/read", opt=_OWN, status_code=200, tags=_TAGS)
async def mark_notices(request: Web, house: TheHouse, data: JSONBody[ReadForm]) -> Any:  # noqa: ANN401
    """Count notices of the caller as read, and return how many are left."""
    form = await strictly(request, data)
    command = notice.MarkNotices(notice_ids=form.notice_ids, through=form.through)
    return await people_of(house).carry_out(command, caller_of(request).principal)


@get("/api/v1/notices/preferences", opt=_OWN, tags=_TAGS)
async def preferences(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """Return what the caller chose, and all there is to choose from."""
    return await people_of(house).answer(notice.AskPreferences(), caller_of(request).principal)


@post("/api/v1/notices/preferences", opt=_OWN, status_code=200, tags=_TAGS)
async def set_preferences(request: Web, house: TheHouse, data: JSONBody[WishesForm]) -> Any:  # noqa: ANN401
    """Choose kinds, channels, language and quiet hours; 409 when they were changed meanwhile."""
    form = await strictly(request, data)
    command = notice.SetPreferences(wishes=form.wishes, version=form.version)
    return await people_of(house).carry_out(command, caller_of(request).principal)


@get("/api/v1/deliveries", opt=_SYSTEM, tags=_TAGS)
async def deliveries(
    *, request: Web, house: TheHouse, in_state: InState = None, before: Before = 0, limit: PageSize = 50
) -> Any:  # noqa: ANN401
    """List the messages on their way to everybody, sent and given up, and how each channel is."""
    ask = notice.AskDeliveries(state=in_state, before=before, limit=limit)
    return await people_of(house).answer(ask, caller_of(request).principal)


@post("/api/v1/deliveries/{delivery_id:int}/retry", opt=_SYSTEM, status_code=200, tags=_TAGS)
async def retry_delivery(request: Web, house: TheHouse, delivery_id: FromPath[int]) -> Any:  # noqa: ANN401
    """Try a message again that was given up, under its old id."""
    command = notice.RetryDelivery(delivery_id=delivery_id)
    return await people_of(house).carry_out(command, caller_of(request).principal)


def people_of(house: House) -> PeopleDesk:
    """Return who answers about notices and chat.

    Raises: SwitchedOffError: nobody does here.
    """
    if house.people is None:
        message = (
            "there are no notices and no chat here: notices.enabled or trading.enabled is off, or a recording plays"
        )
        raise SwitchedOffError(message)
    return house.people


NOTICE_ROUTES = (
    notices, unread_count, mark_notices, preferences, set_preferences, deliveries, retry_delivery,
)  # fmt: skip
