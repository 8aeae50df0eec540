"""Notices and chat where the order line is a process of its own: told there, asked for from any other process.

The room stands beside the desk, for it reads its journal; who there is and how the feed is it learns as everybody does,
from the store of users and from the market's process. What it tells goes to Redis with the desk's copies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.bus.redis.requests import Asker
from tradewind.bus.redis.room_bus import MARKET
from tradewind.domain.chat import ChatCommand, ChatQuestion
from tradewind.domain.notice import NoticeCommand, NoticeQuestion
from tradewind.domain.rights import Principal
from tradewind.runtime.identity import IdentityRoom, access_tokens
from tradewind.runtime.neighbours import Neighbours
from tradewind.runtime.notices import build_notices
from tradewind.runtime.services import TRADING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tradewind.api.ports import PeopleDesk
    from tradewind.bus.redis.links import Links
    from tradewind.domain.hours import TradingCalendar
    from tradewind.kernel.metrics import Metrics
    from tradewind.kernel.service import Service
    from tradewind.runtime.desk.building import Desk
    from tradewind.runtime.desk.copies import DeskCopies
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.runtime.status import SystemStatus

_ASK: Final = "people_ask"
_DO: Final = "people_do"


class AskedPeople(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question on its way, with who asks."""

    question: NoticeQuestion | ChatQuestion
    who: Principal


class ToldPeople(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command on its way, with who gives it."""

    command: NoticeCommand | ChatCommand
    who: Principal


class RemotePeople:
    """`api.ports.PeopleDesk`: notices and chat live in the process of the order line."""

    def __init__(self, desk: Asker) -> None:
        self._desk = desk

    async def answer(self, question: NoticeQuestion | ChatQuestion, who: Principal) -> object:
        """Return what was asked for. Raises as the port says."""
        return await self._desk.ask(_ASK, AskedPeople(question, who))

    async def carry_out(self, command: NoticeCommand | ChatCommand, who: Principal) -> object:
        """Do it; return what came of it when it is on record. Raises as the port says."""
        return await self._desk.ask(_DO, ToldPeople(command, who))


def people_answers(people: PeopleDesk) -> Mapping[str, Callable[[Any], Awaitable[object]]]:
    """Return what the process that has notices and chat answers."""

    async def ask(body: object) -> object:
        asked = msgspec.convert(body, AskedPeople)
        return await people.answer(asked.question, asked.who)

    async def do(body: object) -> object:
        told = msgspec.convert(body, ToldPeople)
        return await people.carry_out(told.command, told.who)

    return {_ASK: ask, _DO: do}


class PeopleRoom:
    """Notices and chat of the trading process, with what they need of others; nothing where they are off.

    They open with the desk, so a process that stands by tells nobody.
    """

    def __init__(
        self,
        settings: TradewindSettings,
        desk: Desk,
        *,
        calendar: TradingCalendar,
        links: Links,
        status: SystemStatus,
        metrics: Metrics,
    ) -> None:
        """Raises: ConfigError: the settings do not work."""
        room = IdentityRoom(settings, metrics=metrics, tokens=access_tokens(settings))
        identity = room.follow()
        asker = Asker(links.control.call, service=MARKET, wait_s=settings.services.ask_s)
        market = Neighbours(TRADING, status, askers={MARKET: asker})
        self._most = settings.push.snapshot_events
        self._notices = notices = build_notices(
            settings,
            desk,
            calendar=calendar,
            alarm=market.told_alarm,
            metrics=metrics,
            directory=room.directory,
            known=identity.wait_known,
        )
        self.services: list[Service] = [] if notices is None else [identity, market, notices]
        self.answers = {} if notices is None else people_answers(notices.office)

    async def remember(self, copies: DeskCopies) -> None:
        """Let the copies know what was told and written before.

        Raises: StoreError: the database does not answer.
        """
        if self._notices is not None:
            notices, messages = await self._notices.newest(self._most)
            copies.remember("notices", notices)
            copies.remember("chat", messages)
