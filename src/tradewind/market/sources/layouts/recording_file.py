"""What every layout gives back: a recording that can be read from the start, batch after batch."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Protocol

import msgspec

from tradewind.domain.instrument import InstrumentLookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tradewind.domain.tick import RawTick


class ReadingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a layout may need beside the file."""

    instruments: InstrumentLookup
    """For multipliers, and for the exchange of a symbol that comes without one."""
    instrument: str | None = None
    """The contract, where the operator says it and the file does not."""
    batch_rows: int = 4096
    bad_rows_percent: float = 5.0


class RecordingFile(Protocol):
    """One opened recording."""

    @property
    def layout(self) -> str:
        """Return the layout's name."""
        ...

    @property
    def path(self) -> Path:
        """Return where the file is."""
        ...

    @property
    def total(self) -> int | None:
        """Return how many ticks it holds, as far as that is known without reading it all."""
        ...

    @property
    def malformed_rows(self) -> int:
        """Return how many rows the reading under way could not make sense of."""
        ...

    @property
    def remark(self) -> str:
        """Return what its reader should know of the file's state so far, as a sentence; mostly empty."""
        ...

    def batches(self) -> Iterator[Iterable[RawTick]]:
        """Read from the start. Each batch is exhausted before the next is asked for.

        Raises: ReplayFileError: the file turns out to be damaged or impossible.
        """
        ...


def ticks_of(recording: RecordingFile) -> Iterator[RawTick]:
    """Yield every tick of a recording, without a Python frame between the batch and the caller."""
    return chain.from_iterable(recording.batches())
