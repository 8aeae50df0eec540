"""What people changed of strategies' parameters, kept in a file so that it holds after a restart too.

The file holds differences from what is installed (settings, folder, package), nothing else: who removes it has every
strategy as installed again.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from tradewind.errors import ConfigError, StoreError
from tradewind.strategies.settings import ParamValue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FORM = dict[str, dict[str, ParamValue]]


class KeptParams:
    """Strategy → parameter → value, as changed by hand; without a path it is forgotten with the process."""

    def __init__(self, path: Path | None = None) -> None:
        """Read what was kept. Raises: ConfigError: the file cannot be read, or holds something else."""
        self._path = path
        self._changed: _FORM = {} if path is None else _read(path)

    def of(self, strategy: str) -> Mapping[str, ParamValue]:
        """Return what of a strategy is not as installed."""
        return self._changed.get(strategy, {})

    def put(self, strategy: str, changed: Mapping[str, ParamValue]) -> None:
        """Keep what of a strategy is not as installed, in place of what was; nothing: it is as installed again.

        It is on the disk when this returns. Raises: StoreError: the file cannot be written; what was kept stays.
        """
        others = {name: values for name, values in self._changed.items() if name != strategy}
        after = {**others, strategy: dict(changed)} if changed else others
        if self._path is not None and after != self._changed:
            _write(self._path, after)
        self._changed = after


def _read(path: Path) -> _FORM:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_FORM)
    except FileNotFoundError:
        return {}
    except OSError as error:
        message = f"cannot read the changed parameters of strategies, {path}: {error.strerror}"
        raise ConfigError(message) from error
    except msgspec.MsgspecError as error:
        message = f"{path} is damaged ({error}); remove it to run every strategy as installed"
        raise ConfigError(message) from error


def _write(path: Path, content: _FORM) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(content), indent=1))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        message = f"the change cannot be kept in {path}: {error.strerror}; nothing was changed"
        raise StoreError(message) from error
