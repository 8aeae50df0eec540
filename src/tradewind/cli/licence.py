"""`tradewind licence keygen|issue|show`: the operator's side of the modules' licences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click
import msgspec

from tradewind.errors import ConfigError, InputError
from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.kernel.ids import new_short_code

_KEY: Final = "licence.key"
_MOST_DAYS: Final = 36_600
_file = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def licence() -> None:
    """Make and read the licences that collector modules ask for (module.licence_key)."""


@licence.command()
@click.option("--key", "key_file", type=_file, default=_KEY, show_default=True, help="Where the private key goes.")
def keygen(key_file: Path) -> None:
    """Make the operator's pair of keys, once."""
    from tradewind.collector.licence_keys import make_key  # noqa: PLC0415 - heavy, only for this verb

    public = make_key(key_file)
    click.echo(f"the private key is in {key_file}: keep it to yourself, and a copy of it elsewhere")
    click.echo(f'every module gets the public key: [module] licence_key = "{public}"')


@licence.command()
@click.option("--key", "key_file", type=_file, default=_KEY, show_default=True, help="The private key.")
@click.option("--module-hash", required=True, help="The module's hash (config/module_hash.txt); *: any module.")
@click.option("--holder", default="", help="Whose it is.")
@click.option("--days", type=click.IntRange(1, _MOST_DAYS), default=365, show_default=True, help="How long it is good.")
@click.option("--grace-days", type=click.IntRange(0, 366), default=7, show_default=True, help="Days beyond that.")
@click.option(
    "--feature", "features", multiple=True, default=("quotes",), show_default=True, help="Kind of jobs; *: any."
)
@click.option("-o", "--out", type=_file, default="licence.json", show_default=True, help="Where the licence goes.")
def issue(
    *, key_file: Path, module_hash: str, holder: str, days: int, grace_days: int, features: tuple[str, ...], out: Path
) -> None:
    """Sign a licence for one module; it belongs into the module's config/licence.json."""
    from tradewind.collector.licence import ANY, Licence, sign  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.collector.licence_keys import read_key  # noqa: PLC0415 - as above
    from tradewind.collector.protocol_registration import is_hash  # noqa: PLC0415 - as above

    if module_hash != ANY and not is_hash(module_hash):
        message = "--module-hash must be a module's hash or *, as in its config/module_hash.txt"
        raise click.UsageError(message)
    now = _now()
    made = Licence(
        licence_id=new_short_code(),
        holder=holder,
        module_hash=module_hash,
        features=features,
        issued=now,
        expires=now + timedelta(days=days),
        grace_days=grace_days,
    )
    text = sign(made, read_key(key_file))
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        message = f"{out} cannot be written: {error.strerror}"
        raise ConfigError(message) from error
    click.echo(f"licence {made.licence_id} for {_short(module_hash)} until {made.expires:%Y-%m-%d} is in {out}")


@licence.command()
@click.argument("file", type=_file)
@click.option("--public-key", default=None, help="64 hex digits: check the signature too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(file: Path, public_key: str | None, *, as_json: bool) -> None:
    """Print what a licence says."""
    from tradewind.collector.licence import Standing, read  # noqa: PLC0415 - heavy, only for this verb

    try:
        found = read(file.read_bytes(), public_key)
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise ConfigError(message) from error
    if isinstance(found, Standing):
        raise InputError(found.message)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    state = "expired" if _now() > found.expires else "running"
    rows = [
        ("licence", found.licence_id),
        ("holder", found.holder),
        ("module", _short(found.module_hash)),
        ("features", ", ".join(found.features)),
        ("issued", f"{found.issued:%Y-%m-%d %H:%M:%SZ}"),
        ("expires", f"{found.expires:%Y-%m-%d %H:%M:%SZ} ({state}), and {found.grace_days} days of grace"),
        ("signature", "good" if public_key else "not checked; --public-key checks it"),
    ]
    for name, value in rows:
        click.echo(f"{name:10}{value}")


def _now() -> datetime:
    return datetime.fromtimestamp(SystemClock().now_ns() // NS_PER_S, tz=UTC)


def _short(module_hash: str) -> str:
    return module_hash if len(module_hash) < 8 else f"{module_hash[:6]}…"  # noqa: PLR2004 - * is shown as it is
