"""The seeds' older keys, beside our streams: `market_data` (Pub/Sub JSON, system 000), `market_data:<symbol>` (001).

Written for programs that know nothing else, by the process that publishes quotes; never read by us. Absent prices are
written as 0 in the flat stream, as those systems do, because its readers expect a number in every field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.bus.quote_form import seed_quote
from tradewind.bus.redis.resp import command, complete, message_prefix
from tradewind.kernel.clock import NS_PER_MS

if TYPE_CHECKING:
    from tradewind.bus.redis.writer import Writer
    from tradewind.domain.tick import Tick

CHANNEL: Final = "market_data"


class Mirrors:
    """Writes each quote in the words of systems 000 and 001."""

    def __init__(self, writer: Writer, *, length: int) -> None:
        self._writer = writer
        self._length = length
        self._prefix = message_prefix(CHANNEL)
        self._encode = msgspec.json.Encoder().encode
        self._removed: set[str] = set()

    def write(self, tick: Tick) -> None:
        """Write one quote to both."""
        symbol = tick.instrument_id.rpartition(".")[0]
        if symbol in self._removed:
            return
        self._writer.passing(complete(self._prefix, self._encode(seed_quote(tick))))
        self._writer.passing(command("XADD", flat_key(symbol), "MAXLEN", "~", self._length, "*", *flat_fields(tick)))

    def remove(self, symbol: str) -> None:
        """Remove the stream of a contract switched away from, and write it no more (001, contract switch)."""
        self._removed.add(symbol)
        unlink = command("UNLINK", flat_key(symbol))
        # Quotes of this turn may still wait among the passing commands, which leave after the lasting ones.
        self._writer.lasting(unlink)
        self._writer.passing(unlink)

    def restore(self, symbol: str) -> None:
        """Write the stream of a contract again."""
        self._removed.discard(symbol)


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
