"""`tradewind user import`: people of another system become users, with their roles by product, and follow it later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from tradewind.cli.options import load_settings, settings_options
from tradewind.kernel.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    from tradewind.domain.user import User
    from tradewind.identity.importing import Import, Terms
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.people import Book, IdentityStore

SKIPPED: Final = 3
"""The exit code where everybody else was taken over."""


class _RehearsedError(Exception):
    """Ends a rehearsal: the store undoes what was done."""

    def __init__(self, done: Import) -> None:
        super().__init__("rehearsed")
        self.done = done


@click.command("import")
@settings_options
@click.option("--from", "origin", type=click.Choice(["dataweb_read"]), required=True, help="Whose people.")
@click.option("--dry-run", "is_rehearsal", is_flag=True, help="Show what would be done and change nothing.")
@click.option("--add-products", "adds_products", is_flag=True, help="Make products that are not here yet.")
@click.option("--disable-gone", "disables_gone", is_flag=True, help="Disable who was imported and is not there now.")
def import_people(
    config_file: Path | None,
    flags: tuple[str, ...],
    origin: str,
    *,
    is_rehearsal: bool,
    adds_products: bool,
    disables_gone: bool,
) -> int:
    """Take people over from another system, with their roles by product; no password comes along.

    Those who are users already follow it in what came from there. Exit code 3: done, but rows were left out.
    """
    from tradewind.identity.importing import Terms  # noqa: PLC0415 - only for this verb
    from tradewind.runtime.databases import people_elsewhere  # noqa: PLC0415 - as above

    settings = load_settings(config_file, flags).settings
    found = people_elsewhere(settings)
    terms = Terms(
        origin=origin,
        source="ldap" if settings.access.ldap.url else "local",
        adds_products=adds_products,
        disables_gone=disables_gone,
    )
    done = _carried_out(settings, found.users, terms, is_rehearsal=is_rehearsal)
    _show(done, terms, is_rehearsal=is_rehearsal)
    for row in found.skipped:
        click.echo(f"skipped {row.table} {row.row}: {row.reason}", err=True)
    for each in done.left:
        click.echo(f"skipped {each.what}: {each.reason}", err=True)
    return SKIPPED if found.skipped or done.left else 0


def _carried_out(settings: TradewindSettings, people: list[User], terms: Terms, *, is_rehearsal: bool) -> Import:
    """Do it in one transaction, which a rehearsal undoes."""
    from tradewind.cli.user import ask_store  # noqa: PLC0415 - this verb is one of that group's
    from tradewind.identity.importing import take_over  # noqa: PLC0415 - only for this verb
    from tradewind.identity.keeping import Who  # noqa: PLC0415 - as above

    who, ts = Who("platform", f"cli import {terms.origin}"), SystemClock().now_ns()

    def work(book: Book) -> Import:
        done = take_over(book, who, people, terms, ts=ts)
        if is_rehearsal:
            raise _RehearsedError(done)
        return done

    def question(store: IdentityStore) -> Import:
        try:
            return store.change(work)
        except _RehearsedError as rehearsed:
            return rehearsed.done

    found: Import = ask_store(settings, question)
    return found


def _show(done: Import, terms: Terms, *, is_rehearsal: bool) -> None:
    from tradewind.cli.user import line  # noqa: PLC0415 - this verb is one of that group's

    would = "would be " if is_rehearsal else ""
    for code in done.products:
        click.echo(f"product {would}added: {code}")
    for user in done.added:
        click.echo(f"{would}added {line(user)}")
    for user in done.changed:
        click.echo(f"{would}changed {line(user)}")
    for name in done.gone:
        click.echo(f"not there any more: {name}" + ("" if terms.disables_gone else " (see --disable-gone)"))
    click.echo(f"{would}added {len(done.added)}, {would}changed {len(done.changed)}, unchanged {done.unchanged}")
    if done.added and terms.source == "local":
        click.echo("none of the new ones can sign in before `tradewind user password NAME` gives them a password")
