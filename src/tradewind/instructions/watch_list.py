"""Which live instruction waits for which contract's ticks: to be worked at each of them, or for its day to be over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.domain.instruction import Algorithm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradewind.domain.instruction import Instruction, InstructionLine
    from tradewind.domain.tick import Tick


class WatchList:
    """Names of instructions by contract, in the order they came."""

    def __init__(self, ticks: Mapping[str, Tick]) -> None:
        """`ticks` are the newest quotes, kept by somebody else: who has not seen any waits for the first."""
        self._ticks = ticks
        self._days: dict[str, dict[str, None]] = {}
        self._eager: dict[str, dict[str, None]] = {}

    def put(self, told: Instruction) -> None:
        """Note what an instruction waits for now; one that is over waits for nothing."""
        name = told.instruction_id
        for instrument_id in _instruments(told):
            self._mark(self._days, instrument_id, name, is_in=not told.is_over)
        for line in told.lines:
            # Asked at each tick: who waits for a price, keeps to the market's volume, or has not seen any quote.
            is_eager = _waits_for_ticks(line) or line.instrument_id not in self._ticks
            self._mark(self._eager, line.instrument_id, name, is_in=is_eager and not told.is_over)

    def live(self, instrument_id: str) -> Iterable[str]:
        """Return the live instructions that have to do with a contract."""
        return tuple(self._days.get(instrument_id, ()))

    def eager(self, instrument_id: str) -> Iterable[str]:
        """Return those that are to be worked at each of its ticks."""
        return tuple(self._eager.get(instrument_id, ()))

    @staticmethod
    def _mark(index: dict[str, dict[str, None]], instrument_id: str, name: str, *, is_in: bool) -> None:
        if is_in:
            index.setdefault(instrument_id, {})[name] = None
            return
        names = index.get(instrument_id)
        if names is not None:
            names.pop(name, None)


def _instruments(told: Instruction) -> dict[str, None]:
    lines = told.adjustments if told.is_of_book else told.lines
    return dict.fromkeys(line.instrument_id for line in lines)


def _waits_for_ticks(line: InstructionLine) -> bool:
    has_share = line.send is not None and line.send.participation is not None
    return has_share or line.execution.algorithm is Algorithm.SNIPER
