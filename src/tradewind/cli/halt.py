"""`tradewind halt [--status|--reset]`: the emergency stop from a terminal, by files, whatever else works."""

from __future__ import annotations

import getpass
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from tradewind.cli.options import load_settings, settings_options
from tradewind.domain.trading_state import Scope, TradingMode, TradingState
from tradewind.errors import StoreError
from tradewind.kernel.clock import SystemClock, monotonic_s
from tradewind.pretrade.files import STOP_NAME, HaltFiles, HaltRequest, StopOrder
from tradewind.pretrade.halt import RESET_ASKED, phrase_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EXIT_HALTED: Final = 3
_SCOPES: Final = [scope.value for scope in Scope]
_LOOK_S: Final = 0.02


@click.command()
@click.option("--scope", type=click.Choice(_SCOPES), default="platform", show_default=True, help="What to stop.")
@click.option("--key", default="", help="Which account, product, strategy or contract.")
@click.option("--reason", default="", help="Why; it is recorded.")
@click.option("--actor", default="", help="Who; your login name unless given.")
@click.option("--status", "is_status", is_flag=True, help="Show what is stopped. Exit code 0: nothing, 3: something.")
@click.option("--reset", "is_reset", is_flag=True, help="Let trading go on.")
@click.option("--confirm", "phrase", default="", metavar="PHRASE", help='For --reset, for example "RESUME PLATFORM".')
@click.option(
    "--timeout", "patience_s", type=click.FloatRange(0, 60), default=1.0, show_default=True, help="Seconds to wait."
)
@settings_options
def halt(
    *,
    scope: str,
    key: str,
    reason: str,
    actor: str,
    phrase: str,
    patience_s: float,
    config_file: Path | None,
    flags: tuple[str, ...],
    is_status: bool,
    is_reset: bool,
) -> int:
    """Stop trading at once: new orders are refused, working orders are cancelled, until somebody resets it."""
    place = Scope(scope)
    if (place is Scope.PLATFORM) is bool(key):
        message = "the platform has no --key" if key else f"--scope {scope} needs a --key"
        raise click.UsageError(message)
    files = HaltFiles(Path(_data_dir(config_file, flags)))
    if is_status:
        return _show(files)
    who = actor or getpass.getuser()
    try:
        if is_reset:
            return _reset(files, place, key, actor=who, reason=reason, phrase=phrase, patience_s=patience_s)
        return _halt(files, place, key, actor=who, reason=reason, patience_s=patience_s)
    except OSError as error:
        message = f"{error.filename or files.stop_file} cannot be written: {error.strerror or error}"
        raise StoreError(message) from error


def _data_dir(config_file: Path | None, flags: Sequence[str]) -> str:
    return load_settings(config_file, flags).settings.data_dir


def _halt(files: HaltFiles, scope: Scope, key: str, *, actor: str, reason: str, patience_s: float) -> int:
    now = SystemClock().now_ns()
    if scope is Scope.PLATFORM:
        files.press(StopOrder(actor, reason))
        click.echo(f"{files.stop_file} is made: whoever trades from this folder stops")
    else:
        files.ask(HaltRequest("halt", scope, key, actor, reason, "", now))
    if _until(lambda: _mode(files, scope, key) is TradingMode.HALTED, patience_s):
        click.echo(f"halted: {_name(scope, key)}; the running process has confirmed it")
    else:
        click.echo(f"no process has answered within {patience_s:g} s; it is halted from its next look or start on")
    return 0


def _reset(files: HaltFiles, scope: Scope, key: str, *, actor: str, reason: str, phrase: str, patience_s: float) -> int:
    wanted = phrase_of(scope, key)
    if phrase != wanted:
        message = f'a reset is confirmed by --confirm "{wanted}"; was {phrase!r}'
        raise click.UsageError(message)
    file = files.ask(HaltRequest("reset", scope, key, actor, reason, phrase, SystemClock().now_ns()))
    if not _until(lambda: not file.exists(), patience_s):
        click.echo(f"no process has answered within {patience_s:g} s; the reset is done at its next look or start")
        return 0
    if _until(lambda: _mode(files, scope, key) is TradingMode.ACTIVE, patience_s):
        click.echo(f"active: {_name(scope, key)}")
        return 0
    state = _state(files, scope, key)
    if state is not None and state.reason_code == RESET_ASKED:
        click.echo(f"{state.actor} has asked; another person has to ask too")
        return 0
    click.echo(f"tradewind: halt: {_name(scope, key)} stays halted; the log of the process says why", err=True)
    return 1


def _show(files: HaltFiles) -> int:
    states, problem = files.load()
    is_stopped = files.is_stopped()
    if is_stopped:
        order = files.stop_order()
        click.echo(f"{STOP_NAME} lies there: {order.actor}: {order.reason}")
    if problem:
        click.echo(problem)
    shut = [state for state in states if state.mode is not TradingMode.ACTIVE]
    for state in shut:
        name = _name(state.scope, state.key)
        click.echo(f"{state.mode.value:9} {name}  {state.reason_code}  {state.actor}: {state.reason}".rstrip(": "))
    for name in files.waiting():
        click.echo(f"waiting   {name}")
    if not (is_stopped or shut):
        click.echo("active: nothing is halted")
    return EXIT_HALTED if is_stopped or shut else 0


def _name(scope: Scope, key: str) -> str:
    return f"{scope.value} {key}".rstrip()


def _state(files: HaltFiles, scope: Scope, key: str) -> TradingState | None:
    return next((state for state in files.load()[0] if (state.scope, state.key) == (scope, key)), None)


def _mode(files: HaltFiles, scope: Scope, key: str) -> TradingMode:
    state = _state(files, scope, key)
    return TradingMode.ACTIVE if state is None else state.mode


def _until(is_so: Callable[[], bool], patience_s: float) -> bool:
    deadline_s = monotonic_s() + patience_s
    while not is_so():
        if monotonic_s() >= deadline_s:
            return False
        time.sleep(_LOOK_S)
    return True
