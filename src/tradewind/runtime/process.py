"""One running process: everything embedded, supervised, announced in three lines, stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from tradewind import __version__
from tradewind.identity import AccessTokens
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.log import configure_logs, get_log
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.service import Supervisor
from tradewind.runtime.embedded import Embedded

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings

_LOG = get_log("runtime")
_GC_THRESHOLDS: Final = (50_000, 20, 50)
"""Messages are untracked by the collector; what is left to collect is little and may wait."""


def run_embedded(settings: TradewindSettings) -> int:
    """Run everything in this process until SIGINT or SIGTERM; return the exit code.

    Raises: ConfigError: the settings do not work, or the data folder cannot be used.
    """
    begun_s = monotonic_s()
    configure_logs(level=settings.log.level, fmt=settings.log.format)
    return _runner().run(_serve(settings, begun_s))


def access_tokens(settings: TradewindSettings) -> AccessTokens:
    """Return the token keeper of this installation."""
    return AccessTokens(Path(settings.data_dir) / "access.json")


def login_link(settings: TradewindSettings, token: str) -> str:
    """Return the address that signs a browser in; the token stands in the fragment, which is never sent."""
    return f"{page_address(settings)}/login#{token}"


def page_address(settings: TradewindSettings) -> str:
    """Return where a browser on this machine finds the page."""
    host = settings.api.host if settings.api.host not in {"0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104 - compared, not bound
    return f"http://{host}:{settings.api.port}"


def _runner() -> asyncio.Runner:
    try:
        import uvloop  # noqa: PLC0415 - absent on Windows, where the plain loop serves
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


async def _serve(settings: TradewindSettings, begun_s: float) -> int:
    settings = _with_real_ports(settings)
    metrics = Metrics()
    tokens = access_tokens(settings)
    new_token = tokens.ensure()
    embedded = Embedded(settings, metrics=metrics, tokens=tokens)
    supervisor = Supervisor(embedded.services, metrics)
    embedded.status.watch(supervisor)
    embedded.attach()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    running = asyncio.create_task(supervisor.run(), name="supervisor")
    announcing = asyncio.create_task(_announce(embedded, settings, new_token, begun_s), name="announce")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
    for task in (announcing, running, stopping):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    embedded.detach()
    _LOG.info("stopped")
    return 0


async def _announce(embedded: Embedded, settings: TradewindSettings, new_token: str | None, begun_s: float) -> None:
    """Say in three lines where to look and how to log in, once both doors are open."""
    push_port = await embedded.push.wait_listening()
    await embedded.api.wait_listening()
    source = embedded.status.source()
    page = page_address(settings)
    login = (
        f"{page}/login#{new_token}   (shown once)"
        if new_token
        else f"{page}/login with the token of the first start; lost? `{_command()} token new`"
    )
    took_s = monotonic_s() - begun_s
    click.echo(f"信风 Tradewind {__version__}: {page}   ready in {took_s:.1f} s; live data on port {push_port}")
    click.echo(f"  market   {source.kind}: {source.name}")
    click.echo(f"  log in   {login}")
    if embedded.quotes is not None:
        click.echo(f"  quotes   Socket.IO and REST of system 000 on port {await embedded.quotes.wait_listening()}")
    sys.stdout.flush()


def _with_real_ports(settings: TradewindSettings) -> TradewindSettings:
    """Put a free port where a setting says 0: the gate must know our own addresses before anybody connects."""
    api, push, quotes = settings.api, settings.push, settings.quotes
    if not api.port:
        api = msgspec.structs.replace(api, port=_free_port(api.host))
    if not push.port:
        push = msgspec.structs.replace(push, port=_free_port(push.host))
    if not quotes.port:
        quotes = msgspec.structs.replace(quotes, port=_free_port(quotes.host))
    return msgspec.structs.replace(settings, api=api, push=push, quotes=quotes)


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


def _command() -> str:
    """Return how this program was called, to be repeated by the reader."""
    return sys.argv[0] if sys.argv and Path(sys.argv[0]).name == "tradewind" else "tradewind"
