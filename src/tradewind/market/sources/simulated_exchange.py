"""All simulated contracts together: who sends a snapshot when, in the order the line would receive them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import ConfigError, InputError
from tradewind.kernel.clock import NS_PER_MS
from tradewind.kernel.rng import named_rng
from tradewind.market.sources.microstructure import CommonFactor, SimulatedMarket, nominal_slot_ns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tradewind.domain.hours import Section, TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.tick import RawTick
    from tradewind.market.sources.settings import LiquidContract, SimulatorSettings

_LONGEST_DELAY_NS: Final = 6 * NS_PER_MS
"""How much later than its time stamp a snapshot may arrive."""
_NEVER: Final = (1 << 63) - 1


class SimulatedExchange:
    """Sends every contract's snapshots, each at its own phase of the round, while the contract trades."""

    def __init__(
        self,
        settings: SimulatorSettings,
        *,
        contracts: Sequence[LiquidContract],
        instruments: InstrumentLookup,
        calendar: TradingCalendar,
    ) -> None:
        """Set up the contracts that the settings name, or all.

        Raises: ConfigError: a contract is not in the list.
            UnknownInstrumentError: a contract's facts are in no table.
        """
        self._settings = settings
        self._contracts = contracts
        self._instruments = instruments
        self._calendar = calendar
        self._slot_ns = nominal_slot_ns(settings.rate)
        self._random = named_rng(settings.seed, "arrival").random
        self._factor = CommonFactor(named_rng(settings.seed, "common"))
        self._booths = [self._booth(contract) for contract in _chosen(settings.instruments, contracts)]
        self._coming = self._booths
        self._resting: dict[str, _Booth] = {}
        self._delay_ns = self._lay_out(self._booths)
        self._slot = 0

    def ticks(self, start_ns: int) -> Iterator[RawTick]:
        """Yield snapshots from the first round at or after `start_ns` on, in order of arrival.

        Ends only with the calendar.
        """
        slot_ns, booths, delay_ns = self._slot_ns, self._booths, self._delay_ns
        self._slot = -(-start_ns // slot_ns)
        while True:
            if booths is not self._coming:
                # Between two rounds, so that no contract's time goes back.
                booths = self._booths = self._coming
                delay_ns = self._delay_ns = self._lay_out(booths)
            begin_ns = self._slot * slot_ns
            self._slot += 1
            self._factor.move()
            is_open = False
            for booth in booths:
                ts = begin_ns + booth.phase_ns
                if booth.is_open_at(ts):
                    is_open = True
                    market = booth.market
                    if market.has_snapshot(ts):
                        yield market.step(ts, ts + int(delay_ns * self._random()))
            if not is_open:
                opens_ns = min(booth.next_open_ns(begin_ns) for booth in booths)
                if opens_ns == _NEVER:
                    return
                # The round before it: with its phase a contract may open within the round that is under way.
                self.skip_to(opens_ns - slot_ns)

    def trades(self, instrument_id: str) -> bool:
        """Say whether this contract is simulated, from the next round on at the latest."""
        return any(booth.market.instrument.instrument_id == instrument_id for booth in self._coming)

    def add(self, instrument_id: str) -> None:
        """Simulate this contract too, from the next round on: like the listed contract of its product.

        Raises: InputError: no contract of its product is simulated.
        """
        if not self.trades(instrument_id):
            # One that was left out goes on with its day: its volume must not begin again.
            booth = self._resting.pop(instrument_id, None) or self._booth(self._likeness(instrument_id))
            self._coming = [*self._coming, booth]

    def remove(self, instrument_id: str) -> None:
        """Leave this contract out from the next round on; the last one stays, a market trades something."""
        rest = [booth for booth in self._coming if booth.market.instrument.instrument_id != instrument_id]
        if rest and len(rest) < len(self._coming):
            left = next(booth for booth in self._coming if booth not in rest)
            self._resting[instrument_id] = left
            self._coming = rest

    def _likeness(self, instrument_id: str) -> LiquidContract:
        wanted = self._instruments.require(instrument_id)
        for contract in self._contracts:
            listed = self._instruments.require(contract.instrument_id)
            if (listed.exchange, listed.product_id) == (wanted.exchange, wanted.product_id):
                return msgspec.structs.replace(contract, instrument_id=instrument_id)
        products = ", ".join(dict.fromkeys(self._product(contract) for contract in self._contracts))
        message = f"the simulator does not trade {wanted.product_id}.{wanted.exchange}; allowed products: {products}"
        raise InputError(message)

    def _product(self, contract: LiquidContract) -> str:
        return self._instruments.require(contract.instrument_id).product_id

    def _booth(self, contract: LiquidContract) -> _Booth:
        market = SimulatedMarket(
            contract,
            self._instruments.require(contract.instrument_id),
            rng=named_rng(self._settings.seed, "market", contract.instrument_id),
            factor=self._factor,
            settings=self._settings,
        )
        return _Booth(market, self._calendar)

    def _lay_out(self, booths: list[_Booth]) -> int:
        """Give each its place in the round; return how late a snapshot may arrive without overtaking the next."""
        spacing_ns = self._slot_ns // len(booths)
        for place, booth in enumerate(booths):
            booth.phase_ns = place * spacing_ns // NS_PER_MS * NS_PER_MS
        return min(_LONGEST_DELAY_NS, spacing_ns - 1)

    def skip_to(self, now_ns: int) -> None:
        """Leave out what would have been sent before `now_ns`; never goes back."""
        self._slot = max(self._slot, -(-now_ns // self._slot_ns))


class _Booth:
    """A contract with its place in the round and its hours."""

    def __init__(self, market: SimulatedMarket, calendar: TradingCalendar) -> None:
        self.market = market
        self.phase_ns = 0
        self._calendar = calendar
        self._hours_id = market.instrument.hours_id
        self._section: Section | None = None
        self._asked_until = 0
        self._trading_day = 0

    def is_open_at(self, ts: int) -> bool:
        """True while the contract trades; begins its trading day when it comes."""
        section = self._section
        if section is not None and section.open_ns <= ts <= section.close_ns:
            return True
        if ts < self._asked_until:
            return False
        self._section = self._calendar.section_at(self._hours_id, ts)
        if self._section is None or not self._section.open_ns <= ts <= self._section.close_ns:
            self._asked_until = self.next_open_ns(ts)
            return False
        hours = self._calendar.day_at(self._hours_id, ts)
        if hours.trading_day != self._trading_day:
            self._trading_day = hours.trading_day
            self.market.open_day(hours)
        return True

    def next_open_ns(self, ts: int) -> int:
        """Return when the next section begins after `ts`."""
        hours = self._calendar.day_at(self._hours_id, ts)
        coming = (section.open_ns for section in hours.sections if section.open_ns > ts)
        if (opens_ns := next(coming, None)) is not None:
            return opens_ns
        later = self._calendar.day_at(self._hours_id, hours.close_ns + _AFTER_CLOSE_NS)
        return later.open_ns if later.open_ns > ts else _NEVER


_AFTER_CLOSE_NS: Final = 60_000 * NS_PER_MS
"""Surely past any closing tolerance, and before any next session."""


def _chosen(names: tuple[str, ...], contracts: Sequence[LiquidContract]) -> list[LiquidContract]:
    known = {contract.instrument_id: contract for contract in contracts}
    for name in names:
        if name not in known:
            message = f"market.simulator.instruments: no simulated contract {name!r}; allowed are {', '.join(known)}"
            raise ConfigError(message)
    chosen = [known[name] for name in dict.fromkeys(names)] or list(contracts)
    if not chosen:
        message = "the simulator has no contracts; allowed are those of market/data/liquid.json"
        raise ConfigError(message)
    return chosen
