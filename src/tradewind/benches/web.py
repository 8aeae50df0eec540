"""`tradewind bench web`: the page in Chromium while the line takes in 20 000 ticks a second of 1 000 contracts.

The server has a process of its own (`web_server`), the whole embedded edition with every room; Chromium runs on the
same cores, without a screen and without a graphics card. Each figure of the market page stands beside that of a blank
page of the same run whose socket is sent the same bytes, so that what the browser itself costs can be told from what
the page costs. Long tasks count from two seconds after the page is interactive.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from tradewind.benches.result import BenchResult
from tradewind.benches.web_browser import FLAGS, Costs, Window, chromium, playwright, process_s
from tradewind.benches.web_scripts import AGES, BLANK, FOLLOW, GO, INTERACTIVE, METER, PLACES, READ, START
from tradewind.errors import ConfigError
from tradewind.kernel.clock import monotonic_s

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser, BrowserContext

_SETTLE_S: Final = 2.0
_SCREEN: Final[Any] = {"width": 1920, "height": 1080}
_SAME_FRAMES: Final = 80
"""Contracts that the blank page is sent: as many as the market page of this screen asks for."""
_HEAP_EVERY_S: Final = 10.0
_LONG_MS: Final = 50.0
_SLOWER: Final = 4
_PAUSE_S: Final = 0.05


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How much to measure."""

    instruments: int = 1_000
    rate: int = 20_000
    seconds: float = 10.0
    loads: int = 7
    pages: int = 100
    """Pages of the navigation to go between, of those there are."""
    walks: int = 3
    """How often each way is gone."""
    minutes: float = 2.0


QUICK: Final = Options(seconds=4.0, loads=3, pages=5, walks=1, minutes=0.3)


class _Server:
    """The platform under load, as its own process says it is."""

    def __init__(self, process: subprocess.Popen[bytes], told: dict[str, Any]) -> None:
        self.pid = process.pid
        self.url: str = told["url"]
        self.push_url: str = told["push_url"]
        self.token: str = told["token"]
        self.stamp_ms: int = told["stamp_ms"]
        self._process = process

    def sent(self) -> int:
        """Return how many ticks went into the line so far."""
        assert self._process.stdin is not None  # noqa: S101 - opened by us
        assert self._process.stdout is not None  # noqa: S101 - opened by us
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return int(msgspec.json.decode(self._process.stdout.readline())["sent"])


@contextlib.contextmanager
def _serving(options: Options) -> Iterator[_Server]:
    with tempfile.TemporaryDirectory() as folder:
        module = "tradewind.benches.web_server"
        command = [sys.executable, "-m", module, folder, str(options.instruments), str(options.rate)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own
        assert process.stdout is not None  # noqa: S101 - asked for
        try:
            line = process.stdout.readline()
            if not line:
                message = "the platform of the bench did not start; what it said stands above"
                raise ConfigError(message)
            yield _Server(process, msgspec.json.decode(line))
        finally:
            process.kill()
            process.wait()


def run(options: Options) -> BenchResult:
    """Measure.

    Raises: ConfigError: Playwright, Chromium or the built page is missing.
    """
    result = BenchResult("web")
    with playwright() as driver, _serving(options) as server:
        browser = driver.chromium.launch(executable_path=chromium(driver), args=list(FLAGS))
        context = _signed_in(browser, server)
        window = _opened(context, server)
        begun_s, begun_sent, spent_s = monotonic_s(), server.sent(), process_s(server.pid)
        _market(result, window, server, options)
        taken_s = monotonic_s() - begun_s
        result.figure("instruments", options.instruments)
        result.figure("ticks_into_the_line_per_s", (server.sent() - begun_sent) / taken_s)
        result.figure("server_cpu_percent", (process_s(server.pid) - spent_s) / taken_s * 100)
        _navigation(result, window, options)
        _heap(result, window, options)
        window.page.close()
        _blank(result, context, server, options)
        _loads(result, browser, server, options)
        browser.close()
    return result


def _signed_in(browser: Browser, server: _Server) -> BrowserContext:
    context = browser.new_context(viewport=_SCREEN, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    answer = page.goto(f"{server.url}/login?next=/market#{server.token}")
    if answer is None or page.locator("#app").count() == 0:
        message = "the page is not built; run `make page`"
        raise ConfigError(message)
    page.wait_for_url("**/market")
    page.wait_for_selector('[data-testid="link-state"].is-live')
    page.close()
    return context


def _opened(context: BrowserContext, server: _Server) -> Window:
    """Open the market page and wait until it has been at work for a moment."""
    page = context.new_page()
    page.add_init_script(METER)
    page.add_init_script(INTERACTIVE)
    page.goto(f"{server.url}/market")
    page.wait_for_function("() => globalThis.benchInteractive > 0")
    time.sleep(_SETTLE_S)
    return Window(page)


def _watch(window: Window, seconds: float) -> dict[str, float]:
    """Return what a stretch of time cost: frames a second, their 99th percentile, long tasks, processor time."""
    costs = Costs(window)
    window.page.evaluate(START)
    time.sleep(seconds)
    told = window.page.evaluate(READ)
    cpu, busy = costs.read()
    frames = sorted(told["frames"])
    longest = max((task["ms"] for task in told["longTasks"]), default=0.0)
    return {
        "fps": 1_000 / statistics.fmean(frames),
        "frame_p99_ms": frames[min(len(frames) - 1, len(frames) * 99 // 100)],
        "long_tasks": sum(task["ms"] > _LONG_MS for task in told["longTasks"]),
        "longest_task_ms": longest,
        "cpu_percent": cpu,
        "main_busy_percent": busy,
    }


def _market(result: BenchResult, window: Window, server: _Server, options: Options) -> None:
    seen = _watch(window, options.seconds)
    for name, value in seen.items():
        result.figure(f"market_{name}", value)
    result.goal("fps", seen["fps"], 50.0, better="higher")
    result.goal("long_tasks", seen["long_tasks"], 0.0, better="lower")
    ages = sorted(window.page.evaluate(AGES, {"seconds": options.seconds / 2, "wrap": server.stamp_ms}) or ())
    if not ages:
        message = "the market page shows no quantities at the bid; the bench reads its stamps there"
        raise ConfigError(message)
    result.goal("tick_to_paint_p50_ms", ages[len(ages) // 2], 25.0, better="lower")
    result.goal("tick_to_paint_p99_ms", ages[len(ages) * 99 // 100], 55.0, better="lower")
    # Sorted by what moves, the page needs the rows out of sight as well.
    window.page.locator(".grid-head [role=columnheader] button").nth(4).click()
    time.sleep(_SETTLE_S)
    result.figure("sorted_live_fps", (in_order := _watch(window, options.seconds))["fps"])
    result.figure("sorted_live_cpu_percent", in_order["cpu_percent"])
    result.figure("sorted_live_longest_task_ms", in_order["longest_task_ms"])
    window.slow_down(_SLOWER)
    result.figure("slower_4x_fps", _watch(window, options.seconds / 2)["fps"])
    window.slow_down(1)


def _navigation(result: BenchResult, window: Window, options: Options) -> None:
    """Go between every two pages; each is loaded by its first visit, and costs what the browser asks for it then."""
    places: list[str] = window.page.evaluate(PLACES)[: options.pages]
    first = [window.page.evaluate(GO, path) for path in (*places[1:], places[0])]
    taken: dict[tuple[str, str], list[float]] = {}
    # Once is chance: a garbage collection, a burst of the market.
    walk = walk_of(places)[1:] * options.walks
    for start, end in pairwise([places[0], *walk]):
        taken.setdefault((start, end), []).append(window.page.evaluate(GO, end))
        time.sleep(_PAUSE_S)
    medians = {pair: statistics.median(values) for pair, values in taken.items()}
    worst = max(medians, key=lambda pair: medians[pair])
    click.echo(f"  the slowest way: {worst[0]} → {worst[1]}", err=True)
    result.figure("pages", len(places))
    result.figure("navigation_first_visit_longest_ms", max(first))
    result.figure("navigation_p50_ms", statistics.median(medians.values()))
    result.goal("navigation_longest_ms", medians[worst], 100.0, better="lower")


def walk_of(places: Sequence[str]) -> list[str]:
    """Return a way that goes from each place to each other."""
    way = list(places[:1])
    for at, start in enumerate(places):
        for end in places[at + 1 :]:
            way += [end, start]
        way += places[at + 1 : at + 2]
    return way


def _heap(result: BenchResult, window: Window, options: Options) -> None:
    """Watch what the page keeps, after every forced collection."""
    window.page.evaluate(GO, "/market") if not window.page.url.endswith("/market") else None
    time.sleep(_SETTLE_S)
    kept = [window.heap_mb()]
    until_s = monotonic_s() + options.minutes * 60
    while (left_s := until_s - monotonic_s()) > 0:
        # The meter's own notes are no part of the page.
        window.page.evaluate(START)
        time.sleep(min(_HEAP_EVERY_S, left_s))
        kept.append(window.heap_mb())
    third = max(1, len(kept) // 3)
    growth = statistics.median(kept[-third:]) - statistics.median(kept[:third])
    result.figure("heap_minutes", options.minutes)
    result.figure("heap_mb", kept[-1])
    result.goal("heap_growth_mb", growth, 2.0, better="lower")


def _blank(result: BenchResult, context: BrowserContext, server: _Server, options: Options) -> None:
    """Measure a page that is sent the same and does nothing with it."""
    page = context.new_page()
    page.add_init_script(METER)
    page.route("**/blank", lambda route: route.fulfill(content_type="text/html", body=BLANK))
    page.goto(f"{server.url}/blank")
    known = page.evaluate("async () => (await (await fetch('/api/v1/instruments')).json()).map((i) => i.instrument_id)")
    page.evaluate(FOLLOW, {"url": server.push_url, "instruments": sorted(known[:_SAME_FRAMES])})
    time.sleep(_SETTLE_S)
    seen = _watch(Window(page), options.seconds)
    result.figure("blank_messages", page.evaluate("benchMessages"))
    result.figure("blank_fps", seen["fps"])
    result.figure("blank_cpu_percent", seen["cpu_percent"])
    result.ratio("market_cpu_vs_blank", result.figures["market_cpu_percent"] / max(seen["cpu_percent"], 0.1))
    result.ratio("market_fps_vs_blank", result.figures["market_fps"] / seen["fps"])
    page.close()


def _loads(result: BenchResult, browser: Browser, server: _Server, options: Options) -> None:
    """Open the market page with an empty cache, signed in, again and again."""
    state: Any = browser.contexts[0].storage_state()
    painted, ready = [], []
    for _ in range(options.loads):
        context = browser.new_context(viewport=_SCREEN, storage_state=state)
        page = context.new_page()
        page.add_init_script(INTERACTIVE)
        page.goto(f"{server.url}/market")
        ready.append(page.wait_for_function("() => globalThis.benchInteractive").json_value())
        painted.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        context.close()
    result.goal("first_contentful_paint_ms", statistics.median(painted), 1_000.0, better="lower")
    result.goal("interactive_ms", statistics.median(ready), 1_500.0, better="lower")


def main(as_json: bool, quick: bool, minutes: float | None = None) -> dict[str, Any]:  # noqa: FBT001 - the benches' common signature
    """Run, show unless JSON is wanted, and return the figures; `minutes` is how long the heap is watched."""
    options = QUICK if quick else Options()
    result = run(options if minutes is None else msgspec.structs.replace(options, minutes=minutes))
    if not as_json:
        result.show()
    return result.as_dict()
