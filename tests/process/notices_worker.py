"""A process that tells people of a journal and ends itself by force at the moment it is told."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from notices_builders import make_desk
from tradewind.bus.local import LocalBus
from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.kernel.log import configure_logs
from tradewind.kernel.metrics import Metrics
from tradewind.market.calendar import RoundTheClockCalendar
from tradewind.notices.channels.smtp import SmtpCourier
from tradewind.notices.means import Means
from tradewind.notices.ports import Parcel, Sent
from tradewind.notices.service import NoticeService
from tradewind.notices.settings import NoticeSettings, SmtpSettings
from tradewind.notices.threads import Threads
from tradewind.stores.ports import Entry
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.chat import SqlChat
from tradewind.stores.sql.engine import reading
from tradewind.stores.sql.notices import SqlNotices
from tradewind.stores.sql.reading import entries, head
from tradewind.stores.sql.store import SqlStore

from waiting import eventually

HOUR_S = 3_600


class Moment:
    """Counts how often a point is passed; at the set time there is no next statement."""

    def __init__(self, point: str, number: int) -> None:
        self._point = point
        self._left = number

    def passed(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class Notices(SqlNotices):
    def __init__(self, store: SqlStore, moment: Moment) -> None:
        super().__init__(store)
        self._moment = moment

    def take(self, *args: Any) -> list[Any]:
        self._moment.passed("before_take")
        taken = super().take(*args)
        self._moment.passed("after_take")
        return taken

    def claim(self, *args: Any, **named: Any) -> bool:
        is_ours = super().claim(*args, **named)
        self._moment.passed("after_claim")
        return is_ours

    def settle(self, *args: Any, **named: Any) -> None:
        self._moment.passed("before_settle")
        super().settle(*args, **named)
        self._moment.passed("after_settle")


class Courier(SmtpCourier):
    def __init__(self, settings: SmtpSettings, moment: Moment) -> None:
        super().__init__(settings)
        self._moment = moment

    async def send(self, parcel: Parcel) -> Sent:
        self._moment.passed("before_send")
        return await super().send(parcel)


class Entries:
    """The journal read from outside its writer."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    @property
    def durable_seq(self) -> int:
        with reading(self._store.engine) as connection:
            return head(connection, "desk")[0]

    def read(self, after: int) -> Iterator[Entry]:
        return entries(self._store.engine, "desk", after=after, shown="the journal")


class LaterClock:
    """The machine's time some hours on: in each life the claims of the one before have run out."""

    def __init__(self, life: int) -> None:
        self._ahead = life * HOUR_S * NS_PER_S

    def now_ns(self) -> int:
        return SystemClock().now_ns() + self._ahead


async def main(folder: Path, port: int, authority: str, *, moment: Moment, life: int) -> None:
    store = SqlStore(StoreSettings(), folder)
    store.open()
    smtp = SmtpSettings(
        host="localhost", port=port, sender="tradewind@desk.example", ca_file=authority, user="desk",
        password="correct horse",  # noqa: S106 - the test server's own
    )  # fmt: skip
    settings = NoticeSettings(poll_ms=10, batch=3, email_cap=1_000, smtp=smtp)
    notices = Notices(store, moment)
    means = Means(settings, notices, make_desk(), LaterClock(life), Metrics(), Threads())
    journal = Entries(store)
    service = NoticeService(
        means,
        chain="desk",
        bus=LocalBus(),
        entries=journal,
        chat=SqlChat(store),
        calendar=RoundTheClockCalendar(),
        ready=ready,
        email=Courier(smtp, moment),
    )
    running = asyncio.create_task(service.run())
    await eventually(
        lambda: notices.begin("journal desk", 0) >= journal.durable_seq and not notices.counts(), timeout_s=25
    )
    running.cancel()
    await asyncio.wait([running])
    sys.stdout.write("done\n")
    sys.stdout.flush()
    os._exit(0)


async def ready() -> None:
    """The journal is there."""


if __name__ == "__main__":
    configure_logs(level="error", stream=sys.stderr)
    place, port, authority, point, number, life = sys.argv[1:]
    asyncio.run(main(Path(place), int(port), authority, moment=Moment(point, int(number)), life=int(life)))
