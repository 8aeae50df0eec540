"""The simulated market played into the line by the wall clock."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.kernel.log import get_log
from tradewind.market.sources.pacing import LoopWaiter, WallPace
from tradewind.market.sources.simulated_exchange import SimulatedExchange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.tick import RawTick
    from tradewind.kernel.clock import Clock
    from tradewind.market.ports import Intake
    from tradewind.market.sources.pacing import Waiter
    from tradewind.market.sources.settings import LiquidContract, SimulatorSettings

_LOG = get_log("market.simulator")
_WARM_UP_S: Final = 10.0
"""Seconds for which `wait_warm` waits at most: a slow machine may take long over a long past."""
_TIMER_STEP_S: Final = 0.2
"""How often line time moves on while no snapshot comes."""


class SimulatorSource:
    """A market of its own; a `Source` that never ends."""

    name = "simulator"

    def __init__(
        self,
        settings: SimulatorSettings,
        *,
        contracts: Sequence[LiquidContract],
        instruments: InstrumentLookup,
        calendar: TradingCalendar,
        clock: Clock | None = None,
        waiter: Waiter | None = None,
    ) -> None:
        """Take the list of contracts and their facts; `clock` says when the market begins.

        Raises: ConfigError: a contract is set that is not in the list.
            UnknownInstrumentError: a contract's facts are in no table.
        """
        self._settings = settings
        self._contracts = contracts
        self._instruments = instruments
        self._calendar = calendar
        self._clock = clock or SystemClock()
        self._waiter = waiter or LoopWaiter()
        self.skipped_ns = 0
        """Market time left out after stalls."""
        self._is_warm = asyncio.Event()
        # One before `run` takes subscriptions, and says at once what is wrong with the settings.
        self._trading = self._exchange()

    async def is_subscribed(self, instrument_id: str) -> bool:
        """Say whether this contract is simulated."""
        return self._trading.trades(instrument_id)

    async def subscribe(self, instrument_id: str) -> None:
        """Simulate this contract too, from the next round of snapshots on.

        Raises: InputError: no contract of its product is simulated.
        """
        self._trading.add(instrument_id)

    def unsubscribe(self, instrument_id: str) -> None:
        """Simulate this contract no more."""
        self._trading.remove(instrument_id)

    def ticks(self, start_ns: int) -> Iterator[RawTick]:
        """Yield the market's snapshots from `start_ns` on, without end and without waiting: for tests and benches."""
        return self._exchange().ticks(start_ns)

    async def wait_warm(self) -> None:
        """Wait, not for ever, until the market is where the clock is: nobody should trade in what was before."""
        try:
            async with asyncio.timeout(_WARM_UP_S):
                await self._is_warm.wait()
        except TimeoutError:
            _LOG.warning("simulator_still_in_its_past", waited_s=_WARM_UP_S)

    async def run(self, intake: Intake) -> None:
        """Feed the market to `intake` as time passes, until cancelled or the calendar ends."""
        try:
            await self._play(intake)
        finally:
            # Nothing more comes: there is nothing to wait for.
            self._is_warm.set()

    async def _play(self, intake: Intake) -> None:
        exchange = self._trading
        pace = WallPace(self._clock, self._waiter, step_s=_TIMER_STEP_S)
        start_ns = pace.seen_ns - round(self._settings.warm_up_s * NS_PER_S)
        catch_up_ns = round(self._settings.catch_up_s * NS_PER_S)
        is_warm = False
        _LOG.debug("simulator_started", seed=self._settings.seed, warm_up_s=self._settings.warm_up_s)
        intake.advance_to(start_ns)
        accept = intake.accept
        for raw in exchange.ticks(start_ns):
            if raw[2] > pace.seen_ns:
                self._is_warm.set()
                late_ns = await pace.reach(raw[2], intake)
                if late_ns > catch_up_ns:
                    exchange.skip_to(pace.seen_ns)
                    if is_warm:
                        self.skipped_ns += late_ns
                        _LOG.warning("simulator_stalled", skipped_s=round(late_ns / NS_PER_S, 3))
                is_warm = True
            elif pace.is_slice_used_up():
                await pace.let_others_run()
            accept(raw)

    def _exchange(self) -> SimulatedExchange:
        return SimulatedExchange(
            self._settings, contracts=self._contracts, instruments=self._instruments, calendar=self._calendar
        )
