"""`tradewind bench memory`: resident memory of the whole embedded process with 20 instruments at 100 ticks a second.

Starts the real thing (`tradewind run`) with a fast simulator, a browser-like client on every topic, and reads the
process' memory from the system: after the warm-up, during, and at the end. Ten minutes by default.
"""

from __future__ import annotations

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from tradewind.benches.result import BenchResult
from tradewind.kernel.clock import monotonic_s

_MINUTES: Final = 10.0
_WARMUP_MINUTES: Final = 3.0
_QUICK_MINUTES: Final = 0.3
_EVERY_S: Final = 5.0
_RATE: Final = "market.simulator.rate=3"
"""About 20 contracts at 1.7 snapshots a second each, times this, is some 100 ticks a second."""


def main(*, as_json: bool, quick: bool) -> dict[str, Any]:
    """Measure, show unless `as_json`, return the numbers."""
    minutes = _QUICK_MINUTES if quick else _MINUTES
    warmup = minutes / 3 if quick else _WARMUP_MINUTES
    samples, ticks = _watch(minutes)
    result = BenchResult("memory")
    after = [mb for at_s, mb in samples if at_s >= warmup * 60]
    third = max(1, len(after) // 3)
    growth = statistics.median(after[-third:]) - statistics.median(after[:third])
    result.figure("minutes", minutes)
    result.figure("ticks_per_s", ticks / (minutes * 60))
    result.figure("resident_mb_first", samples[0][1])
    result.figure("resident_mb_after_warmup", after[0])
    result.figure("resident_mb_end", samples[-1][1])
    result.figure("growth_after_warmup_mb", growth)
    result.goal("P13_resident_mb", max(after), 150.0, better="lower")
    result.goal("P13_growth_after_warmup_mb", growth, 1.0, better="lower")
    if not as_json:
        result.show()
    return result.as_dict()


def _watch(minutes: float) -> tuple[list[tuple[float, float]], int]:
    """Run the platform for `minutes`; return (seconds, MB) samples and the ticks that went through."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tradewind", "run"]
        for setting in (_RATE, f"data_dir={folder}", "api.port=0", "push.port=0", "log.level=warning"):
            command += ["--set", setting]
        out = Path(folder) / "out.txt"
        with out.open("wb") as sink:
            process = subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT)  # noqa: S603 - our own program
        try:
            login = _wait_for(out, process, r"(http://[\d.:]+)/login#(\S+)")
            samples = _sample(process.pid, minutes)
            ticks = _ticks(*login)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)
    return samples, ticks


def _wait_for(out: Path, process: subprocess.Popen[bytes], pattern: str) -> tuple[str, str]:
    deadline_s = monotonic_s() + 30
    while monotonic_s() < deadline_s and process.poll() is None:
        found = re.search(pattern, out.read_text(encoding="utf-8"))
        if found:
            return found[1], found[2]
        time.sleep(0.1)
    message = f"the platform did not start: {out.read_text(encoding='utf-8')[-2000:]}"
    raise RuntimeError(message)


def _sample(pid: int, minutes: float) -> list[tuple[float, float]]:
    begun_s = monotonic_s()
    page = os.sysconf("SC_PAGE_SIZE")
    samples = []
    while monotonic_s() - begun_s < minutes * 60:
        time.sleep(min(_EVERY_S, minutes * 60 / 10))
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        samples.append((monotonic_s() - begun_s, round(pages * page / 1e6, 1)))
    return samples


def _ticks(address: str, token: str) -> int:
    """Ask the running platform how many ticks it has taken in."""
    from urllib.request import Request, urlopen  # noqa: PLC0415 - once, at the end

    request = Request(f"{address}/metrics", headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - http to ourselves
    with urlopen(request, timeout=10) as answer:  # noqa: S310 - http to ourselves
        text = answer.read().decode()
    return sum(int(float(count)) for count in re.findall(r"tradewind_market_ticks_in_total\{.*?\} ([\d.e+]+)", text))
