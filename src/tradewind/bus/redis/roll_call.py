"""The roll call: each process says every second under which release it runs, and those who care hear of all.

One hash holds them. Who ends in good order takes his name out; who is killed is forgotten a little later, so that a
crash in the middle of an upgrade does not keep the others waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.bus.redis.keys import ROLL_KEY
from tradewind.bus.redis.links import AWAY
from tradewind.domain.release import Running, mixture_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis.requests import Call
    from tradewind.domain.release import Mixture

_EVERY_S: Final = 1.0
_AGAIN_S: Final = 0.1
_MS_PER_S: Final = 1_000
PRESENT_MS: Final = 10 * _MS_PER_S
"""Who has said nothing for so long is not there."""
_FORGOTTEN_MS: Final = 60 * _MS_PER_S


class _Entry(msgspec.Struct, frozen=True):
    running: Running
    at_ms: int


class RollCall:
    """A service (`kernel.service`): answers the roll call as `own`; with `hears` it knows everybody else, too.

    `on_change` is told whenever what is mixed changes.
    """

    name = "roll_call"

    def __init__(
        self, call: Call, own: Running, *, hears: bool, on_change: Callable[[Mixture | None], None] = lambda _: None
    ) -> None:
        self._call = call
        self._own = own
        self._field = f"{own.service}@{own.member}"
        self._hears = hears
        self._on_change = on_change
        self._is_leaving = False
        self._mixture: Mixture | None = None

    @property
    def mixture(self) -> Mixture | None:
        """Return what is mixed, as it was last heard; `None` while all agree."""
        return self._mixture

    async def run(self) -> None:
        """Answer until cancelled; while Redis is away what was heard last stands."""
        while True:
            try:
                await self.answer()
                await asyncio.sleep(_EVERY_S)
            except AWAY:
                await asyncio.sleep(_AGAIN_S)

    async def answer(self) -> None:
        """Say that we are here, and hear who else is.

        Raises: OSError, TimeoutError, ReplyError: Redis is away.
        """
        now_ms = await _now_ms(self._call)
        if not self._is_leaving:
            await self._call("HSET", ROLL_KEY, self._field, msgspec.json.encode(_Entry(self._own, now_ms)))
        if self._hears:
            mixture = mixture_of(await present(self._call, now_ms=now_ms))
            if mixture != self._mixture:
                self._mixture = mixture
                self._on_change(mixture)

    async def leave(self) -> None:
        """Take our name out: we end."""
        self._is_leaving = True
        with contextlib.suppress(*AWAY):
            await self._call("HDEL", ROLL_KEY, self._field)


async def present(call: Call, *, now_ms: int | None = None) -> list[Running]:
    """Return who answered the last roll calls; what nobody has answered for long is taken out.

    Raises: OSError, TimeoutError, ReplyError: Redis is away.
    """
    now_ms = await _now_ms(call) if now_ms is None else now_ms
    raw = await call("HGETALL", ROLL_KEY)
    found, forgotten = [], []
    for field, value in zip(raw[::2], raw[1::2], strict=True):
        try:
            entry = msgspec.json.decode(value, type=_Entry)
        except msgspec.DecodeError:
            # Of a release whose roll call had another form: somebody else it is, whatever it says.
            entry = _Entry(Running(field.decode(errors="replace").partition("@")[0], "", "?", "?"), now_ms)
        if now_ms - entry.at_ms <= PRESENT_MS:
            found.append(entry.running)
        elif now_ms - entry.at_ms > _FORGOTTEN_MS:
            forgotten.append(field)
    if forgotten:
        await call("HDEL", ROLL_KEY, *forgotten)
    return found


async def _now_ms(call: Call) -> int:
    seconds, micros = await call("TIME")
    return int(seconds) * _MS_PER_S + int(micros) // _MS_PER_S
