"""`tradewind config check|show|doc`: are the settings good, what are they and from where, what could they be."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tradewind.cli.options import load_settings, settings_options
from tradewind.kernel.settings import leaves, value_at
from tradewind.kernel.settings_doc import as_markdown, as_toml, shown
from tradewind.runtime.settings import TradewindSettings

if TYPE_CHECKING:
    from pathlib import Path

_DOC_HEAD = """# Settings

Made by `tradewind config doc`; change the descriptions in the rooms' `settings.py`, not this page.
Later layers win: defaults < `tradewind.toml` < environment (`TRADEWIND_PUSH__PORT=8100`) < flags
(`--set push.port=8100`).
Unknown keys are refused, with the nearest right name.

"""


@click.group()
def config() -> None:
    """Check, show and explain the settings."""


@config.command()
@settings_options
def check(config_file: Path | None, flags: tuple[str, ...]) -> None:
    """Read every layer and say whether Tradewind could start with it."""
    loaded = load_settings(config_file, flags)
    from tradewind.kernel.log import configure_logs  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.runtime.embedded_process import check_embedded  # noqa: PLC0415 - as above

    configure_logs(level="error", stream=sys.stderr)
    check_embedded(loaded.settings, origins=loaded.origins)
    count = len(loaded.origins)
    click.echo(f"ok: {count} setting{'' if count == 1 else 's'} changed from the defaults")


@config.command()
@settings_options
@click.option("--all", "show_all", is_flag=True, help="Defaults too, not only what was changed.")
def show(config_file: Path | None, flags: tuple[str, ...], *, show_all: bool) -> None:
    """Print the settings in force and the layer each comes from; passwords are blanked."""
    loaded = load_settings(config_file, flags)
    for leaf in leaves(TradewindSettings):
        origin = loaded.origins.get(leaf.path)
        if origin or show_all:
            value = shown(leaf, value_at(loaded.settings, leaf.path))
            click.echo(f"{leaf.path} = {as_toml(value)}  # {origin or 'default'}")


@config.command()
def doc() -> None:
    """Print the reference of every setting as Markdown."""
    click.echo(doc_page(), nl=False)


def doc_page() -> str:
    """Return the text of docs/config.md."""
    return _DOC_HEAD + as_markdown(leaves(TradewindSettings))
