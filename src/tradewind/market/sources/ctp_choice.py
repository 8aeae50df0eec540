"""Which contracts are asked of a broker's market fronts: by name, by pattern, and none that has expired."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.domain.instrument import Instrument
    from tradewind.market.contracts import InstrumentTable
    from tradewind.market.sources.settings import CtpFeedSettings

EXCHANGES: Final = frozenset({"SHFE", "INE", "DCE", "CZCE", "CFFEX", "GFEX"})
_PATTERN: Final = frozenset("*?[")


class ContractChoice:
    """The choice that the settings make among the contracts of a table."""

    def __init__(self, feed: CtpFeedSettings, instruments: InstrumentTable) -> None:
        self._feed = feed
        self._instruments = instruments

    def of_day(self, today: int) -> list[Instrument]:
        """Return the contracts that are wanted on a day.

        Raises: ConfigError: there is none, or one that nobody knows.
        """
        feed = self._feed
        patterns = [one for one in feed.symbols if _PATTERN & set(one)]
        named = [self._named(one) for one in feed.symbols if one not in patterns]
        futures = [one for one in _live(self._instruments.all(), today) if not feed.symbols or _is_like(one, patterns)]
        options = [one for one in _live(self._instruments.told_options(), today) if _is_like(one, feed.options)]
        wanted = (*named, *futures, *options)
        chosen = {one.instrument_id: one for one in wanted if not _is_like(one, feed.exclude_symbols)}
        if not chosen:
            message = (
                "market.ctp.symbols must leave at least one contract that has not expired; the shipped list may be "
                f'older than this day ({today}), so name them, for example ["au2612", "IF2612"]'
            )
            raise ConfigError(message)
        return list(chosen.values())

    def _named(self, name: str) -> Instrument:
        found = self._instruments.find(name) if "." in name else self._instruments.find_symbol(name)
        if found is None or found.exchange not in EXCHANGES:
            message = f"market.ctp.symbols: {name!r} is no contract that CTP reaches; write it as au2612 or au2612.SHFE"
            raise ConfigError(message)
        return found


def _live(instruments: Iterable[Instrument], today: int) -> list[Instrument]:
    return [one for one in instruments if one.exchange in EXCHANGES and not is_expired(one, today)]


def is_expired(instrument: Instrument, today: int) -> bool:
    """Tell whether a contract's last day is over; one of which nobody knows that day is not."""
    return instrument.expire_date is not None and instrument.expire_date < today


def _is_like(instrument: Instrument, patterns: tuple[str, ...] | list[str]) -> bool:
    names = (instrument.symbol, instrument.instrument_id)
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)
