"""The seeds' older keys, beside our streams: `market_data` (Pub/Sub JSON, system 000), `market_data:<symbol>` (001).

Written for programs that know nothing else, by the process that publishes quotes; never read by us. Absent prices are
written as 0 in the flat stream, as those systems do, because its readers expect a number in every field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.bus.quote_form import seed_quote
from tradewind.bus.redis.keys import MIRRORED_KEY
from tradewind.bus.redis.resp import ReplyError, command, complete, message_prefix
from tradewind.errors import TransientError
from tradewind.kernel.clock import NS_PER_MS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tradewind.bus.redis.writer import Writer
    from tradewind.domain.tick import Tick

CHANNEL: Final = "market_data"
_NOTED_EVERY: Final = 4_096
"""Quotes after which it is written again which keys are ours."""


class Mirrors:
    """Writes each quote in the words of systems 000 and 001."""

    def __init__(self, writer: Writer, *, length: int) -> None:
        self._writer = writer
        self._length = length
        self._prefix = message_prefix(CHANNEL)
        self._encode = msgspec.json.Encoder().encode
        self._removed: set[str] = set()
        self._noted: set[str] = set()
        self._until_noted_again = _NOTED_EVERY

    def write(self, tick: Tick) -> None:
        """Write one quote to both."""
        instrument_id = tick.instrument_id
        if instrument_id in self._removed:
            return
        if instrument_id not in self._noted:
            self._note(instrument_id)
        self._until_noted_again -= 1
        if not self._until_noted_again:
            # A Redis that was emptied knows no more which keys are ours.
            self._until_noted_again = _NOTED_EVERY
            self._noted.clear()
        symbol = instrument_id.rpartition(".")[0]
        self._writer.passing(complete(self._prefix, self._encode(seed_quote(tick))))
        self._writer.passing(command("XADD", flat_key(symbol), "MAXLEN", "~", self._length, "*", *flat_fields(tick)))

    def remove(self, instrument_id: str) -> None:
        """Remove the stream of a contract switched away from, and write it no more (001, contract switch)."""
        self._removed.add(instrument_id)
        self._noted.discard(instrument_id)
        unlink = command("UNLINK", flat_key(instrument_id.rpartition(".")[0]))
        # Quotes of this turn may still wait among the passing commands, which leave after the lasting ones.
        self._writer.lasting(unlink)
        self._writer.passing(unlink)
        self._writer.lasting(command("SREM", MIRRORED_KEY, instrument_id))

    def restore(self, instrument_id: str) -> None:
        """Write the stream of a contract again."""
        self._removed.discard(instrument_id)

    def _note(self, instrument_id: str) -> None:
        self._noted.add(instrument_id)
        self._writer.lasting(command("SADD", MIRRORED_KEY, instrument_id))


class MirrorKeys:
    """`market.ports.OlderKeys` over Redis: the mirrors of this process, and what earlier lives of it have left."""

    def __init__(self, mirrors: Mirrors, call: Callable[..., Awaitable[Any]]) -> None:
        """`call` sends one command to Redis (`Control.call`)."""
        self._mirrors = mirrors
        self._call = call

    async def written(self) -> list[str]:
        """Return the contracts whose keys are ours, in the order of their names.

        Raises: TransientError: Redis is away.
        """
        try:
            members = await self._call("SMEMBERS", MIRRORED_KEY)
        except (OSError, TimeoutError, ReplyError) as error:
            message = f"Redis cannot be asked which keys of contracts are left ({error}); start the market again"
            raise TransientError(message) from error
        return sorted(member.decode("utf-8", "replace") for member in members)

    def remove(self, instrument_id: str) -> None:
        """Remove a contract's key and write it no more."""
        self._mirrors.remove(instrument_id)

    def restore(self, instrument_id: str) -> None:
        """Write a contract's key again."""
        self._mirrors.restore(instrument_id)


def flat_key(symbol: str) -> str:
    """Return the key of a contract's flat stream."""
    return f"{CHANNEL}:{symbol}"


def flat_fields(tick: Tick) -> tuple[str | int | float, ...]:
    """Return names and values of the flat stream, in the seed's order."""
    return (
        *("timestamp", tick.ts_event // NS_PER_MS, "last_price", tick.last_price, "volume", tick.volume),
        *("bid_price", tick.bid_price or 0, "ask_price", tick.ask_price or 0),
        *("bid_volume", tick.bid_volume, "ask_volume", tick.ask_volume),
        *("high_price", tick.high_price or 0, "low_price", tick.low_price or 0, "open_price", tick.open_price or 0),
    )
