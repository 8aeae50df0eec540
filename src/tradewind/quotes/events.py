"""What a client of system 000 may ask, and in which forms it may name symbols; what it may not becomes a `Refusal`.

Pure. Its own page asks for everything by giving no argument; programs name one symbol, a list, or an object around
either, with the exchange (`au2512.SHFE`) or without where only one has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.quotes.ports import Contracts

EVENTS: Final = ("subscribe_market", "unsubscribe_market", "get_market_status", "trigger_manual_send")
SYMBOL_KEYS: Final = ("symbols", "symbol", "instrument_ids", "instrument_id", "instruments", "instrument")
_SHOWN: Final = 60
_LISTED: Final = 20


class Refusal(msgspec.Struct, frozen=True):
    """Why something was not carried out: the event `error`, and the acknowledgement of whoever waits for one."""

    code: str
    message: str
    event: str | None = None
    allowed: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    status: str = "error"


def named_symbols(event: str, arguments: Sequence[Any], *, limit: int) -> tuple[str, ...] | Refusal | None:
    """Return the symbols an event names, each once; `None` when it names none and so means all."""
    if len(arguments) > 1:
        return _bad(event, f"{event} takes one argument, there were {len(arguments)}")
    value = arguments[0] if arguments else None
    if isinstance(value, dict):
        known = [key for key in SYMBOL_KEYS if key in value]
        if value and len(known) != 1:
            return _bad(event, f"{event} takes an object with exactly one of {', '.join(SYMBOL_KEYS)}")
        value = value[known[0]] if known else None
    if value is None:
        return None
    symbols = [value] if isinstance(value, str) else value
    if not isinstance(symbols, list) or not symbols or not all(isinstance(name, str) for name in symbols):
        return _bad(event, f"{event} takes a symbol or a list of symbols, was {short(value)}")
    unique = tuple(dict.fromkeys(symbols))
    if len(unique) > limit:
        message = f"too many symbols at once: {len(unique)}"
        return Refusal("too_many_symbols", message, event, allowed=(f"at most {limit}, or none for all",))
    return unique


def resolve(symbols: Sequence[str], contracts: Contracts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the instrument ids that are known, and the names that are not."""
    known: dict[str, None] = {}
    unknown = []
    for name in symbols:
        instrument = contracts.find(name) if "." in name else contracts.find_symbol(name)
        if instrument is None:
            unknown.append(name)
        else:
            known[instrument.instrument_id] = None
    return tuple(known), tuple(unknown)


def unknown_symbols(event: str | None, names: Sequence[str]) -> Refusal:
    """Return the refusal of symbols no table knows."""
    shown = tuple(name[:_SHOWN] for name in names[:_LISTED])
    message = f"no such symbol: {', '.join(shown[:3])}" + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 - three are enough to see what kind
    return Refusal("unknown_symbol", message, event, ("au2512 or au2512.SHFE, as the exchange writes it",), shown)


def short(value: object) -> str:
    """Show what a client sent, cut before it is sent back."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _bad(event: str, message: str) -> Refusal:
    return Refusal(
        "bad_event", message, event, ("nothing for all", '"au2512"', '["au2512"]', '{"symbols": ["au2512"]}')
    )
