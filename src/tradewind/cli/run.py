"""`tradewind run`: everything in one process until Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tradewind.cli.options import load_settings, settings_options

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@settings_options
@click.pass_obj
def run(begun_s: float, config_file: Path | None, flags: tuple[str, ...]) -> int:
    """Start the whole platform in this process."""
    settings = load_settings(config_file, flags).settings
    from tradewind.runtime.process import run_embedded  # noqa: PLC0415 - heavy, only for this verb

    return run_embedded(settings, begun_s=begun_s)
