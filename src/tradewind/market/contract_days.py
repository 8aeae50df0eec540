"""The contracts of a day as the broker listed them, kept as a file for each trading day.

The desk writes what an account was told after its login; whoever takes quotes reads the newest, in another process too.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.told_rates import ToldContract
from tradewind.errors import TransientError
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FOLDER: Final = "contracts"
"""Below `data_dir`."""
_KEPT: Final = 60
"""Days of which the lists are kept."""
_LOG = get_log("market.contracts")


class ContractDays:
    """The lists of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[str, int] | None = None

    def write(self, trading_day: int, contracts: Iterable[ToldContract]) -> None:
        """Keep the list of a day, whole or not at all; an empty one is none.

        Raises: TransientError: the disk does not take it.
        """
        listed = sorted(contracts, key=lambda each: each.instrument_id)
        if not listed:
            return
        file = self._folder / f"{trading_day}.json"
        beside = file.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(msgspec.json.encode(listed))
            beside.replace(file)
            for old in self._files()[:-_KEPT]:
                old.unlink(missing_ok=True)
        except OSError as error:
            message = f"{file} cannot be written: {error}"
            raise TransientError(message) from error

    def newest(self) -> list[ToldContract] | None:
        """Return the newest list if this object has not returned it yet, else `None`; one that is damaged is none."""
        files = self._files()
        if not files:
            return None
        try:
            seen = (files[-1].name, files[-1].stat().st_mtime_ns)
            if seen == self._seen:
                return None
            self._seen = seen
            return msgspec.json.decode(files[-1].read_bytes(), type=list[ToldContract])
        except (OSError, msgspec.DecodeError) as error:
            _LOG.warning("contract_list_not_read", file=str(files[-1]), reason=str(error), remedy="delete it")
            return None

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.json"))
