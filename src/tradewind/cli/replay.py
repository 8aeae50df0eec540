"""`tradewind replay FILE`: one recording through the whole line, headless, with counts, speed and a hash."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from tradewind.cli.options import load_settings, settings_options

if TYPE_CHECKING:
    from tradewind.runtime.replay import ReplayReport


_JSON_KEYS: Final = """
--json prints one object. Promised are ticks_in, rejected (a count by reason), features, signals, opportunities,
alerts, ticks_per_s (from the first tick on) and sha256 (of every output, in order). It also holds path, remark (what
is imperfect about the file, mostly empty), malformed_rows, ticks_clean, bars, signals_by_strategy, opening_s,
elapsed_s and strategy_problems (a list of kind, not_loaded or quarantined, name and reason; mostly empty).

The exit code is 1 when a strategy could not be loaded: the replay ran without it.
"""


@click.command(epilog=_JSON_KEYS)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--speed", default="max", show_default=True, help="`max`; a headless replay has nobody to wait for.")
@click.option("--strategy", "strategies", multiple=True, help="Run only this one, wherever it comes from; repeatable.")
@click.option("--instrument", help="Contract as symbol.EXCHANGE, for files that do not say it.")
@click.option("--with-push/--without-push", default=False, help="Attach the push room too; the outcome is the same.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@settings_options
def replay(
    file: Path,
    *,
    speed: str,
    strategies: tuple[str, ...],
    instrument: str | None,
    config_file: Path | None,
    flags: tuple[str, ...],
    with_push: bool,
    as_json: bool,
) -> int:
    """Send the recording FILE through the line and print what came of it."""
    if speed != "max":
        message = f"a headless replay always runs at max, was {speed!r}; to watch at a speed use `tradewind run`"
        raise click.BadParameter(message, param_hint="--speed")
    extra = [f"market.replay.path={file}", "market.source=replay"]
    if instrument:
        extra.append(f"market.replay.instrument={instrument}")
    settings = load_settings(config_file, [*extra, *flags]).settings
    from tradewind.kernel.log import configure_logs  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.runtime.replay import replay_file  # noqa: PLC0415 - as above

    configure_logs(level="warning", stream=sys.stderr)
    report = replay_file(settings, with_push=with_push, strategies=strategies)
    click.echo(msgspec.json.encode(report) if as_json else as_text(report))
    return 0 if report.is_complete else 1


def as_text(report: ReplayReport) -> str:
    """Return the report for a person."""
    rejected = ", ".join(f"{reason} {count}" for reason, count in report.rejected.items()) or "none"
    by_strategy = ", ".join(f"{name} {count}" for name, count in report.signals_by_strategy.items()) or "none"
    rows = [
        ("recording", report.path),
        ("ticks in", f"{report.ticks_in:,}"),
        ("rejected", rejected),
        ("features", f"{report.features:,}"),
        ("bars", f"{report.bars:,}"),
        ("signals", f"{report.signals:,} ({by_strategy})"),
        ("opportunities", f"{report.opportunities:,}"),
        ("alerts", f"{report.alerts:,}"),
        ("speed", f"{report.ticks_per_s:,.0f} ticks/s ({report.elapsed_s:.3f} s)"),
        ("sha256", report.sha256),
    ]
    if report.malformed_rows:
        rows.insert(2, ("bad rows", f"{report.malformed_rows:,}"))
    if report.remark:
        rows.insert(1, ("remark", report.remark))
    for problem in report.strategy_problems:
        told = problem.reason if problem.kind == "not_loaded" else f"{problem.name}: {problem.reason}"
        rows.insert(-1, (problem.kind.replace("_", " "), told))
    return "\n".join(f"{name:14} {value}" for name, value in rows)
