"""`tradewind trigger`: a test strategy signals, end to end through the running system, and each hop is timed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import click
import msgspec

from tradewind.cli.options import load_settings, settings_options
from tradewind.kernel.clock import SystemClock
from tradewind.runtime.lifecycle.trial import TrialReport, run_trial
from tradewind.runtime.terminal.door import door_of
from tradewind.runtime.terminal.triggering import run_trigger

if TYPE_CHECKING:
    from pathlib import Path

_CHAIN: Final = ("market", "features", "strategies", "signals", "risk", "push")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--timeout", "patience_s", type=click.FloatRange(0.1, 600), default=5.0, show_default=True, help="Seconds."
)
@click.option("--url", default="", help="Where it is; else as the settings say, on this machine.")
@settings_options
def trigger(config_file: Path | None, flags: tuple[str, ...], url: str, *, as_json: bool, patience_s: float) -> int:
    """Send a marked tick, have the test strategy answer it, and print when each hop was done, push's client last.

    Nobody trades on it: its contract is no exchange's. Embedded, TRADEWIND_TOKEN says who asks, and needs the right to
    operate; in production mode this is `tradewind test` for the services of the line. Exit code 0: seen at every hop.
    """
    settings = load_settings(config_file, flags).settings
    if settings.bus.kind == "redis" and not url:
        report = run_trial(settings, _CHAIN, clock=SystemClock(), patience_s=patience_s)
    else:
        report = asyncio.run(run_trigger(door_of(settings, url), patience_s=patience_s))
    click.echo(msgspec.json.encode(report) if as_json else _as_text(report))
    if report.failure:
        click.echo(f"tradewind: trigger: {report.failure}", err=True)
    return 1 if report.failure else 0


def _as_text(report: TrialReport) -> str:
    rows = [f"test tick {report.seq}"]
    for hop in report.hops:
        took = "no answer" if hop.after_ms is None else f"{hop.after_ms:.2f} ms"
        rows.append(f"{hop.service:10}  {took:>12}  {hop.sees}")
    return "\n".join(rows)
