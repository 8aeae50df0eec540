"""Answers people and programs at the desk: each message of `domain.desk` goes to the room that knows.

A command is answered when no crash can undo it any more. The same `request_id` again is answered with what came of it
the first time, and to nobody else: by the instruction's, the move's own id for ever, by memory for the rest.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain import desk
from tradewind.domain.rights import lacks
from tradewind.domain.trading_state import TradingMode
from tradewind.errors import NotAllowedError, TransientError
from tradewind.runtime.desk.answers import Answers
from tradewind.runtime.desk.deeds import Deeds

if TYPE_CHECKING:
    from tradewind.audit.service import AuditService
    from tradewind.domain.rights import Reach
    from tradewind.runtime.desk.rooms import DeskRooms

_REMEMBERED: Final = 10_000
_SIGNATURE: Final = frozenset({"actor", "source", "request_id", "phrase", "text"})
"""Not told again on the record: who and which, what is secret, and the text of a statement, which is kept as a file."""


class Office:
    """`api.ports.TradingDesk` on the rooms of this process."""

    def __init__(self, rooms: DeskRooms, audit: AuditService | None = None) -> None:
        """With `audit` each command is put on the record, beside what came of it."""
        self._rooms = rooms
        self._audit = audit
        self._done: dict[tuple[type, str, str], tuple[desk.Command, object]] = {}
        self._answers = Answers(rooms)
        self._deeds = Deeds(rooms, self._answers)

    async def answer(self, question: desk.Question, reach: Reach) -> object:
        """Return what was asked for.

        Raises:
            InputError: it names what there is not. NotAllowedError: it names what the asker may not see.
            TransientError: the desk is not open yet.
        """
        _require_some(reach, question)
        # Whether trading is halted is known with the database away too.
        if not isinstance(question, desk.AskTradingStates):
            self._require_open()
        return self._answers.to(question, reach)

    async def carry_out(self, command: desk.Command, reach: Reach) -> object:
        """Do it once; return what came of it when it is durable.

        Raises:
            InputError, StateConflictError: it cannot be done. NotAllowedError: it goes beyond the reach.
            TransientError: it cannot be recorded now.
        """
        _require_some(reach, command)
        is_stop = isinstance(command, desk.SetMode) and command.mode is not TradingMode.ACTIVE
        if is_stop:
            # Stopping works with the database away: the gate's own file remembers it.
            self._note(command)
            self._deeds.require(command, reach)
            return self._deeds.do(command, reach)
        self._require_open()
        key = (type(command), command.actor, command.request_id)
        if key in self._done:
            earlier, came_of_it = self._done[key]
            # Whoever may not do any more what they did is not told what came of it either.
            for each in (command, earlier):
                self._deeds.require(each, reach)
            return came_of_it
        journal = self._rooms.journal
        if journal.failure is not None:
            message = f"nothing can be recorded now, so nothing is done: {journal.failure}"
            raise TransientError(message)
        self._note(command)
        self._deeds.require(command, reach)
        done = self._deeds.do(command, reach)
        self._done[key] = (command, done)
        while len(self._done) > _REMEMBERED:
            del self._done[next(iter(self._done))]
        await self._durable()
        return done

    def _note(self, command: desk.Command) -> None:
        """Put on record what somebody wants, before it is done: what was refused is worth knowing too."""
        if self._audit is not None and self._rooms.closed is None:
            told = {name: value for name, value in msgspec.to_builtins(command).items() if name not in _SIGNATURE}
            self._audit.record(
                str(told.pop("do")), actor=command.actor, source=command.source, subject=command.request_id, after=told
            )

    def _require_open(self) -> None:
        if self._rooms.closed is not None:
            message = f"the trading desk is not open: {self._rooms.closed}"
            raise TransientError(message)

    async def _durable(self) -> None:
        journal = self._rooms.journal
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell() -> None:
            if not written.done():
                written.set_result(None)

        journal.when_durable(journal.last_seq, tell)
        try:
            async with asyncio.timeout(self._rooms.patience_s):
                await written
        except TimeoutError as error:
            message = (
                f"done, but not on record yet ({journal.failure or 'the database is slow'}); look before repeating"
            )
            raise TransientError(message) from error


def _require_some(reach: Reach, message: desk.Question | desk.Command) -> None:
    if not reach:
        raise NotAllowedError(lacks(desk.needs(message)))
