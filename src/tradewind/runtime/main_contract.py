"""The main contract as the API sees it: its state, the switch, and what the day's figures would propose.

`MainContractDesk` answers the edge; what it asks is the switch itself where the source runs in this process, else
`RemoteSwitch`, which puts the same two questions to the market's process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from tradewind.market.main_contract import ContractDay, Proposal, propose
from tradewind.market.switching import MainContract

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from tradewind.bus.redis.requests import Asker
    from tradewind.domain.instrument import Instrument, InstrumentLookup
    from tradewind.domain.tick import Tick

STATUS: Final = "main_contract"
SWITCH: Final = "switch_main_contract"


class Switch(Protocol):
    """`market.switching.ContractSwitch`, here or in another process."""

    async def status(self) -> MainContract:
        """Return the main contract as it stands."""
        ...

    async def switch(self, symbol: str, *, expected: str | None, by: str) -> MainContract:
        """Make `symbol` the main contract."""
        ...


class RemoteSwitch:
    """The switch of the market's process, asked over Redis."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def status(self) -> MainContract:
        """Return the main contract as it stands."""
        return msgspec.convert(await self._asker.ask(STATUS, {}), MainContract)

    async def switch(self, symbol: str, *, expected: str | None, by: str) -> MainContract:
        """Make `symbol` the main contract."""
        told = await self._asker.ask(SWITCH, {"symbol": symbol, "expected": expected, "by": by})
        return msgspec.convert(told, MainContract)


class SwitchForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `RemoteSwitch` sends."""

    symbol: str
    expected: str | None
    by: str


def answers_of(switch: Switch) -> Mapping[str, Callable[[Any], Awaitable[object]]]:
    """Return what the market's process answers to `RemoteSwitch`, for `bus.redis.requests.Answerer`."""

    async def status(_body: object) -> MainContract:
        return await switch.status()

    async def change(body: object) -> MainContract:
        form = msgspec.convert(body, SwitchForm)
        return await switch.switch(form.symbol, expected=form.expected, by=form.by)

    return {STATUS: status, SWITCH: change}


class MainContractView(MainContract, frozen=True, kw_only=True):
    """The main contract, and the one that the figures so far today speak for, if that is another."""

    proposal: Proposal | None = None


class MainContractDesk:
    """Answers `api.ports.MainContractCommands`."""

    def __init__(self, switch: Switch, *, instruments: InstrumentLookup, quotes: Callable[[], Iterable[Tick]]) -> None:
        self._switch = switch
        self._instruments = instruments
        self._quotes = quotes

    async def status(self) -> MainContractView:
        """Return the main contract and the proposal."""
        return self._viewed(await self._switch.status())

    async def switch(self, symbol: str, *, expected: str | None, by: str) -> MainContractView:
        """Switch, and return how it stands then."""
        return self._viewed(await self._switch.switch(symbol, expected=expected, by=by))

    def _viewed(self, state: MainContract) -> MainContractView:
        return MainContractView(**msgspec.structs.asdict(state), proposal=self._proposal(state))

    def _proposal(self, state: MainContract) -> Proposal | None:
        if state.main_contract is None:
            return None
        current = self._instruments.find(f"{state.main_contract}.{state.exchange}")
        if current is None:
            return None
        days, trading_day = [], 0
        for tick in self._quotes():
            instrument = self._instruments.find(tick.instrument_id)
            if instrument is not None and _same_product(instrument, current):
                days.append(ContractDay(instrument, tick.volume, tick.open_interest))
                trading_day = max(trading_day, tick.trading_day)
        return propose(current.symbol, days, trading_day=trading_day) if trading_day else None


def _same_product(one: Instrument, other: Instrument) -> bool:
    return (one.exchange, one.product_id) == (other.exchange, other.product_id)
