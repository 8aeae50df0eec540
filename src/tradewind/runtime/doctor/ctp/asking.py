"""One child process with CTP's library, asked one thing after the other, each with its time."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from tradewind.ctp.channel import CtpChannel, Places
from tradewind.ctp.error_texts import RETURN_CODES, reason_shown
from tradewind.ctp.messages import Answered, Ask, Called, Connect, Failed, Ready, Release, Released, Request, Returned
from tradewind.ctp.ring import RingReader
from tradewind.errors import ConfigError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from tradewind.ctp.binding import Kind
    from tradewind.ctp.messages import FromChild
    from tradewind.ctp.settings import CtpSettings

T = TypeVar("T")
_NO_FLOW: Final = 3
"""Nothing of what happened to the account is asked for."""
_RELEASE_S: Final = 5.0
_GETTER_S: Final = 5.0
_LEAST_TICKS: Final = 1_024


class CtpChild:
    """A child process; used as `async with`, and gone after it."""

    def __init__(self, kind: Kind, settings: CtpSettings, *, flow_dir: Path, locale_dir: Path) -> None:
        """Start nothing yet."""
        self._settings = settings
        self._flow_dir = flow_dir
        # The market's child wants one; nothing is subscribed, so nothing comes.
        self._ring = RingReader(_LEAST_TICKS) if kind == "market" else None
        self._told: asyncio.Queue[FromChild] = asyncio.Queue()
        self._channel = CtpChannel(
            kind,
            settings,
            Places(flow_dir, locale_dir),
            name=f"doctor-{flow_dir.name}",
            on_message=self._told.put_nowait,
            on_end=lambda reason: self._told.put_nowait(Failed(reason=reason)),
            ring=self._ring,
        )
        self._number = 0

    async def __aenter__(self) -> Self:
        """Start the child."""
        self._life = asyncio.create_task(self._channel.run(), name="ctp-doctor")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, whatever it is at."""
        self._life.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConfigError):
            await self._life
        if self._ring is not None:
            self._ring.close()

    async def version(self, within_s: float) -> str:
        """Return the library's version, once it is loaded.

        Raises:
            ConfigError: it cannot be loaded; says what to do.
            TransientError: the child ended.
            TimeoutError: neither came in time.
        """
        return await self._hear(lambda told: told.version if isinstance(told, Ready) else None, within_s)

    async def connect(self, front: str, within_s: float, *, broker_id: str = "", user_id: str = "") -> None:
        """Connect to one front, and to no other.

        Raises:
            TransientError: it hung up, or the child ended.
            TimeoutError: it said nothing.
        """
        self._channel.send(
            Connect(
                fronts=(front,),
                flow_dir=str(self._flow_dir),
                broker_id=broker_id,
                user_id=user_id,
                resume=_NO_FLOW,
                production=self._settings.production,
            )
        )
        await self._hear(lambda told: _is_called(told, "OnFrontConnected") or None, within_s)

    async def let_go(self) -> None:
        """Let go of the front, or await the next child where this one is gone. Raises: as `connect`."""
        is_there = self._channel.send(Release())
        async with asyncio.timeout(_RELEASE_S):
            # What it says before that is of the connection that ends.
            while is_there and not isinstance(told := await self._told.get(), Released):
                is_there = not isinstance(told, Failed)
        if not is_there:
            await self.version(_RELEASE_S)

    async def request(self, name: str, fields: Mapping[str, object], within_s: float) -> Called:
        """Return what a request was answered with, an error too.

        Raises: as `connect`; TransientError also where it did not go out.
        """
        self._number += 1
        number, answer = self._number, name.replace("Req", "OnRsp", 1)
        self._channel.send(Request(name=name, fields=dict(fields), request_id=number))

        def pick(told: FromChild) -> Called | None:
            if isinstance(told, Returned) and told.request_id == number and told.code:
                message = f"{name} did not go out: {RETURN_CODES.get(told.code, f'code {told.code}')}"
                raise TransientError(message)
            is_answer = isinstance(told, Called) and told.name in {answer, "OnRspError"}
            return told if is_answer else None  # type: ignore[return-value]

        return await self._hear(pick, within_s)

    async def ask(self, name: str) -> dict[str, Any]:
        """Return what a plain getter says. Raises: as `connect`."""
        self._channel.send(Ask(name=name))
        return await self._hear(
            lambda told: told.fields if isinstance(told, Answered) and told.name == name else None, _GETTER_S
        )

    async def _hear(self, pick: Callable[[FromChild], T | None], within_s: float) -> T:
        async with asyncio.timeout(within_s):
            while True:
                told = await self._told.get()
                if isinstance(told, Failed):
                    raise ConfigError(told.reason) if told.is_final else TransientError(told.reason)
                if _is_called(told, "OnFrontDisconnected"):
                    reason = (told.fields or {}).get("reason", 0)  # type: ignore[union-attr]
                    message = f"it hung up: {reason_shown(reason)}"
                    raise TransientError(message)
                if (found := pick(told)) is not None:
                    return found


def _is_called(told: FromChild, name: str) -> bool:
    return isinstance(told, Called) and told.name == name
