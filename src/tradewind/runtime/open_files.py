"""How many files a process may hold open: what the connections allowed may need, and a few beside."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings

_FILES_BESIDE: Final = 256
"""Files open beside the connections: databases, recordings, libraries."""


def files_needed(settings: TradewindSettings) -> int:
    """Return how many files a process may have open at once."""
    return settings.push.max_clients + settings.api.connections + _FILES_BESIDE


def allow_connections(settings: TradewindSettings) -> None:
    """Lift this process's limit of open files, 1024 on most systems, to what is needed, as far as that is allowed."""
    wanted = files_needed(settings)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
