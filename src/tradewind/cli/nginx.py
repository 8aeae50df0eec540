"""`tradewind nginx`: the one entry on 8888 for services that run apart; writes its configuration, or runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tradewind.cli.options import load_settings, settings_options

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@settings_options
@click.option(
    "--static/--no-static", default=True, help="Let Nginx serve the built page's assets itself where they are here."
)
@click.option("--run", "is_run", is_flag=True, help="Write it into the data folder and become Nginx, in foreground.")
@click.option("--tied", "is_tied", is_flag=True, hidden=True, help="As a program of production mode; with --run.")
def nginx(config_file: Path | None, flags: tuple[str, ...], *, static: bool, is_run: bool, is_tied: bool) -> None:
    """Print nginx.conf for the instances that the settings name."""
    from tradewind.runtime.gateway.nginx import nginx_config  # noqa: PLC0415 - only for this verb
    from tradewind.runtime.gateway.program import become_nginx, folder_of  # noqa: PLC0415 - as above
    from tradewind.ui.pages import STATIC  # noqa: PLC0415 - as above

    settings = load_settings(config_file, flags).settings
    assets = STATIC if static and (STATIC / "assets").is_dir() else None
    if is_tied:
        from tradewind.runtime.lifecycle.leftovers import end_workers_left  # noqa: PLC0415 - where there is a parent
        from tradewind.runtime.lifecycle.places import Places  # noqa: PLC0415 - as above
        from tradewind.runtime.lifecycle.tie import end_with_parent  # noqa: PLC0415 - as above

        end_with_parent()
        end_workers_left(Places(settings.data_dir), patience_s=settings.services.stop_s)
    if is_run:
        become_nginx(settings, static=assets, has_door=is_tied)
    click.echo(nginx_config(settings, folder=folder_of(settings), static=assets), nl=False)
