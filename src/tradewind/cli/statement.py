"""`tradewind statement`: reads a broker's statement, or has a running platform compare, show and confirm it."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tradewind.cli.options import load_settings, settings_options
from tradewind.errors import InputError, TransientError
from tradewind.kernel.ids import new_epoch

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATIENCE_S = 30.0
_DIFFERENT = 3
"""Exit code where something is left unexplained."""


@click.group()
def statement() -> None:
    """Read, compare, show and confirm brokers' statements (结算单)."""


@statement.command()
@click.argument("file", type=click.Path(path_type=Path))
def read(file: Path) -> int:
    """Say what a statement's FILE holds and which of its lines cannot be read; nothing else is needed for it."""
    from tradewind.ctp.statement import read_statement  # noqa: PLC0415 - only for this verb
    from tradewind.ctp.statement.pieces import decoded  # noqa: PLC0415 - as above

    found = read_statement(decoded(_bytes_of(file)))
    day = found.period if found.is_monthly else found.day
    click.echo(f"client {found.client_id or '?'}, {'month' if found.is_monthly else 'day'} {day}, {found.currency}")
    for name in ("trades", "closes", "lots", "positions", "cash"):
        click.echo(f"{name:10} {len(getattr(found, name))}")
    for other in found.others:
        click.echo(f"kept       line {other.line}: {other.title}")
    for line in found.malformed:
        click.echo(f"unreadable line {line.line} ({line.section}): {line.why}")
    return 1 if found.malformed or not found.sections else 0


@statement.command("list")
@settings_options
def list_(config_file: Path | None, flags: tuple[str, ...]) -> int:
    """Show the compared statements, the newest day first. Exit code 3: one is neither confirmed nor all explained."""
    answer = _ask(config_file, flags, "GET", "/api/v1/statements")
    for review in answer["reviews"]:
        _show(review)
    for account, day in answer["waiting"].items():
        click.echo(f"{account} {day}: waits for the books to end that day")
    for account, reason in answer["troubles"].items():
        click.echo(f"{account}: {reason}")
    is_open = any(review["unexplained_count"] and not review["confirmation"] for review in answer["reviews"])
    return _DIFFERENT if is_open else 0


@statement.command()
@click.argument("account")
@click.argument("file", type=click.Path(path_type=Path))
@settings_options
def take(account: str, file: Path, config_file: Path | None, flags: tuple[str, ...]) -> int:
    """Have the statement in FILE compared with ACCOUNT's books. Exit code 3: something is left unexplained."""
    from tradewind.ctp.statement.pieces import decoded  # noqa: PLC0415 - only for this verb

    body = {"account_id": account, "text": decoded(_bytes_of(file))}
    taken = _ask(config_file, flags, "POST", "/api/v1/statements", body)
    if taken["review"] is None:
        click.echo(f"{account} {taken['trading_day']}: taken; it is compared when the books have ended that day")
        return 0
    _show(taken["review"])
    return _DIFFERENT if taken["review"]["unexplained_count"] else 0


@statement.command()
@click.argument("account")
@click.argument("trading_day", type=int)
@click.option("--digest", required=True, help="Which text, as `list` shows it: exactly that one is confirmed.")
@click.option("--reason", default="", help="Why; it is recorded.")
@settings_options
def confirm(
    *,
    account: str,
    trading_day: int,
    digest: str,
    reason: str,
    config_file: Path | None,
    flags: tuple[str, ...],
) -> None:
    """Confirm ACCOUNT's statement of TRADING_DAY in your name."""
    body = {"account_id": account, "trading_day": trading_day, "digest": digest, "reason": reason}
    _show(_ask(config_file, flags, "POST", "/api/v1/statements/confirm", body))


def _show(review: Mapping[str, Any]) -> None:
    confirmed = review["confirmation"]
    state = f"confirmed by {confirmed['actor']}" if confirmed else "not confirmed"
    count, open_count = review["difference_count"], review["unexplained_count"]
    click.echo(
        f"{review['account_id']} {review['trading_day']} {review['digest']}: {count} differences, {open_count} of them "
        f"unexplained, {review['malformed_count']} lines unread; {state}"
    )
    for each in review["differences"]:
        told = " ".join(f"{name}={value}" for name, value in each["detail"].items())
        name = f"{each['code']} {each['subject']}".strip()
        click.echo(f"  {name}: ours {each['ours']}, theirs {each['theirs']}; {each['cause'] or '?'} {told}".rstrip())


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror or error}"
        raise InputError(message) from error


def _ask(
    config_file: Path | None, flags: tuple[str, ...], method: str, path: str, body: Mapping[str, object] | None = None
) -> Any:  # noqa: ANN401 - JSON
    """Ask the running platform, in the name of whose token `TRADEWIND_TOKEN` is.

    Raises: TransientError: nobody answers. InputError: it refused; says why.
    """
    from tradewind.runtime.gateway.places import reachable  # noqa: PLC0415 - heavy, only for these verbs
    from tradewind.runtime.lifecycle.health import credentials  # noqa: PLC0415 - as above

    api = load_settings(config_file, flags).settings.api
    headers = {**credentials(), "Content-Type": "application/json", "Idempotency-Key": new_epoch()}
    connection = http.client.HTTPConnection(reachable(api.host), api.port, timeout=_PATIENCE_S)
    try:
        connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
        answer = connection.getresponse()
        told = answer.read()
    except (OSError, http.client.HTTPException) as error:
        message = f"no platform answers at {api.host}:{api.port}: {error}; start it, or name its --config"
        raise TransientError(message) from error
    finally:
        connection.close()
    if answer.status in {401, 403}:
        message = f"refused ({answer.status}): put a token whose owner may settle into TRADEWIND_TOKEN"
        raise InputError(message)
    if answer.status != http.client.OK:
        message = f"refused ({answer.status}): {told.decode(errors='replace')[:500]}"
        raise InputError(message)
    return json.loads(told)
