"""This machine's clock, beside those of the servers that several machines share."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import tradewind
from tradewind.bus.redis.resp import ReplyError
from tradewind.errors import TradewindError
from tradewind.kernel.clock import NS_PER_S, SystemClock, monotonic_s
from tradewind.ops import judging
from tradewind.runtime.doctor.stores import is_server, sql_connection
from tradewind.runtime.lifecycle.redis_facts import asking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.bus.settings import BusSettings
    from tradewind.kernel.settings import Loaded
    from tradewind.ops.findings import Found
    from tradewind.runtime.settings import TradewindSettings


def clocks(loaded: Loaded[TradewindSettings]) -> Iterator[Found]:
    """Compare; a server that cannot be asked is another check's finding."""
    settings = loaded.settings
    installed_s = Path(tradewind.__file__).stat().st_mtime
    yield judging.wall_clock(_now_s(), not_before_s=installed_s)
    if settings.bus.kind == "redis":
        with contextlib.suppress(TradewindError, OSError, TimeoutError, ReplyError):
            yield asyncio.run(_against_redis(settings.bus))
    if is_server(settings):
        with contextlib.suppress(TradewindError):
            yield _against_database(settings)


def _now_s() -> float:
    return SystemClock().now_ns() / NS_PER_S


async def _against_redis(settings: BusSettings) -> Found:
    async with asking(settings, name="doctor") as (control, _):
        await control.call("PING")  # what the first call costs more than the others is no part of the doubt
        begun_s = monotonic_s()
        seconds, micros = await control.call("TIME")
        took_s = monotonic_s() - begun_s
        here_s = _now_s() - took_s / 2
    return judging.skew("Redis' clock", here_s - (int(seconds) + int(micros) / 1e6), took_s / 2)


def _against_database(settings: TradewindSettings) -> Found:
    with sql_connection(settings) as connection:
        begun_s = monotonic_s()
        told = connection.exec_driver_sql("SELECT UNIX_TIMESTAMP(UTC_TIMESTAMP(6))").scalar()
        took_s = monotonic_s() - begun_s
        here_s = _now_s() - took_s / 2
    return judging.skew("the database's clock", here_s - float(told or 0), took_s / 2)
