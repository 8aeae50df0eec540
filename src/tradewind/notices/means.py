"""What the parts of this room share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tradewind.kernel.clock import Clock
    from tradewind.kernel.metrics import Metrics
    from tradewind.notices.ports import People
    from tradewind.notices.settings import NoticeSettings
    from tradewind.notices.threads import Threads
    from tradewind.stores.notices import NoticeStore


class Means(NamedTuple):
    """Settings, what is of record, who there is, time, counters, and threads in which to wait."""

    settings: NoticeSettings
    store: NoticeStore
    people: People
    clock: Clock
    metrics: Metrics
    threads: Threads
