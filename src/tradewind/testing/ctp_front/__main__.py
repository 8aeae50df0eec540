"""Starts fronts to try the gateway on without a broker: `python -m tradewind.testing.ctp_front`.

Set `ctp.binding` to `tradewind.testing.ctp_front.binding` and the fronts to the addresses it prints. Without `--replay`
the market is the simulated one, round the clock.
"""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.market.calendar import ExchangeCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.testing.ctp_front.control import ControlDoor
from tradewind.testing.ctp_front.feed import recorded, simulated
from tradewind.testing.ctp_front.front import CtpFronts
from tradewind.testing.ctp_front.settings import FrontSettings, FrontUser

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tradewind.domain.tick import RawTick

_USER: Final = FrontUser()
_HOURS: Final = "night_2300"


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted, or until the recording ends and nobody holds it."""
    options = _options(arguments)
    clock = SystemClock()
    day = options.day or ExchangeCalendar().trading_day_at(_HOURS, clock.now_ns())
    fronts = CtpFronts(FrontSettings(trading_day=day, users=(FrontUser(password=options.password),)))
    for liquid in InstrumentTable().liquid():
        fronts.contracts.list_also(liquid.instrument_id, day)
    for named in options.instrument:
        fronts.contracts.list_also(named, day)
    fronts.start(options.port, options.port + 1 if options.port else 0)
    control = ControlDoor(fronts)
    control.open(options.control)
    sys.stdout.write(
        f"market {fronts.market_address}\ntrading {fronts.trading_address}\ncontrol {control.port}\n"
        f"broker {fronts.settings.broker_id} user {_USER.user_id} app {fronts.settings.app_id}"
        f" code {fronts.settings.auth_code} day {day}\n"
    )
    sys.stdout.flush()
    try:
        _play(fronts, _ticks(options, clock.now_ns()), speed=options.speed, clock=clock)
        threading.Event().wait()
    except KeyboardInterrupt:
        fronts.stop()


def _ticks(options: argparse.Namespace, now_ns: int) -> Iterator[RawTick]:
    if options.quiet:
        return iter(())
    if options.replay is None:
        return simulated(tuple(options.instrument), now_ns)
    return recorded(options.replay, options.instrument[0] if options.instrument else None)


def _play(fronts: CtpFronts, ticks: Iterator[RawTick], *, speed: float, clock: SystemClock) -> None:
    """Send ticks at the distances they have, `speed` times as fast."""
    wait, begun_ns, first_ns = threading.Event().wait, clock.now_ns(), 0
    for raw in ticks:
        first_ns = first_ns or raw[2]
        ahead_ns = (raw[2] - first_ns) / speed - (clock.now_ns() - begun_ns)
        if ahead_ns > 0:
            wait(ahead_ns / NS_PER_S)
        fronts.take(raw)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tradewind.testing.ctp_front", description=__doc__)
    parser.add_argument("--port", type=int, default=41_213, help="of the market front; the trading front has the next")
    parser.add_argument("--control", type=int, default=0, help="port of the door for tests; 0 takes a free one")
    parser.add_argument("--replay", type=Path, help="a recording to send, once, instead of the simulated market")
    parser.add_argument("--instrument", action="append", default=[], help="as au2604.SHFE; may be given again")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times as fast time passes")
    parser.add_argument("--day", type=int, default=0, help="trading day, YYYYMMDD; today's unless given")
    parser.add_argument("--password", default=_USER.password, help="of the user")
    parser.add_argument("--quiet", action="store_true", help="no market at all: only what the control door says")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
