"""`tradewind nginx`: the one entry on 8888 for services that run apart; writes its configuration, or runs it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

from tradewind.cli.options import load_settings, settings_options
from tradewind.errors import ConfigError


@click.command()
@settings_options
@click.option(
    "--static/--no-static", default=True, help="Let Nginx serve the built page's assets itself where they are here."
)
@click.option("--run", "is_run", is_flag=True, help="Write it into the data folder and become Nginx, in foreground.")
def nginx(config_file: Path | None, flags: tuple[str, ...], *, static: bool, is_run: bool) -> None:
    """Print nginx.conf for the instances that the settings name."""
    from tradewind.runtime.gateway.nginx import nginx_config  # noqa: PLC0415 - only for this verb
    from tradewind.ui.pages import STATIC  # noqa: PLC0415 - as above

    settings = load_settings(config_file, flags).settings
    folder = (Path(settings.data_dir) / "nginx").resolve()
    assets = STATIC if static and (STATIC / "assets").is_dir() else None
    text = nginx_config(settings, folder=folder, static=assets)
    if is_run:
        _become(_found(), text, folder)
    click.echo(text, nl=False)


def _found() -> str:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        message = "nginx is not on this machine; install it (Debian: apt-get install nginx-light)"
        raise ConfigError(message)
    return found


def _become(program: str, text: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "nginx.conf"
    file.write_text(text, encoding="utf-8")
    # Replaced, not started: whoever watches this process watches Nginx, and its signals stop it.
    os.execv(program, [program, "-e", "stderr", "-p", str(folder), "-c", str(file), "-g", "daemon off;"])  # noqa: S606 - no shell wanted
