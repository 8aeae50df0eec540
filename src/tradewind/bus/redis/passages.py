"""Which passage of a recording through the line a process follows: who goes back in a replay begins another one.

Time on the line never goes back, so for a place behind all of the line begins anew, as one process does (decision 28).
The market says that the passage has ended. Each room writes what is under way, gives its leases back and is built anew;
it takes none before the next passage has begun. When no room works any more the market empties the line's streams,
ends the epoch's turn, so that pages begin with a snapshot, and says that the next passage has begun. Push is built anew
like a room; any other edge stays open, hears nothing meanwhile, and forgets what it has heard. A market that dies in
between leaves its word behind, and the one after it does the rest.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from tradewind.bus.redis.continuity import end_turn, learn_epoch
from tradewind.bus.redis.keys import MIRRORED_KEY, PASSAGE_KEY
from tradewind.bus.redis.mirrors import flat_key
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.ids import new_epoch
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tradewind.bus.redis.control import Control

_LOG = get_log("bus.redis")
_LOOK_S: Final = 0.1
_POLL_S: Final = 0.05
_EDGES_S: Final = 0.6
"""Seconds within which every edge has seen that a passage has ended; they hold no lease that could be waited for."""
_PATIENCE_S: Final = 15.0
"""How long rooms are waited for beyond their leases, which end by themselves where a process has died."""
_ENDED: Final = b"ended:"
_BEGUN: Final = b"begun:"


class Passages(Protocol):
    """What a session asks on its way to work."""

    begun_ms: int
    """When the passage under way began, by Redis' clock, which entries' ids are of; 0 for the first."""
    look_s: float
    """How often to look whether the passage is over, in seconds."""

    async def wait_begun(self, control: Control) -> bool:
        """Wait, before a lease is taken or anything read, for a passage under way; true if another was followed."""
        ...

    async def enter(self, control: Control, renew: Callable[[Control], Awaitable[None]]) -> None:
        """Be told that a lease was taken, and `renew` it while that takes time."""
        ...

    async def look(self, control: Control) -> bool:
        """Look whether the passage is over; who has to be built anew then is not returned to."""
        ...


class OnePassage:
    """`Passages` where nobody goes back: any source but a replay."""

    begun_ms = 0
    look_s: float = float("inf")

    async def wait_begun(self, control: Control) -> bool:
        """There is nothing to wait for."""
        del control
        return False

    async def enter(self, control: Control, renew: Callable[[Control], Awaitable[None]]) -> None:
        """Work."""

    async def look(self, control: Control) -> bool:
        """It is never over."""
        del control
        return False


class FollowedPassage:
    """`Passages` of a room, or of push: it follows one, and once that is over it has nothing more to do."""

    begun_ms = 0
    look_s: float = _LOOK_S

    def __init__(self) -> None:
        self.is_over = asyncio.Event()
        self._known: bytes | None = None

    async def wait_begun(self, control: Control) -> bool:
        """Wait until a passage is under way; the first is the one to be followed."""
        if self._known is not None:
            await self.look(control)
        else:
            self._known = await _begun(control)
        return False

    async def enter(self, control: Control, renew: Callable[[Control], Awaitable[None]]) -> None:
        """Look once more: from here on the market sees the lease, and waits for its end."""
        del renew
        await self.look(control)

    async def look(self, control: Control) -> bool:
        """Look whether it is over; a Redis that lost its data knows of none, and the line goes on."""
        if await _told(control) not in {b"", self._known}:
            self.is_over.set()
            await asyncio.Event().wait()
        return False


class HeardPassages:
    """`Passages` of an edge: it hears one after the other."""

    look_s: float = _LOOK_S

    def __init__(self) -> None:
        self.begun_ms = 0
        self._known: bytes | None = None

    async def wait_begun(self, control: Control) -> bool:
        """Wait until a passage is under way; true if it is another than was heard before."""
        told, known = await _begun(control), self._known
        is_other = known is not None and told not in {b"", known}
        if is_other or known is None:
            self._known = told
            self.begun_ms = int(told.removeprefix(_BEGUN).partition(b":")[0] or 0)
        return is_other

    async def enter(self, control: Control, renew: Callable[[Control], Awaitable[None]]) -> None:
        """An edge takes no lease."""

    async def look(self, control: Control) -> bool:
        """Look whether it is over: then nothing may be heard before the next one."""
        return await _told(control) not in {b"", self._known}


class LedPassages:
    """`Passages` of the market, which says when one ends and the next begins."""

    begun_ms = 0
    look_s: float = float("inf")

    def __init__(self, *, leases: Sequence[str], streams: Sequence[str]) -> None:
        """`leases` are those of the rooms of the line, `streams` all that the market and the rooms write."""
        self._leases = leases
        self._streams = streams

    async def end(self, control: Control) -> None:
        """Say that the passage has ended."""
        await control.call("SET", PASSAGE_KEY, _ENDED + new_epoch().encode())

    async def wait_begun(self, control: Control) -> bool:
        """Who begins it does not wait for it."""
        del control
        return False

    async def enter(self, control: Control, renew: Callable[[Control], Awaitable[None]]) -> None:
        """Begin the next passage if the one before has ended."""
        told = await _told(control)
        if not told.startswith(_ENDED):
            return
        await self._wait_idle(control, renew)
        for key in self._streams:
            # Emptied, not removed: ids and counts go on, and programs of others keep their groups.
            await control.call("XTRIM", key, "MAXLEN", 0)
        for instrument_id in await control.call("SMEMBERS", MIRRORED_KEY):
            await control.call("UNLINK", flat_key(instrument_id.decode().rpartition(".")[0]))
        await end_turn(control, await learn_epoch(control))
        seconds, micros = await control.call("TIME")
        begun_ms = int(seconds) * 1000 + int(micros) // 1000
        await control.call("SET", PASSAGE_KEY, b"%b%d:%b" % (_BEGUN, begun_ms, told.removeprefix(_ENDED)))
        _LOG.info("passage_begun")

    async def look(self, control: Control) -> bool:
        """Nobody else ends it."""
        del control
        return False

    async def _wait_idle(self, control: Control, renew: Callable[[Control], Awaitable[None]]) -> None:
        """Wait until no room works any more, and every edge has had the time to see it."""
        begun_s = monotonic_s()
        while True:
            await asyncio.sleep(_POLL_S)
            await renew(control)
            working = int(await control.call("EXISTS", *self._leases)) if self._leases else 0
            waited_s = monotonic_s() - begun_s
            if not working and waited_s >= _EDGES_S:
                return
            if waited_s >= _PATIENCE_S:
                _LOG.error("rooms_do_not_begin_anew", working=working, waited_s=round(waited_s, 1))
                return


async def _begun(control: Control) -> bytes:
    while True:
        told = await _told(control)
        if not told.startswith(_ENDED):
            return told
        await asyncio.sleep(_POLL_S)


async def _told(control: Control) -> bytes:
    return await control.call("GET", PASSAGE_KEY) or b""
