"""The chat over REST: rooms, messages page by page, writing, changing, reading."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from tradewind.api.admission import caller_of, signed_in
from tradewind.api.error_map import InvalidError
from tradewind.api.injected import TheHouse
from tradewind.api.people_forms import EditForm, ReadThroughForm, SayForm
from tradewind.api.routes.notices import people_of
from tradewind.api.strictness import strictly
from tradewind.domain import chat
from tradewind.domain.rights import Permission

_MEMBER = signed_in(Permission.CHAT)
_AUDITOR = signed_in(Permission.AUDIT)
_TAGS = ["chat"]
_KEY_HEADER = "idempotency-key"
_LONGEST_KEY = 64
_LONGEST_ROOM = 50
Web = Request[Any, Any, Any]
Before = Annotated[int, QueryParameter(ge=0, description="`next` of the page before; 0: the newest.")]
PageSize = Annotated[int, QueryParameter(ge=1, le=200, description="Messages of a page.")]


@get("/api/v1/chat/rooms", opt=_MEMBER, tags=_TAGS)
async def rooms(request: Web, house: TheHouse) -> Any:  # noqa: ANN401 - the room's own structs, here and below
    """List the caller's rooms (`*` is the room of all), with what is unread in each and who is in it."""
    return await people_of(house).answer(chat.AskChatRooms(), caller_of(request).principal)


@get("/api/v1/chat/rooms/{room:str}/messages", opt=_MEMBER, tags=_TAGS)
async def messages(
    *, request: Web, house: TheHouse, room: FromPath[str], before: Before = 0, limit: PageSize = 50
) -> Any:  # noqa: ANN401
    """List a room's messages, the newest first; only for members."""
    ask = chat.AskChat(room=_room(room), before=before, limit=limit)
    return await people_of(house).answer(ask, caller_of(request).principal)


@post("/api/v1/chat/rooms/{room:str}/messages", opt=_MEMBER, status_code=200, tags=_TAGS)
async def say(request: Web, house: TheHouse, room: FromPath[str], data: JSONBody[SayForm]) -> Any:  # noqa: ANN401
    """Write a message; the same `Idempotency-Key` again is the same message."""
    form = await strictly(request, data)
    command = chat.SayInChat(
        room=_room(room), text=form.text, attachments=form.attachments, request_id=_request_id(request)
    )
    return await people_of(house).carry_out(command, caller_of(request).principal)


@post("/api/v1/chat/rooms/{room:str}/read", opt=_MEMBER, status_code=200, tags=_TAGS)
async def mark_room(request: Web, house: TheHouse, room: FromPath[str], data: JSONBody[ReadThroughForm]) -> Any:  # noqa: ANN401
    """Count a room as read through a message."""
    form = await strictly(request, data)
    command = chat.MarkChatRead(room=_room(room), through=form.through)
    await people_of(house).carry_out(command, caller_of(request).principal)
    return {"through": form.through}


@post("/api/v1/chat/messages/{message_id:int}/edit", opt=_MEMBER, status_code=200, tags=_TAGS)
async def edit(request: Web, house: TheHouse, message_id: FromPath[int], data: JSONBody[EditForm]) -> Any:  # noqa: ANN401
    """Write one's own young message anew; what it said stays on record."""
    form = await strictly(request, data)
    command = chat.EditChat(
        message_id=_id(message_id), text=form.text, version=form.version, attachments=form.attachments
    )
    return await people_of(house).carry_out(command, caller_of(request).principal)


@post("/api/v1/chat/messages/{message_id:int}/delete", opt=_MEMBER, status_code=200, tags=_TAGS)
async def take_back(request: Web, house: TheHouse, message_id: FromPath[int]) -> Any:  # noqa: ANN401
    """Take one's own young message back; what it said stays on record."""
    command = chat.DeleteChat(message_id=_id(message_id))
    return await people_of(house).carry_out(command, caller_of(request).principal)


@get("/api/v1/chat/messages/{message_id:int}/history", opt=_AUDITOR, tags=_TAGS)
async def history(request: Web, house: TheHouse, message_id: FromPath[int]) -> Any:  # noqa: ANN401
    """List every version of a message, the oldest first."""
    ask = chat.AskChatHistory(message_id=_id(message_id))
    return await people_of(house).answer(ask, caller_of(request).principal)


def _room(room: str) -> str:
    if not 0 < len(room) <= _LONGEST_ROOM:
        message = f"room must have 1 to {_LONGEST_ROOM} characters, had {len(room)}"
        raise InvalidError(message, field="room")
    return room


def _id(message_id: int) -> int:
    if not 0 < message_id < 1 << 62:
        message = f"message_id must be a whole number from 1, was {message_id}"
        raise InvalidError(message, field="message_id")
    return message_id


def _request_id(request: Web) -> str:
    key = request.headers.get(_KEY_HEADER, "")
    if not 0 < len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable():
        message = (
            f"header Idempotency-Key must be 1 to {_LONGEST_KEY} printable ASCII characters, new for each message,"
            f" was {len(key)} long"
        )
        raise InvalidError(message, field=_KEY_HEADER)
    return key


CHAT_ROUTES = (rooms, messages, say, mark_room, edit, take_back, history)
