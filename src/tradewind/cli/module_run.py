"""`tradewind module run`: one collection now, with its progress and a table of what came of it."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tradewind.kernel.log import configure_logs
from tradewind.runtime.module import fetch_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.collector.module_places import Places
    from tradewind.collector.ports import FetchedQuotes
    from tradewind.runtime.settings import TradewindSettings


def run_once(
    settings: TradewindSettings, places: Places, codes: Sequence[str], *, is_close: bool, as_json: bool
) -> int:
    """Fetch, store and print; return 0 where there was a quote at all.

    Raises: TradewindError: it could not be done.
    """
    told = Console(stderr=True)
    configure_logs(level="error", fmt=settings.log.format, stream=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=told, disable=as_json) as progress:
        task = progress.add_task("fetching", total=len(codes))
        found = asyncio.run(
            fetch_once(
                settings,
                places,
                codes,
                collection="close" if is_close else "realtime",
                tell=lambda done, whole: progress.update(task, completed=done, total=whole),
            )
        )
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        _show(found)
    return 0 if found.quotes else 1


def _show(found: FetchedQuotes) -> None:
    console = Console()
    table = Table()
    table.add_column("code", no_wrap=True)
    table.add_column("time (UTC)", no_wrap=True)
    for name in ("price", "volume", "turnover"):
        table.add_column(name, justify="right")
    table.add_column("remark")
    for quote in found.quotes:
        at = datetime.fromtimestamp(quote.at_ms / 1_000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(quote.code, at, quote.price, quote.volume, quote.turnover, "")
    # What others say is shown as it is: square brackets are no mark-up there.
    for code, reason in found.refused.items():
        table.add_row(Text(code), "", "", "", "", Text(reason))
    console.print(table)
    console.print(
        f"{len(found.quotes)} quotes: {found.stored} stored, {found.known} known already, {found.spooled} wait for the "
        f"store; {len(found.refused)} refused; {found.requests} requests"
    )
