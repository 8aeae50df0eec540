"""What one account needs of its child process: three calls, each of which says at once whether it was handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.execution.brokers.ctp.settings import CtpAccountSettings, CtpBrokerSettings
    from tradewind.kernel.clock import LineClock


class Door(Protocol):
    """The way to the child. What comes back is told to `AccountTrader.hear`."""

    def request(self, name: str, fields: Mapping[str, object], request_id: int) -> bool:
        """Have a Req… function called; `False` where it was not handed over for certain."""
        ...

    def ask(self, name: str) -> bool:
        """Have a getter called; `False` where it was not handed over."""
        ...

    def restart(self, reason: str) -> None:
        """End the child and start another: a fresh library object, its fronts from the first on."""
        ...


class RequestIds:
    """Numbers requests, from one on, over all the lives of a child."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> int:
        """Return the next."""
        self._last += 1
        return self._last


class Ground(NamedTuple):
    """What every part of one account stands on."""

    account: CtpAccountSettings
    settings: CtpBrokerSettings
    clock: LineClock
    door: Door
    ids: RequestIds
