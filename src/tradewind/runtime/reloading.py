"""Settings that a running process takes over when it is told to read them again; all others wait for a restart.

Safe is what a service looks up each time it needs it, and of which no second process must have the same value at the
same moment. What cannot be read, or does not fit together, changes nothing. Decision 0034.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.errors import TradewindError
from tradewind.kernel.log import change_level, get_log
from tradewind.kernel.settings import leaves, value_at
from tradewind.runtime.once_ready import OnceReady
from tradewind.runtime.retention.settings import RetentionSettings
from tradewind.runtime.settings import TradewindSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tradewind.kernel.service import Service

_LOG = get_log("runtime")
SIGNAL: Final = signal.SIGUSR1
"""What `tradewind reload` sends."""
LOG_LEVEL: Final = "log.level"
TAKEN_BY: Final[Mapping[str, str]] = {
    "api.rate_per_s": "api",
    "api.rate_burst": "api",
    "signals.record_days": "signal_record",
    "signals.record_most": "signal_record",
    "notices.keep_days": "notices",
    "notices.keep_notices": "notices",
    "control.keep_days": "control",
    "control.keep_jobs": "control",
    **{f"retention.{name}": "retention" for name in RetentionSettings.__struct_fields__},
}
"""Setting → the service that takes it over, by its `change(settings of its room)`; beside these `log.level`."""
RELOADABLE: Final = frozenset({LOG_LEVEL, *TAKEN_BY})


class Reloaded(msgspec.Struct, frozen=True):
    """What reading the settings again came to: those in force now, what changed of them, what needs a restart."""

    settings: TradewindSettings
    taken: tuple[str, ...]
    waiting: tuple[str, ...]


def compare(known: TradewindSettings, wanted: TradewindSettings) -> Reloaded:
    """Return what of `wanted` a process with the settings `known` may take over.

    Raises: ConfigError: what is taken over does not go with what stays.
    """
    changed = [
        leaf.path for leaf in leaves(TradewindSettings) if value_at(known, leaf.path) != value_at(wanted, leaf.path)
    ]
    taken = tuple(path for path in changed if path in RELOADABLE)
    merged: Any = known
    for path in taken:
        merged = _with(merged, path.split("."), value_at(wanted, path))
    return Reloaded(merged, taken, tuple(path for path in changed if path not in RELOADABLE))


class Reloader:
    """Takes settings over into the services of one process."""

    def __init__(
        self,
        known: TradewindSettings,
        *,
        load: Callable[[], TradewindSettings],
        services: Sequence[Service],
        on_taken: Callable[[TradewindSettings], None] = lambda _settings: None,
    ) -> None:
        """`load` reads the layers that this process was started with once more; `on_taken` hears what is in force."""
        self._on_taken = on_taken
        self._known = known
        self._load = load
        self._services = {service.name: _inside(service) for service in services}

    def reload(self) -> Reloaded | None:
        """Read the settings again and take over what may be; `None` where they cannot be read, and all stays."""
        try:
            found = compare(self._known, self._load())
        except TradewindError as error:
            _LOG.error("settings_not_reloaded", reason=str(error))
            return None
        if LOG_LEVEL in found.taken:
            change_level(found.settings.log.level)
        self._known = found.settings
        for path in {path.partition(".")[0]: path for path in found.taken if path in TAKEN_BY}.values():
            service = self._services.get(TAKEN_BY[path])
            if service is not None:
                service.change(getattr(found.settings, path.partition(".")[0]))
        self._on_taken(found.settings)
        # Above every level but the least: an operator waits for this line.
        _LOG.warning("settings_reloaded", taken=list(found.taken), needs_restart=list(found.waiting))
        return found

    def listen(self) -> None:
        """Reload at `SIGNAL`, and at SIGHUP unless that is how a closed terminal ends this process."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(SIGNAL, self.reload)
        if not _has_terminal():
            loop.add_signal_handler(signal.SIGHUP, self.reload)


def listens(pid: int) -> bool:
    """Tell whether a process would hear `SIGNAL`; one that does not would be ended by it."""
    try:
        told = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    caught = next((line.split()[1] for line in told.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (SIGNAL - 1) & 1)


def _has_terminal() -> bool:
    try:
        return sys.stdin is not None and sys.stdin.isatty()
    except ValueError:
        return False


def _with(settings: Any, path: Sequence[str], value: Any) -> Any:  # noqa: ANN401 - a setting may be of any kind
    first, *rest = path
    return msgspec.structs.replace(settings, **{first: _with(getattr(settings, first), rest, value) if rest else value})


def _inside(service: Any) -> Any:  # noqa: ANN401 - each service takes the settings of its own room
    while isinstance(service, OnceReady):
        service = service.service
    return service
