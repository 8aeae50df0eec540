"""How fast orders, cancels, equal orders and refusals come: sliding windows over the times of what was decided.

A window keeps no more moments than its greatest limit asks for, so that a look is one comparison: were `limit` of them
less than the span ago?
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, TypeVar

from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from decimal import Decimal

    from tradewind.domain.order import OrderRequest
    from tradewind.pretrade.limits import LimitBook, ScopeKey
    from tradewind.pretrade.settings import PretradeSettings

SECOND: Final = NS_PER_S
MINUTE: Final = 60 * NS_PER_S
_OF_ORDERS: Final = ("orders_per_second", "orders_per_minute")
_OF_CANCELS: Final = ("cancels_per_second", "cancels_per_minute")
_MAX_EQUALS: Final = 10_000
_MAX_STRATEGIES: Final = 10_000
Equal = tuple[str, str, str, str, "Decimal | None", int]
K = TypeVar("K")


class Kept:
    """Windows as they were before a what-if; `None` where there was none."""

    __slots__ = ("equals", "orders")

    def __init__(self) -> None:
        self.orders: dict[ScopeKey, deque[int] | None] = {}
        self.equals: dict[Equal, deque[int] | None] = {}


def is_reached(moments: deque[int] | None, limit: int, span_ns: int, now: int) -> bool:
    """Say whether `limit` moments lie within the span before now; a limit of 0 is always reached."""
    if not limit:
        return True
    return moments is not None and len(moments) >= limit and now - moments[-limit] < span_ns


def count_within(moments: deque[int] | None, span_ns: int, now: int) -> int:
    """Return how many moments lie within the span before now, as far as the window reaches."""
    return sum(1 for moment in moments if now - moment < span_ns) if moments else 0


def equal_key(request: OrderRequest) -> Equal:
    """Name what makes two orders the same wish."""
    return (
        request.account_id,
        request.instrument_id,
        request.side,
        request.offset,
        request.price,
        request.quantity,
    )


class Pace:
    """All windows of the gate."""

    def __init__(self, settings: PretradeSettings, limits: LimitBook) -> None:
        self._limits = limits
        self.duplicates = settings.duplicates
        self._duplicates_ns = round(settings.duplicates_s * NS_PER_S)
        self.refusals_limit = settings.refusals
        self._refusals_ns = round(settings.refusals_s * NS_PER_S)
        self.orders: dict[ScopeKey, deque[int]] = {}
        self.cancels: dict[ScopeKey, deque[int]] = {}
        self.equals: dict[Equal, deque[int]] = {}
        self.refusals: dict[str, deque[int]] = {}
        self._lengths: dict[tuple[ScopeKey, str], int] = {}

    def on_order(self, request: OrderRequest, places: tuple[ScopeKey, ...], now: int) -> None:
        """Count an order that was approved."""
        self._note(self.orders, places, now, _OF_ORDERS)
        self.equals_window(equal_key(request), now).append(now)

    def on_cancel(self, places: tuple[ScopeKey, ...], now: int) -> None:
        """Count the wish to take an order back."""
        self._note(self.cancels, places, now, _OF_CANCELS)

    def equals_window(self, key: Equal, now: int) -> deque[int]:
        """Return the window of one wish; those whose time is over are forgotten when there are many."""
        window = self.equals.get(key)
        if window is None:
            if len(self.equals) >= _MAX_EQUALS:
                span = self._duplicates_ns
                fresh = {name: times for name, times in self.equals.items() if times and now - times[-1] < span}
                self.equals = fresh if len(fresh) < _MAX_EQUALS else dict(list(fresh.items())[_MAX_EQUALS // 2 :])
            window = self.equals[key] = deque(maxlen=self.duplicates)
        return window

    def rehearse(self, request: OrderRequest, places: tuple[ScopeKey, ...], kept: Kept) -> None:
        """Keep a copy of the windows an order would move, the first time in a what-if."""
        for place in places:
            if place not in kept.orders:
                window = self.orders.get(place)
                kept.orders[place] = None if window is None else window.copy()
        key = equal_key(request)
        if key not in kept.equals:
            equals = self.equals.get(key)
            kept.equals[key] = None if equals is None else equals.copy()

    def take_back(self, kept: Kept) -> None:
        """Put back what `rehearse` kept."""
        _put_back(self.orders, kept.orders)
        _put_back(self.equals, kept.equals)

    def is_duplicate(self, request: OrderRequest, now: int) -> bool:
        """Say whether as many equal orders as are allowed were approved just now."""
        window = self.equals.get(equal_key(request))
        return window is not None and is_reached(window, self.duplicates, self._duplicates_ns, now)

    def on_refusal(self, strategy: str, now: int) -> bool:
        """Count a refusal of a strategy; say whether it has had too many."""
        window = self.refusals.get(strategy)
        if window is None:
            if len(self.refusals) >= _MAX_STRATEGIES:
                del self.refusals[next(iter(self.refusals))]
            window = self.refusals[strategy] = deque(maxlen=self.refusals_limit)
        window.append(now)
        return self.is_refused_too_often(strategy, now)

    def is_refused_too_often(self, strategy: str, now: int) -> bool:
        """Say whether a strategy was refused as often as stops it."""
        window = self.refusals.get(strategy)
        return window is not None and is_reached(window, self.refusals_limit, self._refusals_ns, now)

    def forgive(self, strategy: str) -> None:
        """Begin to count a strategy's refusals anew: somebody looked at them."""
        self.refusals.pop(strategy, None)

    def restore(self, windows: dict[ScopeKey, deque[int]], place: ScopeKey, times: list[int]) -> None:
        """Take the window of another life."""
        names = _OF_ORDERS if windows is self.orders else _OF_CANCELS
        length = self._length(place, names)
        if length:
            windows[place] = deque(times, length)

    def _length(self, place: ScopeKey, names: tuple[str, str]) -> int:
        """Return how many moments the window of a scope has to keep; asked once a scope."""
        length = self._lengths.get((place, names[0]))
        if length is None:
            if len(self._lengths) >= _MAX_EQUALS:
                self._lengths.clear()
            length = self._lengths[(place, names[0])] = self._limits.longest(place, *names)
        return length

    def _note(
        self, windows: dict[ScopeKey, deque[int]], places: tuple[ScopeKey, ...], now: int, names: tuple[str, str]
    ) -> None:
        for place in places:
            window = windows.get(place)
            if window is None:
                length = self._length(place, names)
                if not length:
                    continue
                window = windows[place] = deque(maxlen=length)
            window.append(now)


def _put_back(windows: dict[K, deque[int]], kept: dict[K, deque[int] | None]) -> None:
    for name, window in kept.items():
        if window is None:
            windows.pop(name, None)
        else:
            windows[name] = window
