"""Which contract a quote is of, whatever the publisher calls it, and whether anybody wants it."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from tradewind.domain.instrument import Exchange, instrument_id_of
from tradewind.market.ctpwire.refusals import RefusalReason, RefusedFrameError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradewind.domain.instrument import Instrument

_EXCHANGES: Final = frozenset(get_args(Exchange))
_SYMBOL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.&@ #+-]{0,63}", re.ASCII)
_TOPIC_SYMBOL: Final = re.compile(r"(?:[A-Z]+#)?([A-Za-z]{1,3}\d{3,6}(?:-?[CP]-?\d+)?)", re.ASCII)
_MEMO_SIZE: Final = 8192
_LONGEST_EXCHANGE: Final = 8


class Contract(NamedTuple):
    """A quote's contract."""

    instrument_id: str
    """`symbol.EXCHANGE`; the bare symbol where no exchange is known to have it, which cleaning refuses."""
    exchange: str
    is_wanted: bool


class ContractNames:
    """From symbol and exchange as written to the contract. Remembers them; forgets all when full."""

    def __init__(
        self,
        find_symbol: Callable[[str], Instrument | None],
        *,
        wanted: Sequence[str] = (),
        unwanted: Sequence[str] = (),
    ) -> None:
        """Take patterns such as `au*` or `IF2101.CFFEX`; without `wanted` everything is, except the `unwanted`."""
        self._find_symbol = find_symbol
        self._wanted = tuple(wanted)
        self._unwanted = tuple(unwanted)
        self._chosen: dict[str, bool] = {}
        self._known: dict[tuple[str | bytes, str | bytes], Contract] = {}
        self.known = self._known.get
        """The memo's own look-up, by (symbol, exchange); `None` for a pair not met before."""

    def choose(self, instrument_id: str, *, is_wanted: bool) -> None:
        """Want this contract, or not, whatever the patterns say; from its next quote on."""
        self._chosen[instrument_id] = is_wanted
        self._known.clear()

    def wants(self, instrument_id: str) -> bool:
        """Say whether this contract's quotes are let through."""
        return self._is_wanted(instrument_id.rpartition(".")[0], instrument_id)

    def resolve(self, symbol: str | bytes, exchange: str | bytes) -> Contract:
        """Work out a pair not met before.

        Raises: RefusedFrameError: no contract has such a name.
        """
        name, place = _split(_text(symbol), _text(exchange).upper())
        if not place and (instrument := self._find_symbol(name)) is not None:
            place = instrument.exchange
        instrument_id = instrument_id_of(name, place) if place else name
        contract = Contract(instrument_id, place, self._is_wanted(name, instrument_id))
        if len(self._known) >= _MEMO_SIZE:
            self._known.clear()
        self._known[symbol, exchange] = contract
        return contract

    def _is_wanted(self, name: str, instrument_id: str) -> bool:
        def is_in(patterns: tuple[str, ...]) -> bool:
            return any(fnmatchcase(name, pattern) or fnmatchcase(instrument_id, pattern) for pattern in patterns)

        if (chosen := self._chosen.get(instrument_id)) is not None:
            return chosen
        return (not self._wanted or is_in(self._wanted)) and not is_in(self._unwanted)


def symbol_in_topic(topic: str) -> str:
    """Return the contract that a topic names (`au2510`, `FUTURE#IF1603`), or nothing."""
    match = _TOPIC_SYMBOL.fullmatch(topic)
    return match[1] if match else ""


def _split(symbol: str, exchange: str) -> tuple[str, str]:
    """Return symbol and exchange, which some write into one name: `SHFE.au2602`, `au2602.SHFE`."""
    if not _SYMBOL.fullmatch(symbol):
        shown = f"{symbol[:40]!r}" if symbol else "an empty name"
        raise RefusedFrameError(RefusalReason.INSTRUMENT, f"no contract is called {shown}")
    first, _, rest = symbol.partition(".")
    if first.upper() in _EXCHANGES and rest:
        return rest, first.upper()
    before, _, last = symbol.rpartition(".")
    if last.upper() in _EXCHANGES and before:
        return before, last.upper()
    if exchange and not (exchange.isalnum() and len(exchange) <= _LONGEST_EXCHANGE):
        raise RefusedFrameError(RefusalReason.INSTRUMENT, f"no exchange is called {exchange[:20]!r}")
    return symbol, exchange


def _text(name: str | bytes) -> str:
    if isinstance(name, str):
        return name.strip()
    try:
        return name.decode("ascii").strip()
    except UnicodeDecodeError:
        raise RefusedFrameError(RefusalReason.INSTRUMENT, f"no contract is called {name[:40]!r}") from None
