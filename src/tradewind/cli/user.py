"""`tradewind user …`: people and their rights, straight in the store; for who may read the data folder.

Works with the platform running or not. A running one takes a change within half a second.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from tradewind.cli.options import load_settings, settings_options
from tradewind.cli.user_import import import_people
from tradewind.errors import InputError
from tradewind.kernel.clock import SystemClock
from tradewind.kernel.log import configure_logs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from tradewind.domain.rights import Grant
    from tradewind.domain.user import User
    from tradewind.identity.directory import Directory
    from tradewind.identity.keeping import Who
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.people import Book, IdentityStore

_GRANT_HELP: Final = "role, role:product or role:product:account"


@click.group()
def user() -> None:
    """Add, list, import, disable and enable users, give passwords and rights."""


user.add_command(import_people)


@user.command()
@settings_options
@click.argument("name")
@click.option("--english", default="", help="English name.")
@click.option("--chinese", default="", help="Chinese name.")
@click.option("--email", default="", help="Mail address.")
@click.option("--grant", "grants", multiple=True, help=f"What they may do: {_GRANT_HELP}; repeatable.")
@click.option("--ldap", "is_ldap", is_flag=True, help="The directory server judges their password.")
def add(  # noqa: PLR0917 - click's options
    config_file: Path | None,
    flags: tuple[str, ...],
    name: str,
    english: str,
    chinese: str,
    email: str,
    grants: tuple[str, ...],
    *,
    is_ldap: bool,
) -> None:
    """Add a user; asks for a one-time password, or reads it from a pipe."""
    from tradewind.domain.user import User  # noqa: PLC0415 - only for this verb
    from tradewind.identity.people import add_user  # noqa: PLC0415 - as above

    settings = load_settings(config_file, flags).settings
    made = User(
        user_id=0, username=name, english_name=english, chinese_name=chinese, email=email,
        source="ldap" if is_ldap else "local", grants=_grants(grants),
    )  # fmt: skip
    hashed = "" if is_ldap else _hashed(settings, name)
    added = _change(settings, lambda b, who, ts: add_user(b, who, made, password_hash=hashed, ts=ts))
    click.echo(f"added {line(added)}")


@user.command("list")
@settings_options
def list_users(config_file: Path | None, flags: tuple[str, ...]) -> None:
    """List everybody with their grants."""
    settings = load_settings(config_file, flags).settings
    for each in ask_store(settings, lambda store: store.people().users):
        click.echo(line(each))


@user.command()
@settings_options
@click.argument("name")
def disable(config_file: Path | None, flags: tuple[str, ...], name: str) -> None:
    """Shut somebody out: sessions, keys and live connections end within a second."""
    _set(config_file, flags, name, is_disabled=True)


@user.command()
@settings_options
@click.argument("name")
def enable(config_file: Path | None, flags: tuple[str, ...], name: str) -> None:
    """Let somebody in again."""
    _set(config_file, flags, name, is_disabled=False)


@user.command()
@settings_options
@click.argument("name")
@click.option("--no-totp", is_flag=True, help="Take the second factor off instead; the password stays.")
def password(config_file: Path | None, flags: tuple[str, ...], name: str, *, no_totp: bool) -> None:
    """Give somebody a one-time password; their sessions end."""
    from tradewind.identity.people import give_password  # noqa: PLC0415 - only for this verb

    settings = load_settings(config_file, flags).settings
    hashed = "" if no_totp else _hashed(settings, name)
    changed = _change(settings, lambda b, who, ts: give_password(b, who, name, hashed, ts=ts, no_totp=no_totp))
    click.echo(line(changed))


@user.command()
@settings_options
@click.argument("name")
@click.argument("grants", nargs=-1, required=True)
def grant(config_file: Path | None, flags: tuple[str, ...], name: str, grants: tuple[str, ...]) -> None:
    """Give somebody roles: role, role:product or role:product:account."""
    given = set(_grants(grants))
    _regrant(config_file, flags, name, lambda before: before | given)


@user.command()
@settings_options
@click.argument("name")
@click.argument("grants", nargs=-1, required=True)
def revoke(config_file: Path | None, flags: tuple[str, ...], name: str, grants: tuple[str, ...]) -> None:
    """Take roles back, written as they were given."""
    taken = set(_grants(grants))

    def left(before: set[Grant]) -> set[Grant]:
        missing = taken - before
        if missing:
            message = f"{name} has no grant {_shown(min(missing))}; they have {', '.join(map(_shown, sorted(before)))}"
            raise InputError(message)
        return before - taken

    _regrant(config_file, flags, name, left)


@user.command()
@settings_options
@click.argument("name")
def check(config_file: Path | None, flags: tuple[str, ...], name: str) -> None:
    """Print what somebody may do: each permission with its products and accounts."""
    from tradewind.identity.directory import Directory  # noqa: PLC0415 - only for this verb

    settings = load_settings(config_file, flags).settings
    directory = Directory()
    directory.take(ask_store(settings, lambda store: store.people()))
    found = directory.user(name)
    if found is None:
        message = f"there is no user {name!r}"
        raise InputError(message)
    click.echo(line(found))
    _print_reaches(directory, found)


def _print_reaches(directory: Directory, found: User) -> None:
    principal = directory.preview(found)
    if not found.may_come_in:
        click.echo("  shut out: nothing of this counts now")
    if found.user_id in directory.people.must_change:
        click.echo("  must change the password first")
    for permission, reach in principal.reaches.items():
        pairs = ", ".join(f"{product or '(account as a whole)'}:{account}" for product, account in sorted(reach.pairs))
        click.echo(f"  {permission.value:12} {pairs}")
    if not principal.reaches:
        click.echo("  may do nothing")


def _set(config_file: Path | None, flags: tuple[str, ...], name: str, *, is_disabled: bool) -> None:
    from tradewind.identity.people import UserChange, change_user  # noqa: PLC0415 - only for these verbs

    settings = load_settings(config_file, flags).settings
    change = UserChange(is_disabled=is_disabled)
    changed = _change(settings, lambda b, who, ts: change_user(b, who, name, change, version=None, ts=ts))
    click.echo(line(changed))


def _regrant(
    config_file: Path | None, flags: tuple[str, ...], name: str, regranted: Callable[[set[Grant]], set[Grant]]
) -> None:
    from tradewind.identity.keeping import user_named  # noqa: PLC0415 - only for these verbs
    from tradewind.identity.people import UserChange, change_user  # noqa: PLC0415 - as above

    def work(book: Book, who: Who, ts: int) -> User:
        grants = tuple(sorted(regranted(set(user_named(book, name).grants))))
        return change_user(book, who, name, UserChange(grants=grants), version=None, ts=ts)

    click.echo(line(_change(load_settings(config_file, flags).settings, work)))


def _change(settings: TradewindSettings, work: Callable[[Book, Who, int], User]) -> User:
    from tradewind.identity.keeping import Who  # noqa: PLC0415 - only for these verbs

    who, ts = Who("platform", "cli"), SystemClock().now_ns()
    changed: User = ask_store(settings, lambda store: store.change(lambda book: work(book, who, ts)))
    return changed


def ask_store(settings: TradewindSettings, question: Callable[[IdentityStore], Any]) -> Any:  # noqa: ANN401 - as it answers
    """Ask the store of users something, and let go of it. Raises: StoreError, as `IdentityStore`."""
    from tradewind.runtime.identity import identity_store  # noqa: PLC0415 - heavy, only for these verbs

    configure_logs(level="warning", stream=sys.stderr)
    store = identity_store(settings)
    try:
        store.open()
        return question(store)
    finally:
        store.close()


def _hashed(settings: TradewindSettings, name: str) -> str:
    from tradewind.identity.hashing import Hashing  # noqa: PLC0415 - only for these verbs
    from tradewind.identity.passwords import problem  # noqa: PLC0415 - as above

    passwords = settings.access.passwords
    if sys.stdin.isatty():
        given = click.prompt("one-time password", hide_input=True, confirmation_prompt=True)
    else:
        given = sys.stdin.readline().rstrip("\n")
    wrong = problem(given, username=name, min_length=passwords.min_length)
    if wrong is not None:
        raise InputError(wrong)
    return Hashing(passwords).hash_now(given)


def _grants(texts: tuple[str, ...]) -> tuple[Grant, ...]:
    from tradewind.identity.people import parse_grant  # noqa: PLC0415 - only for these verbs

    return tuple(parse_grant(text) for text in texts)


def _shown(one: Grant) -> str:
    return f"{one.role}:{one.product_code}:{one.account_id}"


def line(one: User) -> str:
    """Show a user on one line."""
    state = "disabled" if one.is_disabled else "shut out" if one.is_shut_out else "active"
    grants = ", ".join(map(_shown, one.grants)) or "no grants of their own"
    names = " ".join(name for name in (one.chinese_name, one.english_name) if name)
    return f"{one.username:20} {state:9} {one.source:6} {'totp ' if one.has_totp else ''}{names}  {grants}"
