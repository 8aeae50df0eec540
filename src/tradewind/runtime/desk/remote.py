"""The trading desk from another process: its messages over Redis, the emergency stop by the file where that fails."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.domain.desk import Command, Question, SetMode, needs
from tradewind.domain.rights import Reach, beyond
from tradewind.domain.trading_state import Scope, TradingMode, TradingState
from tradewind.domain.whose import covers_all, owners_of_scope
from tradewind.errors import NotAllowedError, TransientError
from tradewind.kernel.clock import SystemClock, monotonic_s
from tradewind.pretrade.acts import HaltAnswer
from tradewind.pretrade.files import HaltRequest, StopOrder
from tradewind.pretrade.halt import STRICTNESS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tradewind.api.ports import TradingDesk
    from tradewind.bus.redis.requests import Asker
    from tradewind.pretrade.files import HaltFiles
    from tradewind.runtime.desk.presence import Presence

_ASK: Final = "desk_ask"
_DO: Final = "desk_do"
STOP: Final = "desk_stop"
"""What must never wait for its turn."""
DURABLE_S: Final = 12.0
"""How long a command that was begun may take: the desk itself waits for its record for 10 s."""
_CONFIRM_S: Final = 2.0
_LOOK_S: Final = 0.02


class AskedDesk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question on its way, with what its asker reaches."""

    question: Question
    reach: Reach


class ToldDesk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command on its way, with what whoever gives it reaches."""

    command: Command
    reach: Reach


class RemoteDesk:
    """`api.ports.TradingDesk`: the order line lives in a process of its own.

    `stops` asks as `desk` does, and is answered first. Where no answer comes the file stops whoever trades from this
    data folder, if somebody does.
    """

    def __init__(self, desk: Asker, *, stops: Asker, files: HaltFiles, presence: Presence) -> None:
        self._desk = desk
        self._stops = stops
        self._files = files
        self._presence = presence

    async def answer(self, question: Question, reach: Reach) -> object:
        """Return what was asked for. Raises as the port says."""
        return await self._desk.ask(_ASK, AskedDesk(question, reach))

    async def carry_out(self, command: Command, reach: Reach) -> object:
        """Do it once; return what came of it when it is durable. Raises as the port says."""
        told = ToldDesk(command, reach)
        if not isinstance(command, SetMode) or command.mode is TradingMode.ACTIVE:
            return await self._desk.ask(_DO, told)
        try:
            return await self._stops.ask(STOP, told)
        except TransientError as error:
            # The file asks nobody what they reach, so it is asked here; whose a plan is, only the desk knows.
            if not covers_all(reach, owners_of_scope(command.scope, command.key, lambda _name: None)):
                raise NotAllowedError(beyond(needs(command))) from error
            return await self._stop_by_file(command, error)

    async def _stop_by_file(self, command: SetMode, why: TransientError) -> HaltAnswer:
        """Stop whoever trades from this folder; the process itself says in its latch file that it has.

        Raises: TransientError: nobody does, or nobody has confirmed it.
        """
        if not await asyncio.to_thread(self._presence.is_shown):
            message = (
                f"the trading process cannot be reached ({why}), and none trades from this data folder;"
                " use `tradewind halt` on its machine"
            )
            raise TransientError(message) from why
        await asyncio.to_thread(self._leave, command)
        until_s = monotonic_s() + _CONFIRM_S
        while monotonic_s() < until_s:
            state = await asyncio.to_thread(self._latched, command)
            if state is not None and STRICTNESS[state.mode] >= STRICTNESS[command.mode]:
                return HaltAnswer(state)
            await asyncio.sleep(_LOOK_S)
        message = (
            f"the trading process cannot be reached ({why}); its stop file lies there and it has not confirmed within"
            f" {_CONFIRM_S:g} s: it is halted from its next look or start on"
        )
        raise TransientError(message) from why

    def _leave(self, command: SetMode) -> None:
        if command.scope is Scope.PLATFORM and command.mode is TradingMode.HALTED:
            self._files.press(StopOrder(command.actor, command.reason))
            return
        asked = HaltRequest(
            "halt", command.scope, command.key, command.actor, command.reason, "", SystemClock().now_ns(), command.mode
        )
        self._files.ask(asked)

    def _latched(self, command: SetMode) -> TradingState | None:
        states, _ = self._files.load()
        return next((state for state in states if (state.scope, state.key) == (command.scope, command.key)), None)


def desk_answers(desk: TradingDesk) -> Mapping[str, Callable[[Any], Awaitable[object]]]:
    """Return what the trading process answers."""

    async def ask(body: object) -> object:
        asked = msgspec.convert(body, AskedDesk)
        return await desk.answer(asked.question, asked.reach)

    async def do(body: object) -> object:
        told = msgspec.convert(body, ToldDesk)
        return await desk.carry_out(told.command, told.reach)

    return {_ASK: ask, _DO: do, STOP: do}
