"""The last step of every form: name, date and numbers of a quote put together to a raw tick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.kernel.clock import NS_PER_MS
from tradewind.market.ctpwire.refusals import RefusalReason, RefusedFrameError

if TYPE_CHECKING:
    from tradewind.market.ctpwire.moments import Moments
    from tradewind.market.ctpwire.names import Contract, ContractNames

_DAY_DIGITS: Final = 8
_LONGEST_DAY: Final = 16
_DAYS_KEPT: Final = 1024


class Assembler:
    """Makes raw ticks. `now_ns` and `recv_ns` are of the message in hand, set by the decoder before it is read."""

    def __init__(self, names: ContractNames, moments: Moments) -> None:
        self.now_ns = 0
        """Our clock, for quotes that name no date."""
        self.recv_ns = 0
        """When the message came; 0 to take each quote's own time for it."""
        self.filtered = 0
        """Quotes of contracts that nobody wants."""
        self._names = names
        self._moments = moments
        self._days: dict[str | bytes, int] = {}

    def tick(
        self,
        head: tuple[Any, Any, Any, Any, Any, int],
        body: tuple[Any, ...],
    ) -> tuple[Any, ...] | None:
        """Return the raw tick of `layout.HEAD` and, behind it, the fields from the last price on.

        `None` when its contract is filtered out. The texts of the head are all str or all bytes.

        Raises: RefusedFrameError: no contract or no time can be read.
        """
        symbol, exchange, trading_day, action, clock, ms = head
        contract = self._names.known((symbol, exchange)) or self._names.resolve(symbol, exchange)
        if not contract.is_wanted:
            self.filtered += 1
            return None
        ts = self._moments.known_second((clock, action, trading_day, contract.exchange))
        if ts is None:
            ts = self._moments.second_ns(clock, action, trading_day, contract.exchange, now_ns=self.now_ns)
        if not 0 <= ms < 1000:  # noqa: PLR2004 - a second has so many
            raise RefusedFrameError(RefusalReason.TIME, f"milliseconds must be 0 … 999, were {ms}")
        ts += ms * NS_PER_MS
        day = self._days.get(trading_day)
        if day is None:
            day = self._day_of(trading_day)
        return (contract.instrument_id, ts, self.recv_ns or ts, day, *body)

    def contract(self, symbol: str, exchange: str) -> Contract:
        """Return a quote's contract.

        Raises: RefusedFrameError: no contract has such a name.
        """
        return self._names.known((symbol, exchange)) or self._names.resolve(symbol, exchange)

    def moment_of(self, value: Any, day: str = "") -> int:  # noqa: ANN401 - whatever the message held
        """Return the moment that a value of any kind means, of `day` where it is a time of day only.

        Raises: RefusedFrameError: it means none.
        """
        return self._moments.moment_of(value, now_ns=self.now_ns, day=day)

    def tick_at(self, contract: Contract, trading_day: str, ts: int, body: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Return the raw tick of a quote whose moment is known already; `None` when it is filtered out."""
        if not contract.is_wanted:
            self.filtered += 1
            return None
        day = self._days.get(trading_day)
        if day is None:
            day = self._day_of(trading_day)
        return (contract.instrument_id, ts, self.recv_ns or ts, day, *body)

    def _day_of(self, trading_day: str | bytes) -> int:
        """Return a trading day as a number, 0 where it is not written as one: cleaning asks the calendar anyway."""
        text = trading_day if isinstance(trading_day, str) else trading_day.decode("latin-1")
        digits = text.strip().replace("-", "")
        day = int(digits) if len(digits) == _DAY_DIGITS and digits.isascii() and digits.isdecimal() else 0
        if len(text) <= _LONGEST_DAY:
            if len(self._days) >= _DAYS_KEPT:
                self._days.clear()
            self._days[trading_day] = day
        return day
