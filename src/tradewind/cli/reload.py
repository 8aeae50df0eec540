"""`tradewind reload [SERVICE…]`: what runs takes new settings over, as far as that is safe."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from tradewind.cli.options import load_settings, settings_options
from tradewind.errors import ConfigError
from tradewind.runtime.services import PROGRAMS

if TYPE_CHECKING:
    from pathlib import Path

    from tradewind.kernel.settings import Loaded
    from tradewind.runtime.settings import TradewindSettings


@click.command()
@click.argument("services", metavar="[SERVICE]...", nargs=-1, type=click.Choice(PROGRAMS))
@click.option("--list", "is_list", is_flag=True, help="Say which settings can be reloaded, and do nothing.")
@settings_options
def reload(services: tuple[str, ...], config_file: Path | None, flags: tuple[str, ...], *, is_list: bool) -> int:
    """Have what runs read its settings again. Exit code 0: told, 3: nothing runs."""
    from tradewind.runtime.reloading import RELOADABLE  # noqa: PLC0415 - heavy, only for this verb

    if is_list:
        for path in sorted(RELOADABLE):
            click.echo(path)
        return 0
    loaded = load_settings(config_file, flags)
    return _apart(loaded, services or PROGRAMS) if loaded.settings.bus.kind == "redis" else _embedded(loaded)


def _apart(loaded: Loaded[TradewindSettings], services: tuple[str, ...]) -> int:
    from tradewind.runtime.lifecycle.crew import Crew  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.runtime.lifecycle.reloading import reload as tell  # noqa: PLC0415 - as above

    count, waiting = 0, set[str]()
    for told in tell(Crew(loaded), services):
        count += 1
        waiting.update(told.waiting)
        click.echo(f"{told.program:10}  {', '.join(told.taken) or 'nothing to take over'}")
    if waiting:
        click.echo(f"needs a restart: {', '.join(sorted(waiting))}")
    return 0 if count else _nothing_runs()


def _embedded(loaded: Loaded[TradewindSettings]) -> int:
    from tradewind.runtime.doctor.holders import holder_of  # noqa: PLC0415 - as above
    from tradewind.runtime.reloading import SIGNAL, listens  # noqa: PLC0415 - as above

    holder = holder_of(loaded.settings.api.port)
    if holder is None or not holder.is_tradewind:
        return _nothing_runs()
    if not listens(holder.pid):
        message = f"pid {holder.pid} cannot take settings over while it runs: it is not ready yet, or older; restart it"
        raise ConfigError(message)
    os.kill(holder.pid, SIGNAL)
    click.echo(f"told pid {holder.pid} to read its settings again; its log says what it took over (settings_reloaded)")
    return 0


def _nothing_runs() -> int:
    click.echo("nothing runs with these settings")
    return 3
