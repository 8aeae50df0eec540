"""The options that every command reading the settings shares."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from tradewind.kernel.settings import Loaded, load
from tradewind.runtime.settings import OLDER_NAMES, TradewindSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

F = TypeVar("F", bound="Callable[..., Any]")
DEFAULT_FILE: Final = "tradewind.toml"


def settings_options(command: F) -> F:
    """Add `--config FILE` and `--set KEY=VALUE` to a command."""
    command = click.option("--set", "flags", multiple=True, metavar="KEY=VALUE", help="Set one setting; repeatable.")(
        command
    )
    return click.option(
        "--config", "config_file", type=click.Path(path_type=Path), help=f"Settings file (default: {DEFAULT_FILE})."
    )(command)


def load_settings(
    config_file: Path | None, flags: Sequence[str], *, environ: Mapping[str, str] | None = None
) -> Loaded[TradewindSettings]:
    """Read the settings of this call: the named file, else `TRADEWIND_CONFIG`, else `tradewind.toml` if it exists.

    `environ` stands for the environment, in the words of an older system that are no cause for a remark.

    Raises: ConfigError: see `kernel.settings.load`.
    """
    named = config_file or (Path(os.environ["TRADEWIND_CONFIG"]) if os.environ.get("TRADEWIND_CONFIG") else None)
    file = named or (Path(DEFAULT_FILE) if Path(DEFAULT_FILE).exists() else None)
    variables = os.environ if environ is None else environ
    loaded = load(TradewindSettings, file=file, environ=variables, flags=flags, older_names=OLDER_NAMES)
    for remark in loaded.remarks if environ is None else ():
        click.echo(f"tradewind: warning: {remark}", err=True)
    return loaded
