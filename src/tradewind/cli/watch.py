"""`tradewind watch TOPIC…`: what a running installation pushes, line by line, as a table or as JSON."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import Any, Final

import click

from tradewind.cli.options import load_settings, settings_options
from tradewind.ops.rows import ALIASES, VIEWS, head_line, is_wanted, json_line, loose_line, row_line
from tradewind.push.topics import PUSH_TOPICS
from tradewind.runtime.terminal.door import Door, door_of
from tradewind.runtime.terminal.follower import Follower, Gap, LinkState, Wish

EXIT_TIME_OVER: Final = 3
_NAMES: Final = (*ALIASES, *(topic.name for topic in PUSH_TOPICS))
_BY_INSTRUMENT: Final = {topic.name: topic.has_instruments for topic in PUSH_TOPICS}


def _pairs(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    for each in given:
        if "=" not in each:
            message = f"must be FIELD=VALUE, as side=buy or request.instrument_id=au2604.SHFE; was {each!r}"
            raise click.BadParameter(message)
    return dict(each.split("=", 1) for each in given)


@click.command()
@click.argument("topics", metavar="TOPIC...", nargs=-1, required=True, type=click.Choice(_NAMES))
@click.option("-i", "--instrument", "instruments", multiple=True, help="This contract alone; repeatable.")
@click.option("--where", "wanted", multiple=True, callback=_pairs, metavar="FIELD=VALUE", help="Where this reads so.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--new", "is_new_only", is_flag=True, help="What happens from now on, without the state of things first.")
@click.option("-n", "--count", type=click.IntRange(1), help="End after so many lines.")
@click.option("--timeout", "patience_s", type=click.FloatRange(0.1), help="End after so many seconds; exit code 3.")
@click.option("--interval-ms", type=click.IntRange(20, 5_000), help="How often values are told that keep changing.")
@click.option("--wait", "is_waiting", is_flag=True, help="Wait for an installation that is not there yet.")
@click.option("--url", default="", help="Where it is; else as the settings say, on this machine.")
@settings_options
def watch(
    *,
    topics: tuple[str, ...],
    instruments: tuple[str, ...],
    wanted: dict[str, str],
    config_file: Path | None,
    flags: tuple[str, ...],
    url: str,
    count: int | None,
    patience_s: float | None,
    interval_ms: int | None,
    as_json: bool,
    is_new_only: bool,
    is_waiting: bool,
) -> int:
    """Follow topics until Ctrl-C, through restarts and cut lines; where events count, none is left out or told twice.

    TRADEWIND_TOKEN says who asks: the access token or an API key. Exit code 0: ended as asked, 1: not let in or not
    there, 3: the time is over.
    """
    wishes = dict(_wish(name, instruments, interval_ms) for name in topics)
    teller = _Teller(wanted, count, as_json=as_json, is_new_only=is_new_only, is_mixed=len(wishes) > 1)
    door = door_of(load_settings(config_file, flags).settings, url)
    return asyncio.run(_follow(door, wishes, teller, patience_s=patience_s, is_waiting=is_waiting))


def _wish(name: str, instruments: tuple[str, ...], interval_ms: int | None) -> tuple[str, Wish]:
    topic, mode = ALIASES.get(name, (name, ""))
    if instruments and not _BY_INSTRUMENT[topic]:
        message = f"{name} are of no contract; use --where to choose among them"
        raise click.UsageError(message)
    interval_ms = None if mode else interval_ms
    return topic, Wish(instruments=instruments or None, mode=mode or None, interval_ms=interval_ms)


async def _follow(
    door: Door, wishes: dict[str, Wish], teller: _Teller, *, patience_s: float | None, is_waiting: bool
) -> int:
    follower = Follower(
        door, wishes, on_events=teller.take, on_state=_tell_state, on_gap=_tell_gap, waits_first=is_waiting
    )
    following = asyncio.ensure_future(follower.run())
    ending = asyncio.ensure_future(teller.is_done.wait())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, teller.is_done.set)
    try:
        done, _ = await asyncio.wait({following, ending}, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        ending.cancel()
        if not following.done():
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following
    if following in done:
        following.result()
    return 0 if done else EXIT_TIME_OVER


class _Teller:
    """Writes events to stdout, each once; says when there were enough."""

    def __init__(
        self, wanted: dict[str, str], count: int | None, *, as_json: bool, is_new_only: bool, is_mixed: bool
    ) -> None:
        self.is_done = asyncio.Event()
        self._wanted = wanted
        self._left = count
        self._as_json = as_json
        self._is_new_only = is_new_only
        self._is_mixed = is_mixed
        self._headed = ""

    def take(self, topic: str, events: list[dict[str, Any]], is_snapshot: bool) -> None:  # noqa: FBT001 - the follower's call
        if is_snapshot and self._is_new_only:
            return
        try:
            for event in events:
                if not self.is_done.is_set() and is_wanted(event, self._wanted):
                    self._write(topic, event)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read, `head` for one, has enough.
            sys.stdout = None  # nothing more is to be written, at the end of Python least of all
            self.is_done.set()

    def _write(self, topic: str, event: dict[str, Any]) -> None:
        view = VIEWS.get(topic)
        if self._as_json:
            click.echo(json_line(topic, event))
        elif view is None:
            click.echo(f"{topic}  {loose_line(event)}")
        else:
            mark = f"{topic:14}  " if self._is_mixed else ""
            if self._headed != topic:
                self._headed = topic
                click.echo(f"{' ' * len(mark)}{head_line(view)}")
            click.echo(f"{mark}{row_line(view, event)}")
        if self._left is not None:
            self._left -= 1
            if not self._left:
                self.is_done.set()


def _tell_state(state: LinkState, text: str) -> None:
    """Say on stderr what is not as it should be; a live line needs no words but after a lost one."""
    if state is LinkState.LOST:
        click.echo(f"tradewind: watch: {text}", err=True)


def _tell_gap(gap: Gap) -> None:
    """Say on stderr that something was not told and will not be."""
    missing = f", {gap.missing} of {gap.instrument_id}" if gap.missing else ""
    click.echo(f"tradewind: watch: some {gap.topic} were missed ({gap.why}{missing})", err=True)
