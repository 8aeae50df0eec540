"""The server half of the web bench: the embedded edition as `tradewind run` puts it together, under a steady load.

`python -m tradewind.benches.web_server FOLDER INSTRUMENTS RATE`. Every room and both edges run on the local bus, in one
process; in the place of the source stands a load that lets ticks of `INSTRUMENTS` contracts into the line, `RATE` a
second in all. Prints one line of JSON, `{"url": …, "push_url": …, "token": …}`; then, for each line that it reads, how
many ticks it has let in so far. Ends when its input ends.

`bid_volume` is the moment a tick was made, in ms of the wall clock modulo `STAMP_MS`: it goes through the page as any
quantity does, so whoever reads it off the grid knows how old the row is.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from tradewind.benches.pipeline_services import free_port
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, SystemClock, perf_ns
from tradewind.kernel.log import configure_logs
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.rng import named_rng
from tradewind.kernel.service import Supervisor
from tradewind.kernel.settings import load
from tradewind.market.facts import product_table
from tradewind.market.service import MarketService
from tradewind.runtime.embedded import Embedded
from tradewind.runtime.identity import access_tokens
from tradewind.runtime.process import runner, settle_memory
from tradewind.runtime.settings import TradewindSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tradewind.market.facts import Product
    from tradewind.market.ports import Intake
    from tradewind.runtime.wiring import Line

STAMP_MS: Final = 10_000
_SLICE_S: Final = 0.004
_FUTURES: Final = frozenset({"SHFE", "INE", "DCE", "GFEX", "CFFEX", "CZCE"})
_MONTHS: Final = tuple(f"{year}{month:02}" for year in (26, 27) for month in range(1, 13))
_FIRST_PRICE: Final = 2_000
"""In steps of the price."""
_LIMIT_STEPS: Final = 160


class _Contract:
    """One instrument's price as it wanders, in steps of its tick."""

    def __init__(self, instrument_id: str, step: float, number: int) -> None:
        self.instrument_id = instrument_id
        self.step = step
        self.price = self.settled = _FIRST_PRICE + number
        self.volume = 1_000


def _symbols() -> Iterator[tuple[str, Product]]:
    """Yield futures that may be listed, month by month."""
    for month in _MONTHS:
        for product in product_table().values():
            if product.exchange in _FUTURES:
                delivery = month[1:] if product.exchange == "CZCE" else month
                yield f"{product.product_id}{delivery}.{product.exchange}", product


class Load:
    """`market.ports.Source`: so many ticks a second over all contracts, in turn, until cancelled."""

    name = "load"

    def __init__(self, line: Line, *, instruments: int, rate: int) -> None:
        known = ((name, product) for name, product in _symbols() if line.instruments.find(name) is not None)
        self._contracts: Sequence[_Contract] = [
            _Contract(name, product.price_tick, number)
            for number, (name, product) in enumerate(islice(known, instruments))
        ]
        self._rate = rate
        self._rng = named_rng(1, "web bench prices")
        self.sent = 0

    async def run(self, intake: Intake) -> None:
        """Let ticks in; what is late is made up for, a slice at a time."""
        clock, contracts = SystemClock(), self._contracts
        begun_ns = perf_ns()
        for number in count():
            self._let_in(intake, contracts[number % len(contracts)], clock.now_ns())
            self.sent = number + 1
            ahead_ns = self.sent * NS_PER_S // self._rate - (perf_ns() - begun_ns)
            if ahead_ns > 0:
                # As a feed does: what has come since is let in as one.
                await asyncio.sleep(max(_SLICE_S, ahead_ns / NS_PER_S))
            elif not number % 64:
                await asyncio.sleep(0)

    def _let_in(self, intake: Intake, contract: _Contract, now_ns: int) -> None:
        moved = contract.price + self._rng.choice((-1, 0, 0, 1))
        if abs(moved - contract.settled) < _LIMIT_STEPS:
            contract.price = moved
        contract.volume += 2
        step, steps, settled = contract.step, contract.price, contract.settled
        last = steps * step
        intake.accept(
            (  # type: ignore[arg-type]  # sources may hand in plain tuples of a tick's shape
                contract.instrument_id,
                now_ns,
                now_ns,
                0,
                last,
                contract.volume,
                contract.volume * last * 10,
                50_000.0,
                last - step,
                now_ns // NS_PER_MS % STAMP_MS + 1,
                last + step,
                9,
                settled * step,
                max(steps, settled) * step,
                min(steps, settled) * step,
                settled * step,
                settled * step,
                49_000.0,
                (settled + _LIMIT_STEPS) * step,
                (settled - _LIMIT_STEPS) * step,
                None,
                None,
            )
        )


async def serve(folder: Path, instruments: int, rate: int) -> None:
    """Serve until the input ends."""
    # The gate must know its own addresses before anybody connects.
    ports = (f"api.port={free_port()}", f"push.port={free_port()}")
    settings = load(TradewindSettings, flags=(f"data_dir={folder}", *ports)).settings
    metrics, tokens = Metrics(), access_tokens(settings)
    embedded = Embedded(settings, metrics=metrics, tokens=tokens)
    source = Load(embedded.line, instruments=instruments, rate=rate)
    embedded.services[-1] = MarketService(source=source, line=embedded.line.intake)
    embedded.api.bind()
    token = tokens.ensure()
    supervisor = Supervisor(embedded.services, metrics)
    embedded.status.watch(supervisor)
    embedded.attach()
    settle_memory()
    running = asyncio.create_task(supervisor.run(), name="supervisor")
    push_port = await embedded.push.wait_listening()
    await embedded.api.wait_listening()
    told = {
        "url": f"http://{settings.api.host}:{settings.api.port}",
        "push_url": f"ws://{settings.push.host}:{push_port}/ws",
        "token": token,
        "stamp_ms": STAMP_MS,
    }
    _say(told)
    while await asyncio.to_thread(sys.stdin.readline):
        _say({"sent": source.sent, "counts": embedded.line.intake.counts()})
    running.cancel()
    await asyncio.wait([running])
    embedded.detach()


def _say(told: object) -> None:
    click.echo(msgspec.json.encode(told))
    sys.stdout.flush()


def main() -> None:
    """Read the three arguments and serve."""
    configure_logs(level="error", stream=sys.stderr)
    runner().run(serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))


if __name__ == "__main__":
    main()
