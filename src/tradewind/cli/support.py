"""`tradewind support [FILE]`: one archive for whoever is asked for help, without any secret."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from tradewind.cli.options import load_settings, settings_options


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--lines", type=click.IntRange(0, 100_000), default=2_000, show_default=True, help="Last lines taken of each log."
)
@settings_options
def support(file: Path | None, lines: int, config_file: Path | None, flags: tuple[str, ...]) -> None:
    """Gather versions, settings, findings, health, metrics, alerts and logs into FILE, secrets blanked."""
    from tradewind.kernel.clock import SystemClock  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.kernel.log import configure_logs  # noqa: PLC0415 - as above
    from tradewind.runtime.support.bundle import Bundle, made_at  # noqa: PLC0415 - as above

    configure_logs(level="error", stream=sys.stderr)
    clock = SystemClock()
    bundle = Bundle(load_settings(config_file, flags), environ=os.environ, clock=clock, lines=lines)
    path = file or Path(f"tradewind-support-{made_at(clock):%Y%m%d-%H%M%S}.tar.gz")
    for name in bundle.write(path):
        click.echo(name)
    click.echo(f"{path}: secrets are blanked; look through it before you hand it on")
