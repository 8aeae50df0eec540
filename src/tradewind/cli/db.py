"""`tradewind db upgrade|downgrade|status|history|rebuild`: the tables of record, forward and back."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradewind.cli.options import load_settings, settings_options
from tradewind.errors import ConfigError
from tradewind.kernel.log import configure_logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.stores.sql.store import SqlStore


@click.group()
def db() -> None:
    """Make, change and look at the tables of record."""


@db.command()
@settings_options
@click.option("--to", default="head", show_default=True, help="Step to go forward to.")
def upgrade(config_file: Path | None, flags: tuple[str, ...], to: str) -> None:
    """Bring the tables to what this program needs."""
    from tradewind.stores.sql import schema  # noqa: PLC0415 - heavy, only for this verb

    with _store(config_file, flags) as store:
        schema.upgrade(store.engine, to)
        click.echo(f"the tables of {store.shown} are at version {_version(store)}")


@db.command()
@settings_options
@click.argument("to")
@click.option("--yes", is_flag=True, help="Do it although entries of the journal will be gone.")
def downgrade(config_file: Path | None, flags: tuple[str, ...], to: str, *, yes: bool) -> None:
    """Take the tables back to step TO; "base" removes all of them."""
    from tradewind.stores.sql import schema  # noqa: PLC0415 - heavy, only for this verb

    with _store(config_file, flags) as store:
        count = _entries(store)
        if count and not yes:
            message = (
                f"the journal of {store.shown} holds {count} entries, which may be gone afterwards; "
                "make a backup, then say --yes"
            )
            raise ConfigError(message)
        schema.downgrade(store.engine, to)
        click.echo(f"the tables of {store.shown} are at version {_version(store) or 'base'}")


@db.command()
@settings_options
def status(config_file: Path | None, flags: tuple[str, ...]) -> int:
    """Say at which version the tables are, whether the database keeps its word, and how long the journal is."""
    from tradewind.stores.sql import probe, schema  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.stores.sql.engine import reading  # noqa: PLC0415 - as above

    with _store(config_file, flags) as store, reading(store.engine) as connection:
        found = schema.version(connection)
        click.echo(f"database  {store.shown}")
        click.echo(f"version   {found or 'no tables'} (this program: {schema.HEAD})")
        doubts = probe.doubts(connection)
        click.echo("durable   " + ("yes" if not doubts else "NO: " + "; ".join(map(str, doubts))))
        click.echo(f"journal   {_entries(store)} entries")
        return 0 if found == schema.HEAD and not doubts else 1


@db.command()
@settings_options
def history(config_file: Path | None, flags: tuple[str, ...]) -> None:
    """List every step of the tables and which are done."""
    from tradewind.stores.sql import schema  # noqa: PLC0415 - heavy, only for this verb

    with _store(config_file, flags) as store:
        for step in schema.history(store.engine):
            click.echo(f"{'done' if step.is_done else 'open'}  {step.revision}  {step.what}")


@db.command()
@settings_options
def rebuild(config_file: Path | None, flags: tuple[str, ...]) -> int:
    """Write the rows of every entry of the journal again; nothing may be trading meanwhile."""
    from tradewind.kernel.metrics import Metrics  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.stores.sql.projections import Projections  # noqa: PLC0415 - as above
    from tradewind.stores.sql.rebuilding import rebuild as write_again  # noqa: PLC0415 - as above

    with _store(config_file, flags) as store:
        metrics = Metrics()
        count = write_again(store, Projections(), metrics)
        left_out = sum(metrics.rows_left_out.counts.values())
        click.echo(f"{count} entries read, their rows written again, {left_out} of them left out")
        return 1 if left_out else 0


@contextmanager
def _store(config_file: Path | None, flags: tuple[str, ...]) -> Iterator[SqlStore]:
    """Open the database the settings name, its errors told as ours."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - heavy, only for this verb

    from tradewind.stores.sql.failures import explain  # noqa: PLC0415 - as above
    from tradewind.stores.sql.store import SqlStore  # noqa: PLC0415 - as above

    settings = load_settings(config_file, flags).settings
    configure_logs(level="warning", stream=sys.stderr)
    store = SqlStore(settings.store, Path(settings.data_dir))
    try:
        yield store
    except SQLAlchemyError as error:
        raise explain(error, store.shown) from error
    finally:
        store.close()


def _version(store: SqlStore) -> str | None:
    from tradewind.stores.sql import schema  # noqa: PLC0415 - as above
    from tradewind.stores.sql.engine import reading  # noqa: PLC0415 - as above

    with reading(store.engine) as connection:
        return schema.version(connection)


def _entries(store: SqlStore) -> int:
    from sqlalchemy import inspect  # noqa: PLC0415 - as above

    from tradewind.stores.sql.engine import reading  # noqa: PLC0415 - as above

    with reading(store.engine) as connection:
        if not inspect(connection).has_table("journal"):
            return 0
        return int(connection.exec_driver_sql("SELECT COUNT(*) FROM journal").scalar() or 0)
