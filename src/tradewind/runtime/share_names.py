"""What shares are called, for pages: written by the process that asks the provider, read by those that show it.

They stand in a file of the data folder; where a process has another one, shares are shown by their codes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradewind.domain.instrument import Instrument
    from tradewind.runtime.settings import TradewindSettings

_LOG = get_log("names")
_FILE: Final = "share-names.json"
_MOST: Final = 20_000
_SHOWN: Final = frozenset({"US", "HK", "SSE", "SZSE"})


class ShareNames:
    """Names by instrument id; the file is read again when somebody wrote it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = (0, 0)
        self._names: dict[str, str] = {}

    def learn(self, names: Mapping[str, str]) -> None:
        """Remember names for good. A disk that refuses costs their being remembered."""
        self._read()
        if all(self._names.get(name) == told for name, told in names.items()):
            return
        self._names = dict(list({**self._names, **names}.items())[-_MOST:])
        part = self._path.with_suffix(".part")
        try:
            part.write_text(json.dumps(self._names, ensure_ascii=False, indent=0), encoding="utf-8")
            part.replace(self._path)
        except OSError as error:
            _LOG.warning("share_names_not_kept", file=str(self._path), reason=error.strerror)

    def named(self, instruments: Iterable[Instrument]) -> list[Instrument]:
        """Return contracts with the names of shares in them; what has no name stays as it is."""
        self._read()
        names = self._names
        return [
            msgspec.structs.replace(each, name=names[each.instrument_id])
            if each.exchange in _SHOWN and each.instrument_id in names
            else each
            for each in instruments
        ]

    def _read(self) -> None:
        try:
            stat = self._path.stat()
            if (stat.st_mtime_ns, stat.st_size) == self._stamp:
                return
            self._names = msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])
            self._stamp = (stat.st_mtime_ns, stat.st_size)
        except FileNotFoundError:
            return
        except (OSError, msgspec.DecodeError, UnicodeError) as error:
            _LOG.warning("share_names_unreadable", file=str(self._path), reason=str(error))


def share_names(settings: TradewindSettings) -> ShareNames:
    """Return the names of this installation."""
    return ShareNames(Path(settings.data_dir) / _FILE)
