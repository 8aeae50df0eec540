"""`stores.notices.ChatStore` in SQL: a message and its history, and how far each member has read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from sqlalchemy import and_, case, func, insert, select, update

from tradewind.domain.chat import ChartLink, ChatMessage, InstructionLink
from tradewind.errors import StateConflictError
from tradewind.stores.sql.notice_tables import CHAT_MESSAGES, CHAT_READS, CHAT_VERSIONS
from tradewind.stores.sql.transactions import in_reading, in_transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy.engine import Connection, Row

    from tradewind.stores.notices import NewMessage
    from tradewind.stores.sql.store import SqlStore

R = TypeVar("R")
_M: Final = CHAT_MESSAGES.c
_V: Final = CHAT_VERSIONS.c
_R: Final = CHAT_READS.c


class SqlChat:
    """`stores.notices.ChatStore` on one store."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def say(self, new: NewMessage) -> tuple[ChatMessage, bool]:
        """Keep a message, once for each request of a person."""
        said = new.message
        own = (_M.username == said.username, _M.request_id == new.request_id)

        def work(connection: Connection) -> tuple[ChatMessage, bool]:
            known = connection.execute(select(CHAT_MESSAGES).where(*own)).first()
            if known is not None:
                return _message(known), False
            values = {
                "room": said.room,
                "username": said.username,
                "name": said.name,
                "request_id": new.request_id,
                "created_at": said.created_at,
                **_changing(said),
            }
            made = connection.execute(insert(CHAT_MESSAGES).values(**values)).inserted_primary_key
            return msgspec.structs.replace(said, message_id=made[0] if made else 0), True

        return in_transaction(self._store, work)

    def message(self, message_id: int) -> ChatMessage | None:
        """Return a message as it is now."""
        row = self._read(
            lambda connection: connection.execute(select(CHAT_MESSAGES).where(_M.message_id == message_id)).first()
        )
        return None if row is None else _message(row)

    def change(self, changed: ChatMessage) -> ChatMessage:
        """Keep a new version, and the one before in the history."""

        def work(connection: Connection) -> ChatMessage:
            own = _M.message_id == changed.message_id
            row = connection.execute(select(CHAT_MESSAGES).where(own).with_for_update()).first()
            if row is None or row.version != changed.version - 1:
                message = f"message {changed.message_id} was changed meanwhile; read it again"
                raise StateConflictError(message)
            before = {name: getattr(row, name) for name in ("version", "text", "mentions", "attachments", "edited_at")}
            connection.execute(insert(CHAT_VERSIONS).values(message_id=changed.message_id, **before))
            connection.execute(update(CHAT_MESSAGES).where(own).values(**_changing(changed)))
            return changed

        return in_transaction(self._store, work)

    def messages(self, room: str, *, before: int, limit: int) -> list[ChatMessage]:
        """Return a page of a room, the newest first."""
        match = [_M.room == room] + ([_M.message_id < before] if before else [])
        found = select(CHAT_MESSAGES).where(*match).order_by(_M.message_id.desc()).limit(limit)
        return self._read(lambda connection: [_message(row) for row in connection.execute(found)])

    def newest(self, limit: int) -> list[ChatMessage]:
        """Return the newest messages of all rooms, the oldest first."""
        found = select(CHAT_MESSAGES).order_by(_M.message_id.desc()).limit(limit)
        return self._read(lambda connection: [_message(row) for row in connection.execute(found)][::-1])

    def history(self, message_id: int) -> list[ChatMessage]:
        """Return every version, the oldest first."""
        now = self.message(message_id)
        if now is None:
            return []
        found = select(CHAT_VERSIONS).where(_V.message_id == message_id).order_by(_V.version)
        rows = self._read(lambda connection: connection.execute(found).all())
        return [*(_older(now, row) for row in rows), now]

    def rooms(self, username: str, rooms: Collection[str]) -> dict[str, tuple[int, int]]:
        """Return unread messages of others, and the newest id, by room."""
        if not rooms:
            return {}
        read = and_(_R.room == _M.room, _R.username == username)
        is_unread = and_(_M.username != username, _M.deleted_at == 0, _M.message_id > func.coalesce(_R.through, 0))
        found = (
            select(_M.room, func.sum(case((is_unread, 1), else_=0)), func.max(_M.message_id))
            .select_from(CHAT_MESSAGES.outerjoin(CHAT_READS, read))
            .where(_M.room.in_(list(rooms)))
            .group_by(_M.room)
        )
        return self._read(
            lambda connection: {room: (int(unread), newest) for room, unread, newest in connection.execute(found)}
        )

    def mark(self, username: str, room: str, through: int) -> None:
        """Count a room as read through a message."""
        own = (_R.username == username, _R.room == room)

        def work(connection: Connection) -> None:
            found = connection.execute(select(_R.through).where(*own).with_for_update()).scalar()
            if found is None:
                connection.execute(insert(CHAT_READS).values(username=username, room=room, through=through))
            elif found < through:
                connection.execute(update(CHAT_READS).where(*own).values(through=through))

        in_transaction(self._store, work)

    def _read(self, question: Callable[[Connection], R]) -> R:
        return in_reading(self._store, question)


def _changing(message: ChatMessage) -> dict[str, Any]:
    """Return the columns that a new version writes."""
    return {
        "text": message.text,
        "mentions": list(message.mentions),
        "attachments": msgspec.to_builtins(message.attachments),
        "version": message.version,
        "edited_at": message.edited_at,
        "deleted_at": message.deleted_at,
    }


def _message(row: Row[Any]) -> ChatMessage:
    return ChatMessage(
        message_id=row.message_id,
        room=row.room,
        product_code=row.room,
        username=row.username,
        name=row.name,
        text=row.text,
        mentions=tuple(row.mentions),
        attachments=_attachments(row.attachments),
        created_at=row.created_at,
        version=row.version,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
    )


def _older(now: ChatMessage, row: Row[Any]) -> ChatMessage:
    return msgspec.structs.replace(
        now,
        version=row.version,
        text=row.text,
        mentions=tuple(row.mentions),
        attachments=_attachments(row.attachments),
        edited_at=row.edited_at,
        deleted_at=0,
    )


def _attachments(kept: Any) -> tuple[InstructionLink | ChartLink, ...]:  # noqa: ANN401 - JSON
    return msgspec.convert(kept, tuple[InstructionLink | ChartLink, ...])
