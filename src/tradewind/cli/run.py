"""`tradewind run [SERVICE]`: everything in one process, or one service alone on Redis, until Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tradewind.cli.options import load_settings, settings_options
from tradewind.runtime.services import ROWS

if TYPE_CHECKING:
    from pathlib import Path

    from tradewind.runtime.settings import TradewindSettings


@click.command()
@click.argument("service", required=False, type=click.Choice(ROWS))
@click.option("--tied", "is_tied", is_flag=True, hidden=True, help="End when the parent process ends.")
@settings_options
@click.pass_obj
def run(begun_s: float, service: str | None, config_file: Path | None, flags: tuple[str, ...], *, is_tied: bool) -> int:
    """Start the whole platform in this process, or SERVICE alone (production, bus.kind=redis)."""
    if is_tied:
        from tradewind.runtime.lifecycle.tie import end_with_parent  # noqa: PLC0415 - only where there is a parent

        end_with_parent()
    loaded = load_settings(config_file, flags)
    settings = loaded.settings

    def read_again() -> TradewindSettings:
        return load_settings(config_file, flags).settings

    if service is not None:
        from tradewind.runtime.process import run_apart  # noqa: PLC0415 - heavy, only for this verb

        return run_apart(service, settings, load=read_again)
    from tradewind.runtime.embedded_process import run_embedded  # noqa: PLC0415 - as above

    return run_embedded(settings, begun_s=begun_s, origins=loaded.origins, load=read_again)
