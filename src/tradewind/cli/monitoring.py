"""`tradewind monitoring FOLDER`: what Prometheus, Alertmanager and Grafana have to be told about this installation."""

from __future__ import annotations

from pathlib import Path

import click

from tradewind.cli.options import load_settings, settings_options


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--alertmanager", default="127.0.0.1:9093", show_default=True, help="Where Alertmanager listens.")
@click.option("--interval", default="5s", show_default=True, help="How often everything is scraped and judged.")
@click.option("--mail-to", multiple=True, help="Somebody who is told of alerts by mail; may be given again.")
@click.option("--webhook", "webhooks", multiple=True, help="A program that is told of alerts; may be given again.")
@click.option("--page", default="", help="Where people reach our page, for links in alerts: https://desk.example.")
@settings_options
def monitoring(  # noqa: PLR0917 - one for each option
    folder: Path,
    alertmanager: str,
    interval: str,
    mail_to: tuple[str, ...],
    webhooks: tuple[str, ...],
    page: str,
    config_file: Path | None,
    flags: tuple[str, ...],
) -> None:
    """Write prometheus/, alertmanager/ and grafana/ below FOLDER."""
    from tradewind.errors import ConfigError  # noqa: PLC0415 - only for this verb
    from tradewind.runtime.monitoring.files import monitoring_files, write_files  # noqa: PLC0415 - as above

    settings = load_settings(config_file, flags).settings
    files = monitoring_files(
        settings, alertmanager=alertmanager, interval=interval, mail_to=mail_to, webhooks=webhooks,
        page=page.rstrip("/"),
    )  # fmt: skip
    try:
        written = write_files(folder, files)
    except OSError as error:
        message = f"cannot write below {folder}: {error.strerror}; give a folder that can be written"
        raise ConfigError(message) from error
    for path in written:
        click.echo(str(path))
