"""Builders for the contract switch: a source that only notes what it is told, and everything around it."""

from __future__ import annotations

from pathlib import Path

from tradewind.errors import InputError, TransientError
from tradewind.kernel.clock import FakeClock
from tradewind.market.contract_file import ContractFile, MainContractEntry
from tradewind.market.contracts import InstrumentTable
from tradewind.market.ports import Intake
from tradewind.market.switching import ContractSwitch

MARCH_2026_NS = 1_773_100_800_000_000_000
"""10 March 2026, 08:00 in Shanghai."""


class NotingSource:
    """A source of everything, but for what it is told to refuse."""

    name = "noting"

    def __init__(self, *subscribed: str, refuses: str = "") -> None:
        self.subscribed = set(subscribed)
        self.refuses = refuses

    async def is_subscribed(self, instrument_id: str) -> bool:
        return instrument_id in self.subscribed

    async def subscribe(self, instrument_id: str) -> None:
        if instrument_id == self.refuses:
            message = f"the feed does not carry {instrument_id}"
            raise InputError(message)
        self.subscribed.add(instrument_id)

    def unsubscribe(self, instrument_id: str) -> None:
        self.subscribed.discard(instrument_id)

    async def run(self, intake: Intake) -> None:
        raise NotImplementedError


class NotingKeys:
    """Older keys as a list of what was done to them."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.left: list[str] = []

    async def written(self) -> list[str]:
        return list(self.left)

    def remove(self, instrument_id: str) -> None:
        self.done.append(("remove", instrument_id))

    def restore(self, instrument_id: str) -> None:
        self.done.append(("restore", instrument_id))


class NotingLine:
    """A line on which some contracts flow."""

    def __init__(self, *flowing: str) -> None:
        self.ended: list[str] = []
        self._flowing = flowing

    def flowing(self) -> list[str]:
        return [name for name in self._flowing if name not in self.ended]

    def end(self, instrument_id: str) -> None:
        self.ended.append(instrument_id)


class FullDisk(ContractFile):
    """A file that can be read and not be written."""

    def write(self, entry: MainContractEntry) -> None:
        message = f"cannot write {self.path}: No space left on device ({entry.main_contract})"
        raise TransientError(message)


class Switching:
    """A switch on 10 March 2026 from au2604, which flows."""

    def __init__(self, folder: Path, *, refuses: str = "", is_disk_full: bool = False) -> None:
        self.path = folder / "market_config.json"
        self.source = NotingSource("au2604.SHFE", "IF2603.CFFEX", refuses=refuses)
        self.keys = NotingKeys()
        self.line = NotingLine("au2604.SHFE", "IF2603.CFFEX")
        ContractFile(self.path).write(make_entry())
        self.written = self.path.read_bytes()
        self.switch = ContractSwitch(
            file=FullDisk(self.path) if is_disk_full else ContractFile(self.path),
            instruments=InstrumentTable(),
            source=self.source,
            line=self.line,
            clock=FakeClock(MARCH_2026_NS),
            wall=FakeClock(MARCH_2026_NS),
            keys=self.keys,
        )

    def is_untouched(self) -> bool:
        """Tell whether everything is as it was before."""
        return (
            self.path.read_bytes() == self.written
            and self.source.subscribed == {"au2604.SHFE", "IF2603.CFFEX"}
            and not self.keys.done
            and not self.line.ended
            and [file.name for file in self.path.parent.iterdir()] == [self.path.name]
        )


def make_entry(symbol: str = "au2604", *, auto_subscribe: bool = True) -> MainContractEntry:
    return MainContractEntry(
        main_contract=symbol,
        contract_multiplier=1000,
        exchange="SHFE",
        last_update="2026-01-05",
        auto_subscribe=auto_subscribe,
    )
