"""One running process: everything embedded, supervised, announced in three lines, stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click
import msgspec

from tradewind import __version__
from tradewind.errors import ConfigError, ReplayFileError
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.log import configure_logs, get_log, hold_logs
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.service import Supervisor
from tradewind.market.sources.replay import ReplaySource
from tradewind.runtime.embedded import Embedded
from tradewind.runtime.going_back import asked_to_go_back, settings_from_before
from tradewind.runtime.identity import access_tokens
from tradewind.runtime.open_files import allow_connections
from tradewind.runtime.process import runner, settle_memory, stop_on_signals
from tradewind.runtime.reloading import Reloader

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping

    from tradewind.kernel.service import ServiceHealth
    from tradewind.runtime.settings import TradewindSettings

_LOG = get_log("runtime")
_SETTLED_S: Final = 10.0
"""How long it is not said that all is ready while the order line has not opened and does not say why."""


def run_embedded(
    settings: TradewindSettings,
    *,
    begun_s: float,
    origins: Mapping[str, str] = MappingProxyType({}),
    load: Callable[[], TradewindSettings] | None = None,
) -> int:
    """Run everything in this process until SIGINT or SIGTERM; return the exit code.

    `begun_s` is when the start began, on the monotonic clock; `origins` says where each setting comes from.
    At SIGHUP `load` reads the settings again.

    Raises: ConfigError: the settings do not work, the data folder cannot be used, or the page's port is taken.
    """
    configure_logs(level=settings.log.level, fmt=settings.log.format)
    allow_connections(settings)
    # The three lines come first; a failure is told at once all the same.
    release_logs = hold_logs()
    reader = None if load is None else _Reader(settings, load)
    try:
        going: TradewindSettings | None = _with_real_ports(settings)
        while going is not None:
            going = runner().run(_serve(going, begun_s, release_logs, origins, reader))
        return 0
    finally:
        release_logs()


def check_embedded(settings: TradewindSettings, *, origins: Mapping[str, str] | None = None) -> None:
    """Put everything together without starting any of it; strategies of the user's own are left alone.

    `origins` says from which layer a setting comes.

    Raises: ConfigError: the settings do not work together, or the recording to be played cannot be.
    """
    if settings.bus.kind == "redis":
        from tradewind.bus.redis.address import parse_address  # noqa: PLC0415 - its driver is not needed in one process

        parse_address(settings.bus.url)
    strategies = msgspec.structs.replace(settings.strategies, folder="", entry_points=False)
    settings = msgspec.structs.replace(settings, strategies=strategies)
    embedded = Embedded(settings, metrics=Metrics(), tokens=access_tokens(settings))
    if isinstance(embedded.source, ReplaySource):
        try:
            embedded.source.prepare()
        except ReplayFileError as error:
            path = "market.replay.path"
            message = f"{path} ({(origins or {}).get(path, 'settings')}): {error}"
            raise ConfigError(message) from error


def login_link(settings: TradewindSettings, token: str) -> str:
    """Return the address that signs a browser in; the token stands in the fragment, which is never sent."""
    return f"{page_address(settings)}/login#{token}"


def page_address(settings: TradewindSettings) -> str:
    """Return where a browser on this machine finds the page."""
    host = settings.api.host if settings.api.host not in {"0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104 - compared, not bound
    return f"http://{host}:{settings.api.port}"


class _Reader(NamedTuple):
    """The settings as they were read first, and what reads them again."""

    first: TradewindSettings
    load: Callable[[], TradewindSettings]


async def _serve(
    settings: TradewindSettings,
    begun_s: float,
    on_announced: Callable[[], None],
    origins: Mapping[str, str],
    reader: _Reader | None,
) -> TradewindSettings | None:
    """Serve until told to stop; return the settings to begin anew with, where a replay is to go on from before."""
    metrics = Metrics()
    tokens = access_tokens(settings)
    embedded = Embedded(settings, metrics=metrics, tokens=tokens, origins=origins)
    # Without this door nobody could be told what is wrong; a new token is shown once, so it is made after it.
    embedded.api.bind()
    new_token = tokens.ensure()
    supervisor = Supervisor(embedded.services, metrics)
    embedded.status.watch(supervisor)
    embedded.attach()
    settle_memory()
    stop = stop_on_signals()
    if reader is not None:
        # Compared with what was read at the start, in which ports may be left to the system.
        Reloader(reader.first, load=reader.load, services=embedded.services, on_taken=embedded.operations.take).listen()
    running = asyncio.create_task(supervisor.run(), name="supervisor")
    announcing = asyncio.create_task(_announce(embedded, supervisor, settings, new_token, begun_s), name="announce")
    announcing.add_done_callback(lambda _task: on_announced())
    stopping = asyncio.create_task(stop.wait(), name="stop")
    control = embedded.source.control if isinstance(embedded.source, ReplaySource) else None
    turning_back = asyncio.create_task(asked_to_go_back(control), name="turn-back")
    await asyncio.wait([running, stopping, turning_back], return_when=asyncio.FIRST_COMPLETED)
    going = None if stopping.done() or not turning_back.done() else settings_from_before(settings, control)
    for task in (announcing, running, stopping, turning_back):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    embedded.detach()
    _LOG.info("stopped")
    return going


async def _announce(
    embedded: Embedded, supervisor: Supervisor, settings: TradewindSettings, new_token: str | None, begun_s: float
) -> None:
    """Say in three lines where to look and how to log in, once all is served; in a fourth what is not well."""
    push_port = await _port_unless_refused(supervisor.health[embedded.push.name], embedded.push.wait_listening())
    await embedded.api.wait_listening()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SETTLED_S):
            await embedded.desk_settled()
    source = embedded.status.source()
    page = page_address(settings)
    login = (
        f"{login_link(settings, new_token)}   (shown once)"
        if new_token
        else f"{page}/login with the token of the first start; lost? `{_command()} token new`"
    )
    live = "no live data" if push_port is None else f"live data on port {push_port}"
    click.echo(f"信风 Tradewind {__version__}: {page}   ready in {monotonic_s() - begun_s:.1f} s; {live}")
    click.echo(f"  market   {source.kind}: {source.name}")
    click.echo(f"  log in   {login}")
    for trouble in _troubles(embedded, supervisor):
        click.echo(trouble)
    if embedded.quotes is not None:
        click.echo(f"  quotes   Socket.IO and REST of system 000 on port {await embedded.quotes.wait_listening()}")
    sys.stdout.flush()


def _troubles(embedded: Embedded, supervisor: Supervisor) -> Iterator[str]:
    """Yield a line for what will not be served, and for what is not served yet."""
    for health in supervisor.health.values():
        if health.refused.is_set():
            yield f"  failed   {health.name}: {health.last_error}"
    desk = None if embedded.desk is None else embedded.desk.service
    if desk is not None and not desk.is_open and not supervisor.health[desk.name].refused.is_set():
        yield f"  waits    {desk.name}: {desk.trouble}"


async def _port_unless_refused(health: ServiceHealth, listening: Coroutine[Any, Any, int]) -> int | None:
    """Return the port a service listens on, `None` once it is clear that it never will."""
    opening = asyncio.create_task(listening)
    refused = asyncio.create_task(health.refused.wait())
    await asyncio.wait([opening, refused], return_when=asyncio.FIRST_COMPLETED)
    refused.cancel()
    if opening.done():
        return opening.result()
    opening.cancel()
    return None


def _with_real_ports(settings: TradewindSettings) -> TradewindSettings:
    """Put a free port where a setting says 0: the gate must know our own addresses before anybody connects."""
    api, push, quotes = settings.api, settings.push, settings.quotes
    if not api.port:
        api = msgspec.structs.replace(api, port=_free_port(api.host))
    if not push.port:
        push = msgspec.structs.replace(push, port=_free_port(push.host))
    if not quotes.port:
        quotes = msgspec.structs.replace(quotes, port=_free_port(quotes.host))
    control = settings.control
    if not control.port:
        control = msgspec.structs.replace(control, port=_free_port(control.host))
    return msgspec.structs.replace(settings, api=api, push=push, quotes=quotes, control=control)


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            message = (
                f"cannot listen on {host} ({error.strerror}); set api.host and push.host to addresses of this machine"
            )
            raise ConfigError(message) from error
        port: int = probe.getsockname()[1]
    return port


def _command() -> str:
    """Return how this program was called, to be repeated by the reader."""
    return sys.argv[0] if sys.argv and Path(sys.argv[0]).name == "tradewind" else "tradewind"
