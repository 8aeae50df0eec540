"""`tradewind ctp`: what concerns CTP alone; `ctp doctor` takes the way to its fronts step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from tradewind.cli.doctor import tell
from tradewind.cli.options import settings_options
from tradewind.runtime.doctor.ctp.visit import ALL_STEPS, visit
from tradewind.runtime.doctor.ctp.ways import secrets_of

if TYPE_CHECKING:
    from pathlib import Path

    from tradewind.kernel.settings import Loaded
    from tradewind.ops.findings import Finding
    from tradewind.runtime.settings import TradewindSettings

_PATIENCE_S: Final = 60.0


@click.group()
def ctp() -> None:
    """Look after the connection to CTP."""


@ctp.command()
@click.option("--only", "only", multiple=True, type=click.Choice(tuple(ALL_STEPS)), help="This step; repeatable.")
@click.option("--list", "is_list", is_flag=True, help="Say which steps there are, and take none.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--timeout", "patience_s", type=click.FloatRange(0.1, 600), default=_PATIENCE_S, show_default=True,
    help="Seconds that one wait may take, where the settings do not say less.",
)  # fmt: skip
@settings_options
def doctor(
    only: tuple[str, ...],
    config_file: Path | None,
    flags: tuple[str, ...],
    *,
    is_list: bool,
    as_json: bool,
    patience_s: float,
) -> int:
    """Take the way to CTP's fronts step by step, and say what to do where it ends. Exit codes as `tradewind doctor`.

    Each account is logged in once, unless a platform is at work with it. No order is sent and no statement confirmed.
    """
    if is_list:
        for step, about in ALL_STEPS.items():
            click.echo(f"{step:14}{about}")
        return 0

    def look(loaded: Loaded[TradewindSettings]) -> tuple[list[Finding], set[str]]:
        settings = loaded.settings
        found = visit(settings, only=only, patience_s=patience_s)
        return found, secrets_of(settings)

    return tell(config_file, flags, look, as_json=as_json)
