"""`tradewind retention show|run`: what is kept how long, and the removing of what need not be kept any more."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from tradewind.cli.options import load_settings, settings_options
from tradewind.kernel.log import configure_logs

if TYPE_CHECKING:
    from pathlib import Path

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")


@click.group()
def retention() -> None:
    """Say what is kept how long, and remove what need not be kept any more."""
    configure_logs(level="error", stream=sys.stderr)


@retention.command()
@_json
@settings_options
def show(config_file: Path | None, flags: tuple[str, ...], *, as_json: bool) -> None:
    """Print the table of everything that is kept: how long, by which settings, and who removes it."""
    from tradewind.runtime.retention.table import keepings  # noqa: PLC0415 - heavy, only for this verb

    for row in keepings(load_settings(config_file, flags).settings):
        if as_json:
            click.echo(msgspec.json.encode(row))
            continue
        click.echo(f"{row.what}\n    {row.kept}")
        if row.settings:
            click.echo(f"    {', '.join(row.settings)}; removed by {row.removed_by}")


@retention.command()
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what would be done, and do nothing.")
@_json
@settings_options
def run(config_file: Path | None, flags: tuple[str, ...], *, is_dry: bool, as_json: bool) -> None:
    """Put old logs aside and remove files whose time is over; orders, books and the audit chain are never touched."""
    from tradewind.kernel.clock import SystemClock  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.runtime.retention.removing import Removal  # noqa: PLC0415 - as above

    settings = load_settings(config_file, flags).settings
    count = 0
    for step in Removal(settings, clock=SystemClock(), is_dry=is_dry).steps():
        count += step.act != "keep"
        if as_json:
            click.echo(msgspec.json.encode(step))
        else:
            click.echo(f"{step.act:8}  {step.bytes:>13,}  {step.path}" + (f"  ({step.why})" if step.why else ""))
    if not as_json:
        click.echo(f"{count} {'would be' if is_dry else 'were'} looked after")
