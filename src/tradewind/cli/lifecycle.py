"""`tradewind start|stop|restart|drain|status|logs|test [SERVICE…]`: production mode, a process for each service."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Final

import click
import msgspec

from tradewind.cli.options import load_settings, settings_options
from tradewind.runtime.lifecycle.programs import in_order, programs_of, service_of
from tradewind.runtime.services import EDGES, GATEWAY, PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tradewind.runtime.lifecycle.crew import Crew, Outcome
    from tradewind.runtime.lifecycle.logs import Line
    from tradewind.runtime.lifecycle.trial import TrialReport

_LINES: Final = 50
_services = click.argument("services", metavar="[SERVICE]...", nargs=-1, type=click.Choice(PROGRAMS))


@click.command()
@_services
@settings_options
def start(services: tuple[str, ...], config_file: Path | None, flags: tuple[str, ...]) -> int:
    """Start every service, or the named ones, and wait until each answers."""
    crew = _crew(config_file, flags)
    return _start(crew, _chosen(crew, services), remarks=() if services else crew.missing())


@click.command()
@_services
@settings_options
def stop(services: tuple[str, ...], config_file: Path | None, flags: tuple[str, ...]) -> int:
    """Stop every service, or the named ones; one that does not stop in time is ended by force."""
    return _tell(_crew(config_file, flags).stop(services or PROGRAMS))


@click.command()
@_services
@click.option("--rolling", "is_rolling", is_flag=True, help="One after another, each once the one before is well.")
@settings_options
def restart(services: tuple[str, ...], config_file: Path | None, flags: tuple[str, ...], *, is_rolling: bool) -> int:
    """Stop and start, with the settings of this call.

    With --rolling one process after another, readers before writers, each only once the one before it is well. The
    first that does not get well ends it, and the rest runs on as it was.
    """
    crew = _crew(config_file, flags)
    if is_rolling:
        return _roll(crew, services or PROGRAMS)
    chosen = services or tuple(service_of(name) for name, info in crew.programs().items() if info.is_wanted)
    chosen = tuple(name for name in PROGRAMS if name in chosen) or _chosen(crew, ())
    crew.stop(chosen)
    return _start(crew, chosen)


@click.command()
@click.argument("services", metavar="SERVICE...", nargs=-1, required=True, type=click.Choice(EDGES))
@settings_options
def drain(services: tuple[str, ...], config_file: Path | None, flags: tuple[str, ...]) -> int:
    """Take push, api or quotes out: it says that it is not ready, asks its clients to go elsewhere, and then ends."""
    return _tell(_crew(config_file, flags).drain(services))


@click.command()
@_services
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@settings_options
def status(services: tuple[str, ...], config_file: Path | None, flags: tuple[str, ...], *, as_json: bool) -> int:
    """Show how every service is. Exit code 0: all well, 1: something is not, 3: nothing runs."""
    from tradewind.runtime.lifecycle.report import as_table, status_of  # noqa: PLC0415 - heavy, only for this verb

    report = status_of(_crew(config_file, flags), services or PROGRAMS)
    click.echo(msgspec.json.encode(report) if as_json else as_table(report))
    return report.exit_code


@click.command()
@click.argument("what", metavar="[N] [SERVICE]...", nargs=-1)
@click.option("-f", "--follow", "is_followed", is_flag=True, help="Go on with what is written.")
@settings_options
def logs(what: tuple[str, ...], config_file: Path | None, flags: tuple[str, ...], *, is_followed: bool) -> None:
    """Print the last N lines (50) of all services, or of the named ones, in the order of time."""
    from tradewind.runtime.lifecycle.logs import Logs  # noqa: PLC0415 - only for this verb
    from tradewind.runtime.lifecycle.places import Places  # noqa: PLC0415 - as above

    count, services = _count_and_services(what)
    settings = load_settings(config_file, flags).settings
    places, programs = Places(settings.data_dir), programs_of(settings, services)
    with closing(Logs({name: places.log(name) for name in programs})) as found:
        _print(found.last(count), is_named=len(programs) > 1)
        if is_followed:
            for lines in found.follow():
                _print(lines, is_named=len(programs) > 1)


@click.command()
@_services
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--timeout", "patience_s", type=click.FloatRange(0.1, 600), default=5.0, show_default=True, help="Seconds."
)
@settings_options
def test(
    services: tuple[str, ...], config_file: Path | None, flags: tuple[str, ...], *, as_json: bool, patience_s: float
) -> int:
    """Send a marked test tick through the running system and print when each service was done with it."""
    from tradewind.kernel.clock import SystemClock  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.runtime.lifecycle.trial import run_trial  # noqa: PLC0415 - as above

    crew = _crew(config_file, flags)
    report = run_trial(crew.settings, _chosen(crew, services), clock=SystemClock(), patience_s=patience_s)
    click.echo(msgspec.json.encode(report) if as_json else _as_text(report))
    if report.failure:
        click.echo(f"tradewind: test: {report.failure}", err=True)
    return 1 if report.failure else 0


def _crew(config_file: Path | None, flags: Sequence[str]) -> Crew:
    from tradewind.runtime.lifecycle.crew import Crew  # noqa: PLC0415 - heavy, only for these verbs

    return Crew(load_settings(config_file, flags))


def _chosen(crew: Crew, services: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in PROGRAMS if name in services) or crew.all_services()


def _start(crew: Crew, names: Sequence[str], *, remarks: Iterable[Outcome] = ()) -> int:
    from tradewind.runtime.lifecycle.welcome import ensure_token  # noqa: PLC0415 - heavy, only for these verbs

    code = _tell([*crew.start(names), *remarks])
    link = ensure_token(crew.settings)
    if link:
        click.echo(f"{'log in':10}  {link}   (shown once)")
    return code


def _roll(crew: Crew, services: Sequence[str]) -> int:
    from tradewind.runtime.lifecycle.rolling import roll  # noqa: PLC0415 - heavy, only for this verb

    if GATEWAY in services and set(services) != set(PROGRAMS):
        message = "every connection goes through the gateway: it cannot be restarted unseen; leave it out"
        raise click.UsageError(message)
    if roll(crew, services, on_turn=_tell_one):
        return 0
    click.echo("tradewind: restart: stopped here; what is not named above runs on as it was", err=True)
    return 1


def _tell_one(outcome: Outcome) -> None:
    click.echo(f"{outcome.service:10}  {outcome.text}")
    sys.stdout.flush()


def _tell(outcomes: Iterable[Outcome]) -> int:
    told = sorted(outcomes, key=lambda outcome: in_order(outcome.service))
    for outcome in told:
        _tell_one(outcome)
    return 0 if all(outcome.is_well for outcome in told) else 1


def _count_and_services(what: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """Read `[N] [SERVICE]...`, the number wherever it stands."""
    numbers = [word for word in what if word.isdecimal()]
    services = tuple(word for word in what if not word.isdecimal())
    unknown = [name for name in services if name not in PROGRAMS]
    if unknown or len(numbers) > 1:
        message = f"takes one number of lines and services of {', '.join(PROGRAMS)}; was {' '.join(what)}"
        raise click.UsageError(message)
    return int(numbers[0]) if numbers else _LINES, services or PROGRAMS


def _print(lines: Iterable[Line], *, is_named: bool) -> None:
    for line in lines:
        click.echo(f"{line.service:10}  {line.text}" if is_named else line.text)
    sys.stdout.flush()


def _as_text(report: TrialReport) -> str:
    rows = [f"test tick {report.seq}"]
    for hop in report.hops:
        took = "no answer" if hop.after_ms is None else f"{hop.after_ms:.2f} ms"
        rows.append(f"{hop.service:10}  {took:>12}  {hop.sees}")
    return "\n".join(rows)
