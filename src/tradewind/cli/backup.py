"""`tradewind backup create|list|verify|restore`: everything an installation knows, put aside and brought back."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from tradewind.cli.options import load_settings, settings_options
from tradewind.kernel.log import configure_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.runtime.backup.manifest import Manifest, Part
    from tradewind.runtime.backup.shelf import Shelf

_FAILED: Final = 1
_MB: Final = 1e6
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
folder_option = click.option(
    "--folder", type=click.Path(path_type=Path), help="Folder of the backups, instead of backup.folder."
)


@click.group()
def backup() -> None:
    """Put aside everything an installation knows, while it runs, and bring it back into an empty place."""
    configure_logs(level="error", stream=sys.stderr)


@backup.command()
@folder_option
@click.option(
    "--with-secrets",
    is_flag=True,
    help="The settings with their passwords, and the key of the second factors, too; whoever has the backup has them.",
)
@as_json_option
@settings_options
def create(
    config_file: Path | None, flags: tuple[str, ...], *, folder: Path | None, with_secrets: bool, as_json: bool
) -> None:
    """Make a backup; whatever runs goes on."""
    from tradewind.runtime.backup.creating import Maker  # noqa: PLC0415 - heavy, only for this verb

    loaded = load_settings(config_file, flags)
    with _progress(as_json=as_json) as told:
        maker = Maker(loaded, to=folder, with_secrets=with_secrets, on_part=told)
        made = maker.make()
    if as_json:
        click.echo(msgspec.json.encode(_summary(made)))
        return
    click.echo(f"backup      {maker.shelf.folder / made.name}")
    _print_summary(made)


@backup.command("list")
@folder_option
@as_json_option
@settings_options
def list_backups(config_file: Path | None, flags: tuple[str, ...], *, folder: Path | None, as_json: bool) -> int:
    """Show the backups there are, the oldest first; exit code 1 when one of them cannot be read."""
    from tradewind.runtime.backup.manifest import Manifest as Whole  # noqa: PLC0415 - heavy, only for this verb

    found = list(_shelf(config_file, flags, folder).all())
    if as_json:
        summaries = [
            _summary(each) if isinstance(each, Whole) else {"name": name, "problem": each} for name, each in found
        ]
        click.echo(msgspec.json.encode(summaries))
    for name, each in () if as_json else found:
        if isinstance(each, Whole):
            heads = ", ".join(f"{head.chain} {head.seq:,}" for head in each.heads) or "empty"
            click.echo(
                f"{name}  {each.bytes / _MB:10,.1f} MB  tables {each.tables}  {each.database:7}  journal {heads}  "
                f"state {each.state[:16]}"
            )
        else:
            click.echo(f"{name}  NOT readable: {each}")
    return 0 if all(isinstance(each, Whole) for _, each in found) else _FAILED


@backup.command()
@click.argument("name", default="newest")
@folder_option
@as_json_option
@settings_options
def verify(config_file: Path | None, flags: tuple[str, ...], *, name: str, folder: Path | None, as_json: bool) -> int:
    """Read every byte of backup NAME (newest, or a path); exit code 1 when something is not as it was written."""
    from tradewind.runtime.backup.manifest import read_manifest  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.runtime.backup.verifying import findings  # noqa: PLC0415 - as above

    place = _shelf(config_file, flags, folder).find(name)
    manifest = read_manifest(place)
    with _progress(as_json=as_json) as told:
        found = list(findings(place, manifest, on_part=told))
    if as_json:
        click.echo(msgspec.json.encode({**_summary(manifest), "findings": found}))
        return _FAILED if found else 0
    for finding in found:
        click.echo(f"{finding.path}: {finding.problem}")
    click.echo(f"{place}: " + (f"{len(found)} problems" if found else "all as it was written"))
    _print_summary(manifest)
    return _FAILED if found else 0


@backup.command()
@click.argument("name")
@folder_option
@click.option("--seal", default="", help="Only a backup with this seal, as `create` told it and you noted elsewhere.")
@click.option("--trade", is_flag=True, help="Do not leave the emergency stop pressed; for a place with no broker.")
@as_json_option
@settings_options
def restore(
    config_file: Path | None,
    flags: tuple[str, ...],
    *,
    name: str,
    folder: Path | None,
    seal: str,
    trade: bool,
    as_json: bool,
) -> int:
    """Bring backup NAME (newest, or a path) back into the empty place that the settings describe.

    Everything is checked before anything is touched, and read again afterwards. Trading stays stopped until somebody
    has compared positions and orders with the broker and lifts the stop.
    """
    from tradewind.runtime.backup.afterwards import verified_chains  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.runtime.backup.restoring import Restorer  # noqa: PLC0415 - as above

    settings = load_settings(config_file, flags).settings
    place = _shelf(config_file, flags, folder).find(name)
    with _progress(as_json=as_json) as told:
        restorer = Restorer(place, settings, on_part=told)
        state = restorer.restore(seal=seal, stays_halted=not trade)
    chains = list(verified_chains(settings, restorer.manifest))
    is_whole = not any(chain.findings for chain in chains)
    if as_json:
        click.echo(msgspec.json.encode({**_summary(restorer.manifest), "restored_state": state, "is_whole": is_whole}))
        return 0 if is_whole else _FAILED
    click.echo(f"restored    {place} into {settings.data_dir}")
    click.echo(f"state       {state}, as in the backup")
    for chain in chains:
        how = "as they were written" if not chain.findings else f"NOT as written, {len(chain.findings)} findings"
        click.echo(f"journal     {chain.count} entries of {chain.name!r}: {how}")
        if chain.lost:
            click.echo(f"lost        {chain.lost} later entries of {chain.name!r}, which an anchor knows")
    if not trade:
        click.echo("trading     is stopped; compare with the broker, then `tradewind halt --reset`")
    return 0 if is_whole else _FAILED


def _shelf(config_file: Path | None, flags: tuple[str, ...], folder: Path | None) -> Shelf:
    from tradewind.runtime.backup.selection import Roots  # noqa: PLC0415 - heavy, only for these verbs
    from tradewind.runtime.backup.shelf import Shelf as Backups  # noqa: PLC0415 - as above

    return Backups(folder.absolute() if folder else Roots(load_settings(config_file, flags).settings).backups)


def _summary(made: Manifest) -> dict[str, object]:
    fields = ("name", "program", "tables", "database", "documents", "began_ns", "ended_ns", "heads", "state", "seal")
    return {**{field: getattr(made, field) for field in fields}, "bytes": made.bytes, "files": len(made.parts)}


def _print_summary(made: Manifest) -> None:
    click.echo(f"size        {made.bytes / _MB:,.1f} MB in {len(made.parts)} files")
    for head in made.heads:
        click.echo(f"journal     {head.chain!r} through entry {head.seq}")
    click.echo(f"state       {made.state}")
    click.echo(f"seal        {made.seal}")


@contextmanager
def _progress(*, as_json: bool) -> Iterator[Callable[[Part], None]]:
    """Show on the terminal how much is done; nothing where the output is not read by a person."""
    if as_json or not sys.stderr.isatty():
        yield lambda _part: None
        return
    from rich.console import Console  # noqa: PLC0415 - only where somebody watches
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.completed:,.1f} MB"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("backup", total=None)
        yield lambda part: progress.advance(task, part.bytes / _MB)
