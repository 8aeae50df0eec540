"""One service of the map as a running process, until it is told to stop; and what every process of ours shares."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from tradewind.kernel.log import configure_logs, get_log
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.service import Supervisor
from tradewind.runtime.reloading import Reloader

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.runtime.apart import AloneProcess
    from tradewind.runtime.settings import TradewindSettings

_LOG = get_log("runtime")
_GC_THRESHOLDS: Final = (50_000, 20, 50)
"""Messages are untracked by the collector; what is left to collect is little and may wait."""


def run_apart(service: str, settings: TradewindSettings, *, load: Callable[[], TradewindSettings] | None = None) -> int:
    """Run one service of the map in this process until SIGINT or SIGTERM; return the exit code.

    At SIGHUP `load` reads the settings again.

    Raises: ConfigError: the bus is inside one process, or the settings do not work.
    """
    configure_logs(level=settings.log.level, fmt=settings.log.format)
    return runner().run(_serve_apart(service, settings, load))


class _Orders(NamedTuple):
    """What the signals have told."""

    stop: asyncio.Event
    at_once: asyncio.Event


async def _serve_apart(service: str, settings: TradewindSettings, load: Callable[[], TradewindSettings] | None) -> int:
    orders = _Orders(asyncio.Event(), asyncio.Event())
    _hear_signals(*orders)
    reader = None if load is None else partial(Reloader, settings, load=load)
    going: TradewindSettings | int = settings
    while not isinstance(going, int):
        going = await _serve_until_over(service, going, orders, reader)
    _LOG.info("stopped", service=service)
    return going


async def _serve_until_over(
    service: str, settings: TradewindSettings, orders: _Orders, reader: Callable[..., Reloader] | None
) -> TradewindSettings | int:
    """Serve until told to stop; return the exit code, or the settings to begin anew with where a replay goes back."""
    # The driver of Redis is not needed in one process.
    from tradewind.runtime.apart import build_apart  # noqa: PLC0415
    from tradewind.runtime.passages import next_passage, passages_of  # noqa: PLC0415

    metrics, passages = Metrics(), passages_of(service, settings)
    process = build_apart(service, settings, metrics=metrics, passages=passages)
    supervisor = Supervisor(process.services, metrics)
    process.status.watch(supervisor)
    process.attach()
    settle_memory()
    if reader is not None:
        reader(services=process.services, on_taken=process.status.on_taken).listen()
    running = asyncio.create_task(supervisor.run(), name="supervisor")
    stopping = asyncio.create_task(orders.stop.wait(), name="stop")
    turning = asyncio.create_task(next_passage(process, passages, settings), name="next-passage")
    ending = [asyncio.create_task(health.refused.wait(), name=name) for name, health in supervisor.health.items()]
    _LOG.info("service_started", service=service)
    await asyncio.wait([running, stopping, turning, *ending], return_when=asyncio.FIRST_COMPLETED)
    going = turning.result() if turning.done() and not orders.stop.is_set() else None
    if orders.stop.is_set():
        await _leave(process, orders.at_once)
    failed = [health for health in supervisor.health.values() if health.refused.is_set()]
    await _end(running, stopping, turning, *ending)
    for health in failed:
        click.echo(f"tradewind: {service}: {health.name}: {health.last_error}", err=True)
    return 1 if failed else going or 0


async def _end(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _leave(process: AloneProcess, at_once: asyncio.Event) -> None:
    """Let a process hand over what it has, for as long as nobody asks a second time."""
    leaving = asyncio.create_task(process.leave(), name="leave")
    hurried = asyncio.create_task(at_once.wait(), name="hurry")
    await asyncio.wait([leaving, hurried], return_when=asyncio.FIRST_COMPLETED)
    for task in (leaving, hurried):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await leaving


def _hear_signals(stop: asyncio.Event, at_once: asyncio.Event) -> None:
    """Stop in good order at the first SIGINT or SIGTERM, at once at the second."""

    def heard() -> None:
        (at_once if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, heard)


def runner() -> asyncio.Runner:
    """Return what runs a process: uvloop where there is one."""
    try:
        import uvloop  # noqa: PLC0415 - absent on Windows, where the plain loop serves
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def settle_memory() -> None:
    """Leave what the start has made to itself, and look for cycles seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


def stop_on_signals() -> asyncio.Event:
    """Return the event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    return stop
