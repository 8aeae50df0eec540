"""What a test tells the fronts to do wrong, and when."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal, get_args

from tradewind.errors import InputError

Mischief = Literal["refuse", "ignore", "cut_before", "cut_unanswered", "cut_after"]
"""Answer with an error · never answer, and do nothing · hang up before doing it · do it and hang up before the answer ·
do it, answer and hang up."""
Shape = Literal["plain", "trades_first", "reversed", "twice"]
"""In which order, and how often, what one event sets off is told."""
Door = Literal["open", "silent", "closing"]
"""Greets · accepts connections and says nothing · accepts and closes at once."""


@dataclass(frozen=True)
class Fault:
    """The next request of that name meets this; `hello` names the connection itself."""

    request: str
    mischief: Mischief
    code: int = 0


class Faults:
    """What is still to go wrong. `met` counts what has."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self.met: Counter[str] = Counter()
        self.shape: Shape = "plain"
        self.exchange_refusals: list[str] = []
        """Words with which the exchange refuses the next orders."""
        self.cancel_refusals: list[str] = []
        """Words with which the exchange refuses the next cancels."""
        self.is_syncing = False
        """Queries are answered 90, orders 35."""

    def add(self, request: str, mischief: Mischief, *, code: int = 0, times: int = 1) -> None:
        """Let the next requests of that name go wrong.

        Raises: InputError: there is no such mischief.
        """
        if mischief not in get_args(Mischief):
            message = f"no mischief {mischief!r}; there are {', '.join(get_args(Mischief))}"
            raise InputError(message)
        self._waiting += [Fault(request, mischief, code) for _ in range(times)]

    def take(self, request: str) -> Fault | None:
        """Return what the request meets now, and strike it off."""
        for fault in self._waiting:
            if fault.request == request:
                self._waiting.remove(fault)
                self.met[request] += 1
                return fault
        return None

    def clear(self) -> None:
        """Let everything go well again."""
        self._waiting.clear()
        self.exchange_refusals.clear()
        self.cancel_refusals.clear()
        self.shape = "plain"
        self.is_syncing = False
