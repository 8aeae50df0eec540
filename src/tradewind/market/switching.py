"""Switching the main contract while everything runs (C-001-7), so that nothing is ever half done.

The new contract is subscribed first, which is where a switch can fail for good reasons; then the file is replaced;
only then the old contract is let go and its Redis keys are removed. A failure before the file undoes what was done;
after it nothing can fail. One switch at a time.
"""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.instrument import instrument_id_of
from tradewind.errors import InputError, StateConflictError, TradewindError, UnknownInstrumentError
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.log import get_log
from tradewind.market.contract_file import MainContractEntry
from tradewind.market.main_contract import days_left

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.domain.instrument import Instrument
    from tradewind.kernel.clock import Clock, LineClock
    from tradewind.market.contract_file import ContractFile
    from tradewind.market.contracts import InstrumentTable
    from tradewind.market.ports import EndingLine, OlderKeys, SwitchableSource

_LOG = get_log("audit")
_SHANGHAI: Final = timezone(timedelta(hours=8))
_LONGEST_SHOWN: Final = 40


class MainContract(msgspec.Struct, frozen=True, kw_only=True):
    """The main contract as it stands: what the file says, and whether its quotes are subscribed."""

    main_contract: str | None
    contract_multiplier: int | None
    exchange: str | None
    last_update: str | None
    auto_subscribe: bool
    is_subscribed: bool


class NoOlderKeys:
    """`OlderKeys` where nothing is mirrored to Redis."""

    async def written(self) -> Sequence[str]:
        """There are none."""
        return ()

    def remove(self, instrument_id: str) -> None:
        """There are none."""

    def restore(self, instrument_id: str) -> None:
        """There are none."""


class ContractSwitch:
    """Holds the file, the source and the older keys in step."""

    def __init__(
        self,
        *,
        file: ContractFile,
        instruments: InstrumentTable,
        source: SwitchableSource,
        clock: LineClock | Clock,
        wall: Clock,
        line: EndingLine,
        keys: OlderKeys | None = None,
        has_real_days: bool = True,
    ) -> None:
        """`wall` dates the file; `clock` says what has expired: the line's, so that a replay may play old contracts.

        `line` is told when a contract is let go, so that nobody waits for its quotes.
        `has_real_days` is false for a simulated market, whose contracts do not expire.
        """
        self._wall = wall
        self._has_real_days = has_real_days
        self._file = file
        self._instruments = instruments
        self._source = source
        self._clock = clock
        self._line = line
        self._keys = keys or NoOlderKeys()
        self._lock = asyncio.Lock()

    async def begin(self) -> None:
        """Subscribe what the file names, when the process starts; a contract that cannot be had is logged, no more.

        What an earlier life subscribed and this one does not is let go then: a crash may have come in between.

        Raises:
            ConfigError: the file cannot be understood.
            TransientError: nobody can say what was left.
        """
        await self._subscribe_main()
        await self._let_go_of_leftovers()

    async def _subscribe_main(self) -> None:
        entry = self._file.read()
        if entry is None or not entry.auto_subscribe:
            return
        try:
            instrument = self._resolve(instrument_id_of(entry.main_contract, entry.exchange))
            await self._source.subscribe(instrument.instrument_id)
        except InputError as error:
            _LOG.warning("main_contract_not_subscribed", main_contract=entry.main_contract, reason=str(error))

    async def _let_go_of_leftovers(self) -> None:
        for instrument_id in dict.fromkeys((*await self._keys.written(), *self._line.flowing())):
            if not await self._source.is_subscribed(instrument_id):
                self._let_go(instrument_id)
                _LOG.info("leftover_contract_let_go", instrument_id=instrument_id)

    def _let_go(self, instrument_id: str) -> None:
        """Remove the contract's key, so that nothing is written to it again, and end it on the line."""
        self._keys.remove(instrument_id)
        self._line.end(instrument_id)

    async def status(self) -> MainContract:
        """Return the main contract as it stands.

        Raises: ConfigError: the file cannot be understood.
        """
        entry = self._file.read()
        if entry is None:
            return MainContract(
                main_contract=None,
                contract_multiplier=None,
                exchange=None,
                last_update=None,
                auto_subscribe=True,
                is_subscribed=False,
            )
        instrument_id = instrument_id_of(entry.main_contract, entry.exchange)
        return MainContract(
            **msgspec.structs.asdict(entry), is_subscribed=await self._source.is_subscribed(instrument_id)
        )

    async def switch(self, symbol: str, *, expected: str | None, by: str) -> MainContract:
        """Make `symbol` (`au2612`, or `au2612.SHFE`) the main contract; `expected` is the one seen until now.

        Raises:
            UnknownInstrumentError: no such contract; says what is allowed.
            InputError: it has expired, or the source does not have it.
            StateConflictError: it is the main contract already, or somebody was faster.
            TransientError, ConfigError: the file cannot be written or understood; nothing was changed.
        """
        async with self._lock:
            try:
                instrument = self._resolve(symbol)
                return await self._switch(instrument, expected=expected, by=by)
            except TradewindError as error:
                _LOG.warning(
                    "main_contract_refused", identity=by, main_contract=symbol[:_LONGEST_SHOWN], reason=str(error)
                )
                raise

    async def _switch(self, instrument: Instrument, *, expected: str | None, by: str) -> MainContract:
        before = self._file.read()
        old = before.main_contract if before is not None else None
        self._check(instrument, old=old, expected=expected)
        instrument_id = instrument.instrument_id
        entry = MainContractEntry(
            main_contract=instrument.symbol,
            contract_multiplier=instrument.contract_multiplier,
            exchange=instrument.exchange,
            last_update=_day_of(self._wall).isoformat(),
            auto_subscribe=before.auto_subscribe if before is not None else True,
        )
        is_new = entry.auto_subscribe and not await self._source.is_subscribed(instrument_id)
        if is_new:
            await self._source.subscribe(instrument_id)
        try:
            self._file.write(entry)
        except TradewindError:
            if is_new:
                self._source.unsubscribe(instrument_id)
            raise
        self._keys.restore(instrument_id)
        if before is not None:
            old_id = instrument_id_of(before.main_contract, before.exchange)
            if entry.auto_subscribe:
                self._source.unsubscribe(old_id)
                self._let_go(old_id)
            else:
                self._keys.remove(old_id)
        _LOG.info("main_contract_switched", identity=by, old=old, new=instrument.symbol, exchange=instrument.exchange)
        return MainContract(**msgspec.structs.asdict(entry), is_subscribed=entry.auto_subscribe)

    def _resolve(self, symbol: str) -> Instrument:
        if "." in symbol:
            return self._instruments.require(symbol)
        found = self._instruments.find_symbol(symbol)
        if found is None:
            shown = symbol[:_LONGEST_SHOWN]
            message = (
                f"no exchange, or more than one, has a contract {shown!r}; allowed: product and month as the exchange "
                "writes them (au2612, m2605, SR605, IF2603), or with the exchange (au2612.SHFE)"
            )
            raise UnknownInstrumentError(message)
        return found

    def _check(self, instrument: Instrument, *, old: str | None, expected: str | None) -> None:
        today = _day_of(self._clock)
        if self._has_real_days and days_left(instrument, today.year * 10_000 + today.month * 100 + today.day) < 0:
            message = f"{instrument.symbol} has expired as of {today.isoformat()}; allowed is a contract still traded"
            raise InputError(message)
        if instrument.symbol == old:
            message = f"{old} is the main contract already"
            raise StateConflictError(message)
        if expected is not None and expected != (old or ""):
            message = f"the main contract is {old or 'none yet'} by now, not {expected!r}; look again and repeat"
            raise StateConflictError(message)


def _day_of(clock: LineClock | Clock) -> date:
    return datetime.fromtimestamp(clock.now_ns() // NS_PER_S, _SHANGHAI).date()
