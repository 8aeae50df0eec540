"""`tradewind production up|down|status`: every server and every service of production mode on this one machine."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.runtime.production.house import Line

_FOLDER: Final = "production"
_PATIENCE_S: Final = "30"
"""Seconds for the doctor: everything has just been started, and is busy with that."""
_folder = click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=_FOLDER, show_default=True,
    help="Where all of it lives: settings, passwords, data, logs.",
)  # fmt: skip


@click.group()
def production() -> None:
    """Run Redis, MariaDB, documents, LDAP, mail, Prometheus, Alertmanager, Nginx and all services on this machine."""


@production.command()
@_folder
@click.option("--port", "ports", multiple=True, metavar="SERVER=N", help="Another port of a server; the first time.")
@click.option("--set", "more", multiple=True, metavar="KEY=VALUE", help="A setting of the services; the first time.")
def up(folder: Path, ports: tuple[str, ...], more: tuple[str, ...]) -> int:
    """Make what is not there, start what does not run, and look whether all is well (as `tradewind doctor`)."""
    from tradewind.cli.doctor import doctor  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.kernel.log import configure_logs  # noqa: PLC0415 - as above
    from tradewind.runtime.production.house import House  # noqa: PLC0415 - as above

    configure_logs(level="warning", stream=sys.stderr)
    house = House(folder)
    is_well = _tell(house.up(_ports(ports), more))
    config = shlex.quote(str(house.config()))
    click.echo(f"\nexport TRADEWIND_CONFIG={config}   # and every `tradewind` verb means this set\n")
    code: int = doctor.main(["--config", str(house.config()), "--timeout", _PATIENCE_S], standalone_mode=False)
    return code if is_well else max(code, 1)


@production.command()
@_folder
def down(folder: Path) -> int:
    """Stop all of it; what it keeps stays, and `up` goes on with it."""
    from tradewind.runtime.production.house import House  # noqa: PLC0415 - heavy, only for this verb

    return 0 if _tell(House(folder).down()) else 1


@production.command()
@_folder
def status(folder: Path) -> int:
    """Show every server and every service. Exit code 0: all well, 1: something is not, 3: nothing runs."""
    from tradewind.runtime.lifecycle.report import NOTHING_RUNS, as_table  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.runtime.production.house import House  # noqa: PLC0415 - as above

    house = House(folder)
    states = house.servers()
    for state in states:
        click.echo(f"{state.name:13} {state.state:9} {state.pid or '-':<8} {state.address}")
    report = house.services()
    if report is None:
        return NOTHING_RUNS
    click.echo("\n" + as_table(report))
    if all(state.state in {"running", "absent"} for state in states):
        return report.exit_code
    return NOTHING_RUNS if report.exit_code == NOTHING_RUNS else 1


def _tell(lines: Iterable[Line]) -> bool:
    is_all_well = True
    for name, text, is_well in lines:
        click.echo(f"{name:13} {text}")
        is_all_well &= is_well
    return is_all_well


def _ports(texts: tuple[str, ...]) -> dict[str, int]:
    from tradewind.runtime.production.plan import PORTS  # noqa: PLC0415 - only for this verb

    found = {}
    for text in texts:
        name, _, number = text.partition("=")
        if name not in PORTS or not number.isdecimal() or not 0 < int(number) < 1 << 16:
            message = f"--port takes SERVER=N, SERVER of {', '.join(PORTS)}, N from 1 to 65535; was {text!r}"
            raise click.UsageError(message)
        found[name] = int(number)
    return found
