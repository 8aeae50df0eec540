"""`tradewind module run`: one job now, with its progress and a table of what came of it."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tradewind.cli.module_tables import show
from tradewind.collector.ports import FetchedQuotes, Found, Streamed
from tradewind.kernel.clock import NS_PER_MS, SystemClock
from tradewind.kernel.log import configure_logs
from tradewind.runtime.module import do_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.collector.module_places import Places
    from tradewind.collector.protocol_jobs import Job
    from tradewind.runtime.settings import TradewindSettings


def run_once(settings: TradewindSettings, places: Places, job: Job, *, as_json: bool) -> int:
    """Do the job, store and print; return 0 where anything was found at all.

    Raises: TradewindError: it could not be done.
    """
    told = Console(stderr=True)
    configure_logs(level="error", fmt=settings.log.format, stream=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=told, disable=as_json) as progress:
        begun = job.begun(SystemClock().now_ns() // NS_PER_MS)
        whole = job.duration_s or None if job.kind == "stream" else len(job.codes)
        task = progress.add_task("listening" if job.kind == "stream" else "fetching", total=whole)
        found = asyncio.run(
            _run(settings, places, begun, lambda done, whole: progress.update(task, completed=done, total=whole))
        )
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        show(found)
    return 0 if _count(found) else 1


async def _run(
    settings: TradewindSettings, places: Places, job: Job, tell: Callable[[int, int], None]
) -> FetchedQuotes | Found[Any] | Streamed:
    stop = asyncio.Event()
    if job.kind == "stream":
        # Ctrl-C ends a stream in good order.
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    return await do_once(settings, places, job, tell=tell, stop=stop)


def _count(found: FetchedQuotes | Found[Any] | Streamed) -> int:
    if isinstance(found, Streamed):
        return found.received
    return len(found.quotes if isinstance(found, FetchedQuotes) else found.documents)
