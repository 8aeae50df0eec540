"""A collector module put together: who fetches and listens, which kinds of jobs there are, its life in this process."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import signal
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from importlib.metadata import entry_points
from typing import Any, Final, TextIO, cast

from tradewind.collector.depth_kline_kinds import DepthKind, KlineKind
from tradewind.collector.log_file import LogFile
from tradewind.collector.module import Module
from tradewind.collector.module_gate import LicenceGate
from tradewind.collector.module_journal import Journal
from tradewind.collector.module_places import Places
from tradewind.collector.module_process import held
from tradewind.collector.ports import (
    BarFetcher,
    BookFetcher,
    FetchedQuotes,
    Found,
    JobKind,
    Listener,
    QuoteFetcher,
    Streamed,
    Tell,
)
from tradewind.collector.protocol_jobs import Job
from tradewind.collector.quotes_kind import QuotesKind
from tradewind.collector.stream_kind import StreamKind
from tradewind.errors import ConfigError, InputError, NotAllowedError
from tradewind.kernel.clock import SystemClock
from tradewind.kernel.log import configure_logs, get_log
from tradewind.kernel.rng import named_rng
from tradewind.runtime.settings import TradewindSettings

_LOG = get_log("collector")
FETCHERS: Final[Mapping[str, str]] = {"infoway": "tradewind.runtime.infoway:open_fetcher"}
"""Who fetches quotes, by name; each is told the settings and is open as long as its context lasts."""
FETCHER_GROUP: Final = "tradewind.quote_fetchers"
KIND_GROUP: Final = "tradewind.job_kinds"
"""Entry points of installed packages that offer more of either, in the same form."""
Opened = Callable[[TradewindSettings], AbstractAsyncContextManager[Any]]


def run_module(settings: TradewindSettings, places: Places, *, into_file: bool) -> int:
    """Be the module in this process until SIGINT, SIGTERM or the server ends it; return the exit code.

    Raises:
        ConfigError: it is not registered, has no good licence, or its settings or files do not work.
        StateConflictError: it runs already.
    """
    places.make()
    file = LogFile(places.log, max_bytes=settings.module.log_bytes, keep=settings.module.log_files)
    stream = cast("TextIO", file) if into_file else None
    configure_logs(level=settings.log.level, fmt=settings.log.format, stream=stream)
    with held(places) as announce:
        asyncio.run(_run(settings, places, announce))
    return 0


async def do_once(
    settings: TradewindSettings, places: Places, job: Job, *, tell: Tell, stop: asyncio.Event
) -> FetchedQuotes | Found[Any] | Streamed:
    """Do a job without a control server; one that lasts ends when `stop` is set.

    Raises:
        NotAllowedError: a licence is asked for and does not allow it.
        InputError: nobody here does this kind.
        TradewindError: it could not be done.
    """
    refuse_without_licence(settings, places, job.kind)
    async with open_fetcher(settings) as fetcher:
        if job.kind == QuotesKind.name:
            return await fetcher.fetch(job.codes, collection=job.collection, on_progress=tell)
        if job.kind == DepthKind.name and isinstance(fetcher, BookFetcher):
            return await fetcher.fetch_depths(job.codes, on_progress=tell)
        if job.kind == KlineKind.name and isinstance(fetcher, BarFetcher):
            return await fetcher.fetch_bars(job.codes, bar=job.bar, count=job.count, on_progress=tell)
        if job.kind == StreamKind.name and isinstance(fetcher, Listener):
            return await fetcher.listen(
                job.codes, watch=job.watch, bar=job.bar, stop=stop, until_ms=job.until_ms, on_progress=tell
            )
        message = f"kind must be one of {', '.join(kinds_of(fetcher))}, was {job.kind}"
        raise InputError(message)


def kinds_of(fetcher: QuoteFetcher) -> dict[str, JobKind]:
    """Return the kinds of jobs that a fetcher is good for, by name."""
    kinds: dict[str, JobKind] = {QuotesKind.name: QuotesKind(fetcher)}
    if isinstance(fetcher, BookFetcher):
        kinds[DepthKind.name] = DepthKind(fetcher)
    if isinstance(fetcher, BarFetcher):
        kinds[KlineKind.name] = KlineKind(fetcher)
    if isinstance(fetcher, Listener):
        kinds[StreamKind.name] = StreamKind(fetcher)
    return kinds


def refuse_without_licence(settings: TradewindSettings, places: Places, kind: str) -> None:
    """Raise where a licence is asked for and does not allow this kind now.

    Raises: NotAllowedError, ConfigError: the module is not registered.
    """
    if not settings.module.licence_key:
        return
    places.make()
    with contextlib.closing(Journal(places.journal)) as journal:
        gate = LicenceGate(settings.module, places, places.read_hash(), journal, clock=SystemClock())
        reason = gate.refusal(kind)
    if reason:
        raise NotAllowedError(reason)


def open_fetcher(settings: TradewindSettings) -> AbstractAsyncContextManager[QuoteFetcher]:
    """Return the fetcher that the settings name, open as long as its context lasts.

    Raises: ConfigError: there is none of that name.
    """
    opened = _named(settings.module.fetcher, FETCHERS, FETCHER_GROUP, "module.fetcher")
    return opened(settings)


async def _run(settings: TradewindSettings, places: Places, announce: Callable[[], None]) -> None:
    async with AsyncExitStack() as stack:
        kinds = kinds_of(await stack.enter_async_context(open_fetcher(settings)))
        for name in sorted({point.name for point in entry_points(group=KIND_GROUP)} - kinds.keys()):
            kinds[name] = await stack.enter_async_context(_named(name, {}, KIND_GROUP, "kind")(settings))
        clock = SystemClock()
        rng = named_rng(clock.now_ns(), "module")
        module = Module(settings.module, places, kinds, clock=clock, rng=rng)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, module.stop)
        announce()
        _LOG.info("module_started", kinds=sorted(kinds), server=settings.module.server_host)
        await module.run()
        _LOG.info("module_stopped")


def _named(name: str, table: Mapping[str, str], group: str, where: str) -> Opened:
    offered = {point.name: point.value for point in entry_points(group=group)}
    found = {**offered, **table}.get(name)
    if found is None:
        message = f"{where} must be one of {', '.join(sorted({**offered, **table})) or 'none'}, was {name}"
        raise ConfigError(message)
    module, _, attribute = found.partition(":")
    try:
        opened: Opened = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        message = f"{where} {name} cannot be loaded from {found}: {error}"
        raise ConfigError(message) from error
    return opened
