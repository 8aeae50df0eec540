"""A stream of push: connects when it is first asked, and again whenever it is cut off; each value once, or a gap told.

Nothing runs beside it: asking for the next value does the work. Between two askings frames wait in the link, and when
those are many the platform is told nothing, which is its sign to leave out what is overtaken.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

import msgspec

from tradewind.client.following import Following, Gap, Place, Told, Update
from tradewind.client.link import NO_CODE, Link, connect
from tradewind.client.refusals import ClosedForGoodError
from tradewind.errors import TransientError
from tradewind.kernel.backoff import LADDER_S, Backoff
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.ids import new_bytes
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tradewind.client.door import Door

T = TypeVar("T")
_GIVE_UP: Final = frozenset({1002, 1007, 1009, 4400, 4403})
_GAPS_KEPT: Final = 100
_MOVING_AGAIN_S: Final = 0.5
_MOVING_S: Final = 5.0
"""How long after an instance has gone another one is still asked for every half second."""


class LinkState(StrEnum):
    """How the connection is."""

    CONNECTING = "connecting"
    LIVE = "live"
    LOST = "lost"


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How a stream comes back: 1, 2, 4 … times `first_s`, each ± 20 %, at most `most_s`.

    With `waits_first` a platform that is not there yet is waited for; else the first try tells.
    """

    first_s: float = LADDER_S[0]
    most_s: float = LADDER_S[-1]
    waits_first: bool = False


class Stream:
    """Updates and gaps of some topics, for one reader."""

    def __init__(
        self,
        door: Door,
        following: Following,
        *,
        patience: Patience | None = None,
        on_state: Callable[[LinkState, str], None] = lambda _state, _text: None,
    ) -> None:
        self._link: Link | None = None
        patience = patience or Patience()
        self._door = door
        self._following = following
        self._on_state = on_state
        self._must_answer = not patience.waits_first
        self._rng = named_rng(int.from_bytes(new_bytes(8), "big"), "client")
        self._leave_s = self._gone_s = 0.0
        """When to leave an instance that is about to stop, and until when the ladder does not count."""
        self._backoff = Backoff(self._rng, scale=patience.first_s, most_s=patience.most_s / patience.first_s)
        self._told: deque[Told] = deque()
        self._closing = asyncio.Event()

    def __del__(self) -> None:
        # A loop that was left, and its stream forgotten, ends the connection too.
        if self._link is not None:
            self._link.let_go()

    @property
    def places(self) -> dict[str, Place]:
        """Return where each topic is."""
        return dict(self._following.places)

    @property
    def recovered(self) -> dict[str, bool]:
        """Say of each topic whether its last subscription went on where the one before had ended."""
        return dict(self._following.recovered)

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> Told:
        """Return the next update or gap.

        Raises:
            RefusedError: who asks is not let in, or may not have a topic, or a wish cannot be.
            ClosedForGoodError, StrangerError: coming again would not help.
            TransientError: nothing answers at the first try, and it was not to be waited for.
        """
        while not self._told:
            if self._closing.is_set():
                self._drop()
                raise StopAsyncIteration
            if self._link is None:
                await self._come()
            else:
                await self._listen(self._link)
        return self._told.popleft()

    async def aclose(self) -> None:
        """End the connection; who reads hears the end."""
        self._closing.set()
        self._drop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    async def _come(self) -> None:
        self._on_state(LinkState.CONNECTING, self._door.address)
        try:
            session = await asyncio.to_thread(self._door.session)
            headers = await asyncio.to_thread(self._door.socket_headers)
            self._link = await connect(session.push_url, headers, self._door.context)
        except TransientError as error:
            if self._must_answer:
                raise
            await self._wait(str(error), getattr(error, "wait_s", 0.0))
        else:
            self._following.begin()

    async def _listen(self, link: Link) -> None:
        move = self._following.move
        try:
            async with asyncio.timeout(None if move is None else max(0.0, self._leave_s - monotonic_s())):
                text = await link.next(self._following.silence_s)
        except TimeoutError:
            self._drop()  # for another instance, which goes on from our places
            return
        if text is None:
            code = link.code
            self._drop()
            if code in _GIVE_UP:
                message = f"push has closed the connection for good ({code}); docs/push-protocol.md says why"
                raise ClosedForGoodError(message)
            if not self._closing.is_set():
                await self._wait("the line was cut" if code == NO_CODE else f"the connection ended ({code})")
            return
        was_live = self._following.is_live
        self._told.extend(self._following.hear(text))
        for command in self._following.commands:
            link.send(command)
        self._following.commands.clear()
        if move is None and self._following.move is not None:
            self._leave_s = monotonic_s() + self._rng.random() * self._following.move.within_s
            self._gone_s = monotonic_s() + self._following.move.gone_in_s + _MOVING_S
        if self._following.is_live and not was_live:
            self._must_answer = False
            self._backoff.reset()
            self._on_state(LinkState.LIVE, f"{self._door.address}, {self._following.server}")

    async def _wait(self, reason: str, least_s: float = 0.0) -> None:
        if monotonic_s() < self._gone_s:
            wait_s = _MOVING_AGAIN_S
        else:
            wait_s = max(self._backoff.next_wait_s(), least_s)
            self._on_state(LinkState.LOST, f"{reason}; trying again in {wait_s:.1f} s")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._closing.wait()

    def _drop(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None


class Values(Generic[T]):
    """The values of one topic, one by one: those of a snapshot first, then what changes.

    `gaps` are the newest hundred things that were missed; `on_gap` hears of each before the values after it.
    """

    def __init__(self, stream: Stream, on_gap: Callable[[Gap], None] | None = None) -> None:
        self.stream = stream
        self.gaps: deque[Gap] = deque(maxlen=_GAPS_KEPT)
        self.place: Place | None = None
        """Where the last update that has been handed out whole stands: what `resume` takes."""
        self._on_gap = on_gap
        self._values: deque[Any] = deque()
        self._next_place: Place | None = None

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        """Return the next value. Raises: as `Stream`."""
        while not self._values:
            self.place = self._next_place or self.place
            told = await anext(self.stream)
            if isinstance(told, Update):
                self._values.extend(told.events)
                self._next_place = told.place
            else:
                self.gaps.append(told)
                if self._on_gap is not None:
                    self._on_gap(told)
        return self._values.popleft()  # type: ignore[no-any-return]  # the topic's type

    async def aclose(self) -> None:
        """End the connection."""
        await self.stream.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()
