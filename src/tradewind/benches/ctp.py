"""`tradewind bench ctp`: quotes from the library's callback to a clean tick on the bus, against the bare binding.

The front is a C program inside the child process, put before CTP's own library: so the callbacks, the structs and the
thread they come on are the true binding's, and no network is in the figures. The ceiling is the same process with a
callback that does nothing.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import uvloop

from tradewind.benches.result import BenchResult
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.ctp import locale
from tradewind.errors import ConfigError
from tradewind.kernel.clock import SystemClock, monotonic_s
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.market.contracts import InstrumentTable
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import build_line, build_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.domain.tick import Tick

_SOURCE: Final = Path(__file__).parent / "c" / "ctp_front.c"
_CONTRACTS: Final = 40
_TEN_TONS: Final = 10
_PACE: Final = 5_000
_GOAL_CEILING: Final = 0.7
_GOAL_P99_US: Final = 300
_PATIENCE_S: Final = 120.0
_BARE: Final = """
import sys
from pathlib import Path
from tradewind.ctp import locale
locale.prepare(Path(sys.argv[1]))
from openctp_ctp import mdapi
names = [name.encode() for name in sys.argv[3].split(",")]
class Spi(mdapi.CThostFtdcMdSpi):
    def OnFrontConnected(self):
        api.ReqUserLogin(mdapi.CThostFtdcReqUserLoginField(), 1)
    def OnRspUserLogin(self, login, error, number, is_last):
        api.SubscribeMarketData(names, len(names))
    def OnRtnDepthMarketData(self, tick):
        pass
api = mdapi.CThostFtdcMdApi.CreateFtdcMdApi(sys.argv[1] + "/")
spi = Spi()
api.RegisterSpi(spi)
api.RegisterFront(sys.argv[2])
api.Init()
api.Join()
"""
_TAKEN: Final = re.compile(r"ctp_front: (\d+) quotes in (\d+) ns")


def main(*, as_json: bool, quick: bool) -> dict[str, Any]:
    """Measure and, unless `as_json`, print a table; return the result as a dictionary.

    Raises: ConfigError: the binding or a C compiler is not installed.
    """
    result = BenchResult("ctp")
    count, rounds, seconds = (50_000, 1, 2) if quick else (300_000, 3, 10)
    with tempfile.TemporaryDirectory(prefix="tradewind-bench-") as name, _front(Path(name)):
        folder = Path(name)
        locale.prepare(folder)
        bare, ours = [], []
        for _ in range(rounds):
            bare.append(_bare_ns(folder, count))
            ours.append(_Run(folder, f"tcp://flood-{count}:1", count).rate_ns())
        result.figure("binding_alone_us_per_tick", median(bare) / 1e3)
        result.figure("binding_alone_ticks_per_s", 1e9 / median(bare))
        result.figure("callback_to_bus_us_per_tick", median(ours) / 1e3)
        result.figure("callback_to_bus_ticks_per_s", 1e9 / median(ours))
        share = median(one / other for one, other in zip(bare, ours, strict=True))
        result.ratio("ticks_per_s_vs_binding_alone", share)
        paced = _Run(folder, f"tcp://paced-{_PACE}:{seconds}", _PACE * seconds)
        paced.rate_ns()
        for name_of, percent in (("p50", 50), ("p99", 99), ("p999", 99.9)):
            result.figure(f"callback_to_bus_{name_of}_us_at_{_PACE}", paced.percentile_us(percent))
        result.goal("ticks_per_s_of_ceiling", share, _GOAL_CEILING, better="higher")
        result.goal(f"p99_us_at_{_PACE}_per_s", paced.percentile_us(99), _GOAL_P99_US, better="lower")
    if not as_json:
        result.show()
    return result.as_dict()


class _Run:
    """The product's source with its child process, and a bus whose one reader takes the time of each clean tick."""

    def __init__(self, folder: Path, front: str, count: int) -> None:
        flags = [
            *("market.source=ctp", "market.calendar=round_the_clock", f'market.ctp.fronts=["{front}"]'),
            *(f"market.ctp.symbols={_as_list(_contracts())}", "market.ctp.ring_ticks=262144"),
            *(f"data_dir={folder}", f"ctp.locale_dir={folder}", "rooms=[]", "trading.enabled=false"),
        ]
        self._settings = load(TradewindSettings, flags=flags).settings
        self._count = count
        self._first_ns = 0
        self._late: list[int] = []

    def rate_ns(self) -> float:
        """Play to the end; return ns a tick, from the first callback to the last clean tick on the bus.

        Raises: RuntimeError: ticks are missing.
        """
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._play())
        return (self._last_ns - self._first_ns) / (self._count - 1)

    def percentile_us(self, percent: float) -> float:
        """Return a percentile of the time from the callback to the bus, in µs."""
        ordered = sorted(self._late)
        return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)] / 1e3

    async def _play(self) -> None:
        metrics = Metrics()
        line = build_line(self._settings, metrics=metrics)
        source = build_source(self._settings, line, metrics=metrics)
        now_ns, late, done = SystemClock().now_ns, self._late, asyncio.Event()
        count = self._count

        def take(tick: Tick) -> None:
            if not late:
                self._first_ns = tick.ts_recv
            late.append(now_ns() - tick.ts_recv)
            if len(late) == count:
                self._last_ns = tick.ts_recv + late[-1]
                done.set()

        line.bus.subscribe(CLEAN_TICKS, take, group="bench")
        feeding = asyncio.create_task(source.run(line.intake))
        ended = asyncio.create_task(done.wait())
        until_s = monotonic_s() + _PATIENCE_S
        await asyncio.wait((feeding, ended), timeout=_PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        is_late = monotonic_s() >= until_s
        feeding.cancel()
        ended.cancel()
        await asyncio.gather(feeding, ended, return_exceptions=True)
        if not done.is_set():
            message = f"{len(late)} of {count} ticks came {'in time' if is_late else ''}; {line.intake.counts()}"
            raise RuntimeError(message)


def _bare_ns(folder: Path, count: int) -> float:
    """Return ns a tick of the binding with a callback that does nothing."""
    arguments = [str(folder), f"tcp://flood-{count}:1", ",".join(_contracts())]
    run = subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-c", _BARE, *arguments], check=False, capture_output=True, text=True, timeout=_PATIENCE_S
    )
    found = _TAKEN.search(run.stderr)
    if found is None:
        message = f"the binding alone sent nothing: {run.stderr[-400:]}"
        raise ConfigError(message)
    return int(found[2]) / int(found[1])


@contextmanager
def _front(folder: Path) -> Iterator[None]:
    """Compile the front and put it before CTP's library in every process started meanwhile.

    Raises: ConfigError: there is no C compiler, or it refuses.
    """
    library = folder / "libctp_front.so"
    command = ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(_SOURCE), "-lpthread"]
    try:
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own source, the system's compiler
    except FileNotFoundError as error:
        message = "bench ctp builds a front in C and found no C compiler (cc); install gcc or clang"
        raise ConfigError(message) from error
    except subprocess.CalledProcessError as error:
        message = f"cc could not compile ctp_front.c: {error.stderr.decode(errors='replace')[:400]}"
        raise ConfigError(message) from error
    before = os.environ.get("LD_PRELOAD")
    os.environ["LD_PRELOAD"] = str(library)
    try:
        yield
    finally:
        if before is None:
            del os.environ["LD_PRELOAD"]
        else:
            os.environ["LD_PRELOAD"] = before


def _contracts() -> list[str]:
    """Return liquid contracts' symbols, of exchanges whose prices may be whole tens."""
    listed = InstrumentTable().all()
    found = [one.symbol for one in listed if one.exchange in {"SHFE", "DCE"} and one.contract_multiplier == _TEN_TONS]
    return found[:_CONTRACTS]


def _as_list(names: list[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"
