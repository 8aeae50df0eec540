"""`tradewind module VERB`: a collector under the verbs of the scripts that it replaces (system 002)."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import click
import msgspec

from tradewind.cli.options import load_settings, settings_options
from tradewind.domain.job import KINDS, LONGEST_STREAM_S, MOST_BARS, BarLength, Watched
from tradewind.errors import ConfigError
from tradewind.runtime.settings import OLDER_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.collector.module_places import Places
    from tradewind.runtime.settings import TradewindSettings

_LINES: Final = 50
_START_S: Final = 20.0
_AFTER_S: Final = 8.0
"""Beyond `module.stop_s`: results are told and files closed."""
_NOT_RUNNING: Final = 3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def module() -> None:
    """Run a collector: it fetches quotes when its control server says so, or at once with `run`."""


@module.command()
@click.option("--again", "is_again", is_flag=True, help="Ask for a new hash although there is one.")
@settings_options
def register(config_file: Path | None, flags: tuple[str, ...], *, is_again: bool) -> None:
    """Obtain this module's hash from the control server and keep it in config/module_hash.txt."""
    from tradewind.collector.registering import register as ask  # noqa: PLC0415 - heavy, only for this verb

    settings, places = _loaded(config_file, flags)
    if places.hash_file.exists() and not is_again:
        found = places.read_hash()
        click.echo(f"registered already as {_short(found)} ({places.hash_file}); --again asks for a new hash")
        return
    given = asyncio.run(ask(settings.module))
    places.write_hash(given)
    click.echo(f"registered as {_short(given)}; the hash is in {places.hash_file}")


@module.command()
@click.option("-F", "--foreground", "is_foreground", is_flag=True, help="Stay here, for systemd or a container.")
@click.option("--into-file", "is_into_file", is_flag=True, hidden=True, help="Log into logs/module.log.")
@settings_options
def start(config_file: Path | None, flags: tuple[str, ...], *, is_foreground: bool, is_into_file: bool) -> int:
    """Start the module in the background."""
    settings, places = _loaded(config_file, flags)
    if is_foreground:
        from tradewind.runtime.module import run_module  # noqa: PLC0415 - heavy, only for this verb

        return run_module(settings, places, into_file=is_into_file)
    return _start(places, config_file, flags)


@module.command()
@settings_options
def stop(config_file: Path | None, flags: tuple[str, ...]) -> int:
    """Stop the module; what runs gets module.stop_s to end, then it is ended by force."""
    settings, places = _loaded(config_file, flags)
    return _stop(settings, places)


@module.command()
@settings_options
def restart(config_file: Path | None, flags: tuple[str, ...]) -> int:
    """Stop the module and start it, with the settings of this call."""
    settings, places = _loaded(config_file, flags)
    _stop(settings, places)
    return _start(places, config_file, flags)


@module.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@settings_options
def status(config_file: Path | None, flags: tuple[str, ...], *, as_json: bool) -> int:
    """Show how the module is. Exit code 0: it runs, 3: it does not."""
    from tradewind.cli.module_status import as_text, look  # noqa: PLC0415 - only for this verb

    _, places = _loaded(config_file, flags)
    found = look(places)
    click.echo(msgspec.json.encode(found) if as_json else as_text(found))
    return 0 if found["is_running"] else _NOT_RUNNING


@module.command()
@click.argument("lines", metavar="[N]", default=_LINES, type=click.IntRange(min=0))
@click.option("-f", "--follow", "is_followed", is_flag=True, help="Go on with what is written.")
@settings_options
def logs(lines: int, config_file: Path | None, flags: tuple[str, ...], *, is_followed: bool) -> None:
    """Print the last N lines (50) of the module's log."""
    _logs(_loaded(config_file, flags)[1], lines, is_followed=is_followed)


@module.command("logs-follow")
@settings_options
def logs_follow(config_file: Path | None, flags: tuple[str, ...]) -> None:
    """Print the log and go on with what is written, as `logs -f`."""
    _logs(_loaded(config_file, flags)[1], _LINES, is_followed=True)


@module.command()
@settings_options
def install(config_file: Path | None, flags: tuple[str, ...]) -> None:
    """Install packages that are missing, make the folders and an example of a .env."""
    from tradewind.cli.module_install import install as put_in_place  # noqa: PLC0415 - only for this verb

    settings, places = _loaded(config_file, flags)
    for line in put_in_place(settings, places):
        click.echo(line)


@module.command()
@click.option("--codes", "first", metavar="CODE", required=True, help="What to fetch; further codes may follow it.")
@click.argument("more", metavar="[CODE]...", nargs=-1)
@click.option("--kind", type=click.Choice(KINDS), default="quotes", show_default=True, help="What is done with them.")
@click.option("--collection", type=click.Choice(["realtime", "close"]), default="realtime", show_default=True)
@click.option("--bar", type=click.Choice(get_args(BarLength)), default="1m", show_default=True, help="Length of bars.")
@click.option("--count", type=click.IntRange(1, MOST_BARS), default=1, show_default=True, help="Bars of each code.")
@click.option("--watch", type=click.Choice(get_args(Watched)), default="trade", show_default=True, help="Of a stream.")
@click.option(
    "--seconds", "duration_s", type=click.IntRange(0, LONGEST_STREAM_S), default=0, help="Of a stream; 0: until Ctrl-C."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, no table.")
@settings_options
def run(
    first: str,
    more: tuple[str, ...],
    config_file: Path | None,
    flags: tuple[str, ...],
    *,
    as_json: bool,
    **options: str | int,
) -> int:
    """Fetch and store now, without a control server: `run --codes TSLA.US AAPL.US USDCNY`.

    `--kind depth` fetches books, `--kind kline --bar 1d --count 30` bars, `--kind stream --seconds 60` stores what is
    pushed meanwhile.
    """
    from tradewind.cli.module_run import run_once  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.collector.protocol_jobs import job_of  # noqa: PLC0415 - as above

    settings, places = _loaded(config_file, flags)
    job = job_of({"codes": ",".join((first, *more)).strip(","), **options})
    if isinstance(job, str):
        raise click.UsageError(job)
    return run_once(settings, places, job, as_json=as_json)


@module.command("help")
@click.pass_context
def show_help(context: click.Context) -> None:
    """Show this list."""
    click.echo((context.parent or context).get_help())


def _loaded(config_file: Path | None, flags: Sequence[str]) -> tuple[TradewindSettings, Places]:
    """Return the settings, the module's .env below the environment, and where its files are."""
    from tradewind.collector.module_places import Places  # noqa: PLC0415 - heavy, only for these verbs
    from tradewind.kernel.env_file import read_env_files  # noqa: PLC0415 - as above

    first = load_settings(config_file, flags, environ=os.environ).settings
    places = Places(Path(first.module.home))
    found = read_env_files(places.env_files, OLDER_NAMES)
    for remark in found.remarks:
        click.echo(f"tradewind: warning: {remark}", err=True)
    return load_settings(config_file, flags, environ=found.under(os.environ.items())).settings, places


def _start(places: Places, config_file: Path | None, flags: Sequence[str]) -> int:
    from tradewind.collector import module_process  # noqa: PLC0415 - only for these verbs

    places.make()
    running = module_process.find(places)
    if running is not None:
        click.echo(f"the module runs already (pid {running.pid})")
        return 0
    places.read_hash()
    command = [sys.executable, "-m", "tradewind", "module", "start", "--foreground", "--into-file"]
    command += ["--config", str(config_file)] if config_file else []
    for flag in flags:
        command += ["--set", flag]
    begun = module_process.start(places, command, patience_s=_START_S)
    click.echo(f"the module is started (pid {begun.pid}); its log: {places.log}")
    return 0


def _stop(settings: TradewindSettings, places: Places) -> int:
    from tradewind.collector import module_process  # noqa: PLC0415 - only for these verbs

    running = module_process.find(places)
    if running is None:
        click.echo("the module does not run")
        return 0
    by_force = module_process.stop(running, patience_s=settings.module.stop_s + _AFTER_S)
    click.echo(f"the module is stopped (pid {running.pid})" + (", by force" if by_force else ""))
    return 0


def _logs(places: Places, lines: int, *, is_followed: bool) -> None:
    from tradewind.runtime.lifecycle.logs import Logs  # noqa: PLC0415 - only for this verb

    if not places.log.exists():
        message = f"there is no {places.log} yet: the module was never started in the background"
        raise ConfigError(message)
    with closing(Logs({"module": places.log})) as found:
        _print([line.text for line in found.last(lines)])
        if is_followed:
            for fresh in found.follow():
                _print([line.text for line in fresh])


def _print(lines: Sequence[str]) -> None:
    for line in lines:
        click.echo(line)
    sys.stdout.flush()


def _short(module_hash: str) -> str:
    """Return so much of the hash as tells it from others: whoever has all of it may speak for the module."""
    return f"{module_hash[:6]}…"
