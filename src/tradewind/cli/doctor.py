"""`tradewind doctor`: is everything that is configured as it should be, and where it is not, what to do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from tradewind import __version__
from tradewind.cli.options import load_settings, settings_options
from tradewind.errors import ConfigError
from tradewind.kernel.clock import SystemClock
from tradewind.kernel.log import configure_logs
from tradewind.ops.findings import Finding, Level, as_table, report_of
from tradewind.runtime.doctor.running import PATIENCE_S, examine, secrets_of
from tradewind.runtime.doctor.table import CHECKS, NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tradewind.kernel.settings import Loaded
    from tradewind.runtime.settings import TradewindSettings

_SETTINGS = NAMES[0]


@click.command()
@click.option("--only", "only", multiple=True, type=click.Choice(NAMES), help="This check alone; repeatable.")
@click.option("--list", "is_list", is_flag=True, help="Say which checks there are, and look at nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--timeout", "patience_s", type=click.FloatRange(0.1, 60), default=PATIENCE_S, show_default=True,
    help="Seconds that checks may take; they run all at once.",
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
    """Look at everything that is configured. Exit code 0: all is well, 1: there are warnings, 2: something fails."""
    if is_list:
        for check in CHECKS:
            click.echo(f"{check.name:14}{check.about}")
        return 0

    def look(loaded: Loaded[TradewindSettings]) -> tuple[list[Finding], set[str]]:
        chosen = [check for check in CHECKS if not only or check.name in only]
        return examine(chosen, loaded, patience_s=patience_s), set()

    return tell(config_file, flags, look, as_json=as_json)


def tell(
    config_file: Path | None,
    flags: tuple[str, ...],
    look: Callable[[Loaded[TradewindSettings]], tuple[list[Finding], set[str]]],
    *,
    as_json: bool,
) -> int:
    """Read the settings, print what `look` finds in them, and return the exit code.

    `look` also returns secrets that stand in no setting; none of either kind is printed.
    """
    # What rooms log while they are asked is no finding, and no part of the answer.
    configure_logs(level="error", stream=sys.stderr)
    begun = SystemClock().now_ns()
    try:
        loaded = load_settings(config_file, flags)
    except ConfigError as error:
        remedy = "correct that setting; docs/config.md names all, `tradewind config check` looks again"
        unread = Finding(check=_SETTINGS, level=Level.FAIL, text=str(error), remedy=remedy)
        report = report_of([unread], version=__version__, ts=begun)
    else:
        found, secrets = look(loaded)
        secrets |= secrets_of(loaded.settings)
        report = report_of([*_of_settings(loaded), *found], version=__version__, ts=begun, secrets=secrets)
    click.echo(msgspec.json.encode(report) if as_json else as_table(report))
    return report.exit_code


def _of_settings(loaded: Loaded[TradewindSettings]) -> Sequence[Finding]:
    count = len(loaded.origins)
    text = f"the settings can be read, {count} of them changed from the defaults"
    told = [
        Finding(check=_SETTINGS, level=Level.WARN, text=remark, remedy="use the name of today")
        for remark in loaded.remarks
    ]
    return [Finding(check=_SETTINGS, level=Level.OK, text=text), *told]
