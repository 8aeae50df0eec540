"""`tradewind token new|watch`: a fresh access token when the first one was lost, or one that only reads metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tradewind.cli.options import load_settings, settings_options

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def token() -> None:
    """Make a new access token, or one for whoever watches."""


@token.command()
@settings_options
def new(config_file: Path | None, flags: tuple[str, ...]) -> None:
    """Replace the access token and print the login link; a running platform takes it at once."""
    from tradewind.runtime.embedded_process import login_link  # noqa: PLC0415 - as above
    from tradewind.runtime.identity import access_tokens  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.runtime.lifecycle.welcome import production_link  # noqa: PLC0415 - as above

    settings = load_settings(config_file, flags).settings
    link = production_link if settings.bus.kind == "redis" else login_link
    click.echo(link(settings, access_tokens(settings).renew()))


@token.command()
@settings_options
def watch(config_file: Path | None, flags: tuple[str, ...]) -> None:
    """Replace the token that reads metrics at every door and may do nothing else; print it, for Prometheus' file."""
    from tradewind.runtime.identity import watch_tokens  # noqa: PLC0415 - heavy, only for this verb

    click.echo(watch_tokens(load_settings(config_file, flags).settings).renew())
