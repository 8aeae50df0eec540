"""The browser half of the web bench: Chromium without a screen, its processes and what they cost."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tradewind.errors import ConfigError
from tradewind.kernel.clock import monotonic_s

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import CDPSession, Page, Playwright

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-precise-memory-info",
    "--disable-features=LocalNetworkAccessChecks",
)
"""Software raster: the worst case of a machine without a screen. The blank page comes from nowhere, so that a check of
where pages come from would keep it from the server; our own page passes it."""
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


def playwright() -> Any:  # noqa: ANN401 - the driver's own type, where it is installed
    """Return what starts the driver.

    Raises: ConfigError: it is not installed.
    """
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - of the tests' requirements
    except ImportError as error:
        message = "bench web drives Chromium by Playwright, which is not installed; pip install playwright"
        raise ConfigError(message) from error
    return sync_playwright()


def chromium(driver: Playwright) -> str:
    """Return the path of the browser.

    Raises: ConfigError: there is none.
    """
    wanted = (os.environ.get("CHROMIUM"), *map(shutil.which, _NAMES), driver.chromium.executable_path)
    found = next((path for path in wanted if path and Path(path).exists()), None)
    if found is None:
        message = "bench web needs Chromium: apt-get install chromium fonts-noto-cjk, or set CHROMIUM to its path"
        raise ConfigError(message)
    return found


def _parents() -> dict[int, tuple[int, str, int]]:
    """Return of every process: its parent, its name, and its processor time in clock ticks."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # It has ended meanwhile.
        head, _, rest = text.rpartition(")")
        fields = rest.split()
        found[int(folder.name)] = (int(fields[1]), head.partition("(")[2], int(fields[11]) + int(fields[12]))
    return found


def browser_processes(root: int | None = None) -> Iterator[tuple[int, float]]:
    """Yield every Chromium process below `root` (this one): its id and its processor time in seconds."""
    table = _parents()
    root = root or os.getpid()
    for pid, (_, name, ticks) in table.items():
        above = pid
        while above in table and above != root:
            above = table[above][0]
        if above == root and "chrom" in name:
            yield pid, ticks / _TICKS_PER_S


def process_s(pid: int) -> float:
    """Return one process' processor time in seconds."""
    return _parents()[pid][2] / _TICKS_PER_S


class Window:
    """One page and its line to the tools of the browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.tools: CDPSession = page.context.new_cdp_session(page)
        self.tools.send("Performance.enable")

    def metric(self, name: str) -> float:
        """Return one of the browser's own counters."""
        told = self.tools.send("Performance.getMetrics")["metrics"]
        return next(float(each["value"]) for each in told if each["name"] == name)

    def heap_mb(self) -> float:
        """Return what the page's heap holds once everything that nobody needs is gone."""
        self.tools.send("HeapProfiler.enable")
        self.tools.send("HeapProfiler.collectGarbage")
        return self.metric("JSHeapUsedSize") / 1e6

    def slow_down(self, factor: float) -> None:
        """Let the main thread be so many times as slow; 1 is its own speed."""
        self.tools.send("Emulation.setCPUThrottlingRate", {"rate": factor})


class Costs:
    """What the browser and the main thread spend from now on."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._begun_s = monotonic_s()
        self._busy_s = window.metric("TaskDuration")
        self._before = dict(browser_processes())

    def read(self) -> tuple[float, float]:
        """Return the share of one core that all of Chromium took, and how busy the main thread was, in percent."""
        taken_s = monotonic_s() - self._begun_s
        spent_s = sum(seconds - self._before.get(pid, 0.0) for pid, seconds in browser_processes())
        busy_s = self._window.metric("TaskDuration") - self._busy_s
        return spent_s / taken_s * 100, busy_s / taken_s * 100
