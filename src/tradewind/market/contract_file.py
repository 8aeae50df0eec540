"""The main contract as a file, in the older trading system's own JSON (C-001-7): what other programs read too.

Replaced whole, so that no reader ever sees half of it. What else stands in the file, ours or not, stays.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from tradewind.errors import ConfigError, TransientError

SECTION: Final = "market_data"


class MainContractEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The object `market_data` of the file. `last_update` is a day, `YYYY-MM-DD`."""

    main_contract: Annotated[str, Meta(min_length=1, max_length=40)]
    contract_multiplier: Annotated[int, Meta(ge=1)]
    exchange: Annotated[str, Meta(min_length=1, max_length=10)]
    last_update: str
    auto_subscribe: bool = True


class ContractFile:
    """One such file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> MainContractEntry | None:
        """Return the entry; `None` where there is no file, or no such object in it yet.

        Raises: ConfigError: the file cannot be read, or its entry cannot be understood.
        """
        told = self._whole().get(SECTION)
        if told is None:
            return None
        try:
            return msgspec.convert(told, MainContractEntry)
        except msgspec.ValidationError as error:
            message = f"{self.path}: {SECTION} is not as it should be ({error}); correct it, or remove the file"
            raise ConfigError(message) from error

    def write(self, entry: MainContractEntry) -> None:
        """Put the entry into the file; whatever happens, the file is the old one or the new one.

        Raises:
            ConfigError: the file there is damaged; it is left alone.
            TransientError: the disk refuses.
        """
        whole = self._whole()
        # Names that a newer or another program added to the object stay in it.
        whole[SECTION] = {**(whole.get(SECTION) or {}), **msgspec.to_builtins(entry)}
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            message = f"cannot write {self.path}: {error.strerror}; make room, or set market.contract_file"
            raise TransientError(message) from error

    def _whole(self) -> dict[str, Any]:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=dict[str, Any])
        except FileNotFoundError:
            return {}
        except OSError as error:
            message = f"cannot read {self.path}: {error.strerror}; check market.contract_file"
            raise ConfigError(message) from error
        except msgspec.DecodeError as error:
            message = f"{self.path} holds no JSON object ({error}); correct it, or remove the file"
            raise ConfigError(message) from error
