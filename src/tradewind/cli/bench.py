"""`tradewind bench WHAT`: figures, measured here, each with its baselines."""

from __future__ import annotations

import importlib
import sys
from typing import Final

import click
import msgspec

from tradewind.kernel.log import configure_logs

BENCHES: Final = (
    *("line", "push", "api", "memory", "bus", "pipeline", "ledger", "orders", "pretrade", "journal", "desk"),
    *("statistics", "collector", "control", "ctp", "recorder", "web"),
)


@click.command()
@click.argument("name", type=click.Choice(BENCHES))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--quick", is_flag=True, help="A short look; its figures are not worth quoting.")
@click.option("--minutes", type=click.FloatRange(0.1, 600), help="How long to watch the heap (bench web alone).")
def bench(name: str, *, as_json: bool, quick: bool, minutes: float | None) -> int:
    """Measure this machine; the exit code says whether every goal was met."""
    configure_logs(level="error", stream=sys.stderr)
    if minutes is not None and name != "web":
        message = f"--minutes belongs to bench web, was given to bench {name}"
        raise click.UsageError(message)
    module = importlib.import_module(f"tradewind.benches.{name}")
    result = module.main(as_json=as_json, quick=quick, **({} if minutes is None else {"minutes": minutes}))
    if as_json:
        click.echo(msgspec.json.encode(result))
    return 0 if all(goal["ok"] for goal in result["goals"].values()) else 1
