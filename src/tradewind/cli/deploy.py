"""`tradewind deploy files|secrets`: what containers, Kubernetes, Helm and systemd are told of the services."""

from __future__ import annotations

from pathlib import Path

import click

from tradewind.errors import ConfigError

_folder = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


@click.group()
def deploy() -> None:
    """Write what containers, Kubernetes, Helm and systemd are told."""


@deploy.command()
@_folder
def files(folder: Path) -> None:
    """Write docker/, compose/, kubernetes/, helm/, systemd/ and nginx/ below FOLDER."""
    from tradewind.runtime.deploying.files import deploy_files  # noqa: PLC0415 - only for this verb
    from tradewind.runtime.monitoring.files import write_files  # noqa: PLC0415 - as above

    try:
        written = write_files(folder, deploy_files())
    except OSError as error:
        message = f"cannot write below {folder}: {error.strerror}; give a folder that can be written"
        raise ConfigError(message) from error
    for path in written:
        click.echo(str(path))


@deploy.command()
@_folder
def secrets(folder: Path) -> None:
    """Write .env and tls/ for the compose file in FOLDER, at random and for their owner alone."""
    from tradewind.runtime.deploying.secrets_file import make_secrets  # noqa: PLC0415 - only for this verb

    click.echo(str(make_secrets(folder)))
