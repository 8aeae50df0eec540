"""`tradewind data`: the history of market data: what is there, whether it is whole, in and out."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from tradewind.cli.options import load_settings, settings_options
from tradewind.kernel.log import configure_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tradewind.runtime.history.keeping import ArchiveKeeper, Made

_FORMATS: Final = ("csv", "vnpy-sqlite", "wt-csv", "wt-dsb")
_FAILED: Final = 1
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group()
def data() -> None:
    """Look after the history of market data: recordings, and the archive of Parquet files made of them."""
    configure_logs(level="error", stream=sys.stderr)


@data.command("list")
@as_json_option
@settings_options
def list_days(config_file: Path | None, flags: tuple[str, ...], *, as_json: bool) -> int:
    """Show every recorded day: how many ticks, how large, how many gaps, whether it is archived yet."""
    days = list(_keeper(config_file, flags).days())
    if as_json:
        _print_json(days)
        return 0
    click.echo(
        f"{'day':8}  {'recording':20} {'state':9} {'ticks':>11} {'contracts':>9} {'bytes':>12} {'gaps':>6} {'lost':>6}"
    )
    for day in days:
        click.echo(
            f"{day.trading_day}  {day.recording:20} {day.state:9} {day.ticks:>11,} {day.instruments:>9} "
            f"{day.bytes:>12,} {day.gaps:>6} {day.lost:>6}  {day.remark}".rstrip()
        )
    return 0


@data.command()
@click.option("--idle-s", type=float, default=0.0, help="Only recordings to which nothing was added for so long.")
@as_json_option
@settings_options
def archive(config_file: Path | None, flags: tuple[str, ...], *, idle_s: float, as_json: bool) -> int:
    """Make archived days of all recordings that hold something new; exit code 1 when one could not be made."""
    from tradewind.stores.ticks.writing import archive_lock  # noqa: PLC0415 - brings pyarrow along

    with _progress(as_json=as_json) as told:
        keeper = _keeper(config_file, flags, told)
        with archive_lock(keeper.places):
            made = [keeper.archive(journal) for journal in keeper.due(idle_s=idle_s)]
    return _print_made(made, as_json=as_json)


@data.command()
@as_json_option
@settings_options
def check(config_file: Path | None, flags: tuple[str, ...], *, as_json: bool) -> int:
    """Read every recording and every file of the archive; exit code 1 when something is not as it was written."""
    keeper = _keeper(config_file, flags)
    with _progress(as_json=as_json, unit="files") as told:
        findings = list(keeper.check(lambda _path: told(1)))
    if as_json:
        _print_json(findings)
    else:
        for finding in findings:
            click.echo(f"{finding.path}: {finding.problem}; {finding.remedy}")
        click.echo(f"{len(findings)} problems" if findings else "all as it was written")
    return _FAILED if findings else 0


@data.command()
@as_json_option
@settings_options
def repair(config_file: Path | None, flags: tuple[str, ...], *, as_json: bool) -> int:
    """Make anew what is damaged in the archive, from its recordings; exit code 1 when something stays damaged."""
    from tradewind.stores.ticks.writing import archive_lock  # noqa: PLC0415 - brings pyarrow along

    with _progress(as_json=as_json) as told:
        keeper = _keeper(config_file, flags, told)
        with archive_lock(keeper.places):
            findings = list(keeper.check())
            made = list(keeper.repair(findings))
            left = list(keeper.check())
    if as_json:
        _print_json({"found": findings, "made": made, "left": left})
        return _FAILED if left else 0
    _print_made(made, as_json=False)
    for finding in left:
        click.echo(f"{finding.path}: {finding.problem}; {finding.remedy}")
    return _FAILED if left else 0


@data.command("export")
@click.argument("instrument_id")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(_FORMATS), default="csv", show_default=True)
@click.option("--bars", "interval", type=click.Choice(["1m", "1d"]), help="Bars of this length, instead of ticks.")
@click.option("--from", "first", type=int, default=0, help="First trading day, yyyymmdd.")
@click.option("--to", "last", type=int, default=99_999_999, help="Last trading day, yyyymmdd.")
@click.option("--recording", help="Only this recording of each day.")
@as_json_option
@settings_options
def export_data(
    config_file: Path | None,
    flags: tuple[str, ...],
    *,
    instrument_id: str,
    target: Path,
    form: Any,  # noqa: ANN401 - click has checked it
    interval: str | None,
    first: int,
    last: int,
    recording: str | None,
    as_json: bool,
) -> int:
    """Write ticks or bars of INSTRUMENT_ID (symbol.EXCHANGE) to the file TARGET.

    csv: ticks under CTP's column names, bars under vn.py's. vnpy-sqlite: vn.py's database, to which is added. wt-csv
    (bars) and wt-dsb: WonderTrader's.
    """
    from tradewind.runtime.history.taking_out import Exporter  # noqa: PLC0415 - brings pyarrow along

    with _progress(as_json=as_json) as told:
        keeper = _keeper(config_file, flags)
        exporter = Exporter(keeper.places, instrument_id, days=(first, last), recording=recording, on_ticks=told)
        done = exporter.bars(target, form, interval) if interval else exporter.ticks(target, form)
    if as_json:
        _print_json(done)
    else:
        same = f", {done.replaced} took the place of others of the same time" if done.replaced else ""
        click.echo(f"{done.path}: {done.rows:,} {done.kind}{same}")
    return 0


@data.command("import")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--name", default="import", show_default=True, help="What the recording is called in the archive.")
@click.option("--instrument", help="Contract as symbol.EXCHANGE, for files that do not say it.")
@click.option(
    "--bars",
    "interval",
    type=click.Choice(["1m", "1d"]),
    help="Length of the bars of a CSV file (default 1m); of a vn.py database: its bars instead of its ticks.",
)
@as_json_option
@settings_options
def import_data(
    config_file: Path | None,
    flags: tuple[str, ...],
    *,
    files: Sequence[Path],
    name: str,
    instrument: str | None,
    interval: str | None,
    as_json: bool,
) -> int:
    """Bring FILES into the archive: anything the replay reads, vn.py's SQLite and CSV, WonderTrader's dsb and CSV.

    What the archive holds of the same name and trading day is replaced.
    """
    from tradewind.runtime.history.bringing_in import Importer  # noqa: PLC0415 - brings pyarrow along
    from tradewind.stores.ticks.writing import archive_lock  # noqa: PLC0415 - likewise

    with _progress(as_json=as_json) as told:
        keeper = _keeper(config_file, flags)
        with archive_lock(keeper.places):
            importer = Importer(keeper, recording=name, on_ticks=told)
            done = [importer.take(file, instrument=instrument, interval=interval) for file in files]
    errors = [day.error for item in done for day in item.days if day.error]
    if as_json:
        _print_json(done)
    else:
        for item in done:
            click.echo(
                f"{item.path}: {item.layout}, {item.ticks:,} ticks, {item.bars:,} bars, {item.left_out:,} left out"
            )
        for error in errors:
            click.echo(f"not archived: {error}", err=True)
    return _FAILED if errors else 0


def _keeper(
    config_file: Path | None, flags: Sequence[str], on_ticks: Callable[[int], None] = lambda _count: None
) -> ArchiveKeeper:
    from tradewind.runtime.history.keeping import ArchiveKeeper  # noqa: PLC0415 - only for these verbs

    return ArchiveKeeper(load_settings(config_file, flags).settings, on_ticks=on_ticks)


def _print_made(made: Sequence[Made], *, as_json: bool) -> int:
    failed = [day for day in made if day.error]
    if as_json:
        _print_json(made)
        return _FAILED if failed else 0
    for day in made:
        if day.error:
            click.echo(f"{day.trading_day} {day.recording}: not archived: {day.error}", err=True)
        else:
            click.echo(
                f"{day.trading_day} {day.recording}: {day.ticks:,} ticks, {day.bytes:,} bytes, {day.bars:,} minute "
                f"bars, {day.gaps} gaps"
            )
    if not made:
        click.echo("nothing new")
    return _FAILED if failed else 0


def _print_json(found: object) -> None:
    click.echo(msgspec.json.encode(found))


@contextmanager
def _progress(*, as_json: bool, unit: str = "ticks") -> Iterator[Callable[[int], None]]:
    """Show on the terminal how much is done; nothing where the output is not read by a person."""
    if as_json or not sys.stderr.isatty():
        yield lambda _count: None
        return
    from rich.console import Console  # noqa: PLC0415 - only where somebody watches
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn(f"{{task.completed:,.0f}} {unit}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("data", total=None)
        yield lambda count: progress.advance(task, count)
