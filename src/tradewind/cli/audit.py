"""`tradewind audit verify|anchor|show`: is the record as it was written, and what does it say."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from tradewind.cli.options import load_settings, settings_options
from tradewind.errors import InputError
from tradewind.kernel.clock import NS_PER_S, SystemClock, monotonic_s
from tradewind.kernel.log import configure_logs
from tradewind.stores.fleet import FLEET_CHAIN
from tradewind.stores.people import IDENTITY_CHAIN

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.sql.chain_rows import SqlChain
    from tradewind.stores.sql.store import SqlStore

_CHAIN_HELP = (
    f"Which chain: that of trading (store.chain), {IDENTITY_CHAIN} for users and rights, or {FLEET_CHAIN} for modules."
)
_PLACE_HELP = "Entry number, or a moment (2026-01-31T09:00)."


@click.group()
def audit() -> None:
    """Verify, anchor and read the chain of everything that happened."""


@audit.command()
@settings_options
@click.option("--from", "since", default="", help=f"First to verify. {_PLACE_HELP}")
@click.option("--to", "until", default="", help=f"Last to verify. {_PLACE_HELP}")
@click.option("--anchor", type=click.Path(path_type=Path), help="File of anchors to compare with (audit.anchor_file).")
@click.option("--chain", "named", default="", help=_CHAIN_HELP)
def verify(  # noqa: PLR0917 - click's options
    config_file: Path | None, flags: tuple[str, ...], since: str, until: str, anchor: Path | None, named: str
) -> int:
    """Recompute every hash and compare; tells each entry that was changed, removed, put in or cut off.

    Without --chain, --from and --to every chain is verified: of trading, of users and rights, of the fleet.
    """
    settings = load_settings(config_file, flags).settings
    chains = [named or settings.store.chain]
    if not (named or since or until):
        chains += [IDENTITY_CHAIN, FLEET_CHAIN]
    return max(_verify(_of_chain(settings, chain), since, until, anchor) for chain in chains)


def _verify(settings: TradewindSettings, since: str, until: str, anchor: Path | None) -> int:
    from tradewind.runtime.auditing import verify as verify_chain  # noqa: PLC0415 - heavy, only for this verb

    file = _anchor_file(settings, anchor)
    anchors = file.read() if anchor or file.path.exists() else []
    store, chain = _chain(settings)
    try:
        first = _place(since, chain, 1)
        last = _place(until, chain, None, is_end=True)
    finally:
        store.close()
    begun_s = monotonic_s()
    verdict = verify_chain(settings.store, Path(settings.data_dir), since=first or 1, until=last, anchors=anchors)
    took_s = monotonic_s() - begun_s
    for finding in verdict.findings:
        click.echo(f"entry {finding.seq}: {finding.what}")
    rate = verdict.count / took_s if took_s else 0.0
    click.echo(
        f"{verdict.count} entries of {verdict.chain!r} through {verdict.newest} verified in {took_s:.1f} s "
        f"({rate:,.0f}/s), {len(anchors)} anchors: {'NOT as written' if verdict.findings else 'as they were written'}"
    )
    return 1 if verdict.findings else 0


@audit.command()
@settings_options
@click.option("--anchor", type=click.Path(path_type=Path), help="File to append to (audit.anchor_file).")
def anchor(config_file: Path | None, flags: tuple[str, ...], anchor: Path | None) -> None:
    """Note number and hash of the newest entry of each chain outside the database, now."""
    settings = load_settings(config_file, flags).settings
    for chain in (settings.store.chain, IDENTITY_CHAIN, FLEET_CHAIN):
        _anchor(_of_chain(settings, chain), anchor)


def _anchor(settings: TradewindSettings, anchor: Path | None) -> None:
    from tradewind.audit.ports import Anchor  # noqa: PLC0415 - only for this verb

    file = _anchor_file(settings, anchor)
    store, chain = _chain(settings)
    try:
        seq, own = chain.head()
        if not seq:
            click.echo(f"{chain.name!r} has no entry yet, so there is nothing to note")
            return
        noted = Anchor(chain.name, seq, own.hex(), SystemClock().now_ns())
        file.add(noted)
        chain.note(noted)
    finally:
        store.close()
    click.echo(f"entry {seq} of {chain.name!r} noted in {file.path}: {own.hex()}")


@audit.command()
@settings_options
@click.option("--subject", default="", help="Order, instruction, account or whatever it was done to.")
@click.option("--actor", default="", help="Who caused it.")
@click.option("--kind", default="", help="Topic: orders, fills, acts, trading_states …")
@click.option("--from", "since", default="", help=f"Not before. {_PLACE_HELP}")
@click.option("--to", "until", default="", help=f"Not after. {_PLACE_HELP}")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="How many, at most.")
@click.option("--chain", "named", default="", help=_CHAIN_HELP)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def show(  # noqa: PLR0917 - click's options
    config_file: Path | None,
    flags: tuple[str, ...],
    subject: str,
    actor: str,
    kind: str,
    since: str,
    until: str,
    limit: int,
    named: str,
    *,
    as_json: bool,
) -> None:
    """Print entries, the newest first."""
    from tradewind.domain.rights import EVERYTHING  # noqa: PLC0415 - as below
    from tradewind.stores.asking import LARGEST_PAGE, Ask, Condition, Test  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.stores.sql.queries import SqlRecords  # noqa: PLC0415 - as above

    settings = load_settings(config_file, flags).settings
    store, chain = _chain(_of_chain(settings, named or settings.store.chain))
    records = SqlRecords(store)
    try:
        asked: list[tuple[str, Test, Any]] = [("chain", Test.IS, chain.name)]
        asked += [
            (name, Test.IS, value) for name, value in (("subject", subject), ("actor", actor), ("kind", kind)) if value
        ]
        asked += [("seq", Test.AT_LEAST, _place(since, chain, 1))] if since else []
        asked += [("seq", Test.AT_MOST, _place(until, chain, 0, is_end=True))] if until else []
        ask = Ask(view="journal", where=tuple(Condition(*one) for one in asked), limit=min(limit, LARGEST_PAGE))
        left = limit
        for rows in records.export_now(ask, EVERYTHING):
            for row in rows[:left]:
                click.echo(msgspec.json.encode(row) if as_json else _line(row))
            left -= len(rows)
            if left <= 0:
                break
    finally:
        records.close()
        store.close()


def _line(row: dict[str, Any]) -> str:
    """Show an entry on one line; what it holds of line breaks was taken out when it was written."""
    moment = datetime.fromtimestamp(row["ts"] / NS_PER_S, UTC).astimezone().isoformat(timespec="milliseconds")
    who = f"{row['actor'] or '-'} ({row['source']})"
    return f"{row['seq']:>9}  {moment}  {row['kind']:16} {who:24} {row['subject'] or '-':28} {row['payload']}"


def _of_chain(settings: TradewindSettings, chain: str) -> TradewindSettings:
    """Return the settings as if this chain were the one of the store."""
    return msgspec.structs.replace(settings, store=msgspec.structs.replace(settings.store, chain=chain))


def _chain(settings: TradewindSettings) -> tuple[SqlStore, SqlChain]:
    from tradewind.stores.sql.chain_rows import SqlChain  # noqa: PLC0415 - heavy, only for these verbs
    from tradewind.stores.sql.store import SqlStore  # noqa: PLC0415 - as above

    configure_logs(level="warning", stream=sys.stderr)
    store = SqlStore(settings.store, Path(settings.data_dir))
    return store, SqlChain(store, settings.store.chain)


def _anchor_file(settings: TradewindSettings, named: Path | None) -> Any:  # noqa: ANN401 - imported late
    from tradewind.audit.files import AnchorFile  # noqa: PLC0415 - only for these verbs

    default = settings.audit.anchor_file or str(Path(settings.data_dir) / "anchors.jsonl")
    return AnchorFile(named or Path(default), is_told_to_syslog=settings.audit.syslog)


def _place(text: str, chain: SqlChain, default: int | None, *, is_end: bool = False) -> int | None:
    """Read an entry number, or find the entry of a moment."""
    if not text:
        return default
    if text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is neither an entry number nor a moment such as 2026-01-31T09:00"
        raise InputError(message) from error
    seq = chain.first_since(round(moment.astimezone().timestamp()) * NS_PER_S)
    return seq - 1 if is_end else seq
