"""What the REST edge asks of the rooms at the head of the line: strategies, the replay, the feed, the main contract.

Each answers in its own process or from another; answers typed `object` are messages of their room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

StrategyVerb = Literal["start", "stop", "params", "reset"]
ParamValue = bool | int | float | str


class StrategyQueries(Protocol):
    """What strategies there are and how they do; the strategies room's, here or in its own process."""

    async def strategies(self) -> Sequence[object]:
        """Return each strategy with its state, parameters and health."""
        ...

    async def act(self, name: str, verb: StrategyVerb, params: Mapping[str, ParamValue], *, by: str) -> object:
        """Stop a strategy, let it run again, run it with other parameters or as installed; return how it is then.

        Raises:
            InputError: there is none of that name, or the parameters do not fit. StateConflictError: it runs already.
            StoreError: changed parameters cannot be kept.
        """
        ...


class ReplayCommands(Protocol):
    """The replay's remote control; the market room's, here or in its own process. Each answers where the replay is."""

    async def pause(self) -> object:
        """Stand still before the next tick."""
        ...

    async def resume(self) -> object:
        """Go on from where it stands."""
        ...

    async def step(self, n: int = 1) -> object:
        """Play the next `n` ticks and stand still after them."""
        ...

    async def set_speed(self, speed: float | Literal["max"]) -> object:
        """Play at this factor from now on."""
        ...

    async def seek(self, *, percent: float | None, ts: int | None) -> object:
        """Go on from another place, in percent of the recording or at a receive time in ns.

        Raises: StateConflictError: it lies behind, and what plays cannot be begun anew from here.
        """
        ...

    async def status(self) -> object:
        """Return where the replay is."""
        ...


class FeedQueries(Protocol):
    """How a live feed is, and what of it could not be read; the market room's, here or in its own process."""

    async def status(self) -> object:
        """Return state, endpoints and counts.

        Raises: StateConflictError: the source is no live feed.
        """
        ...

    async def quarantined(self, limit: int) -> Sequence[object]:
        """Return the newest messages that could not be read, newest first.

        Raises: StateConflictError: the source is no live feed.
        """
        ...


class MainContractCommands(Protocol):
    """The main contract and its switch; the market room's, here or in its own process."""

    async def status(self) -> object:
        """Return the main contract, and what is proposed instead."""
        ...

    async def switch(self, symbol: str, *, expected: str | None, by: str) -> object:
        """Make `symbol` the main contract and return how it stands then."""
        ...
