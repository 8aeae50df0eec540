"""The whole process put together: what one part must hear of another."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tradewind.errors import ConfigError
from tradewind.identity import IdentityService
from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.runtime.embedded import Embedded
from tradewind.runtime.embedded_process import check_embedded
from tradewind.runtime.identity import access_tokens
from tradewind.runtime.open_files import allow_connections
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.source_words import describe_source

from waiting import eventually


def settings_in(folder: Path, *flags: str) -> TradewindSettings:
    return load(TradewindSettings, flags=[f"data_dir={folder}", *flags]).settings


def test_pages_with_a_live_connection_count_as_being_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_in(tmp_path, "quotes.enabled=true")
    embedded = Embedded(settings, metrics=Metrics(), tokens=access_tokens(settings))
    (identity,) = [service for service in embedded.services if isinstance(service, IdentityService)]
    assert embedded.quotes is not None
    monkeypatch.setattr(embedded.push, "session_ids", lambda: ["page"])
    monkeypatch.setattr(embedded.quotes, "session_ids", lambda: ["lookup"])
    assert list(identity._open_pages()) == ["page", "lookup"]


def test_a_check_starts_nothing_writes_nothing_and_runs_no_code_of_the_operator(tmp_path: Path) -> None:
    folder = tmp_path / "strategies"
    folder.mkdir(mode=0o700)
    (folder / "mine.py").write_text("raise SystemExit", encoding="utf-8")
    check_embedded(settings_in(tmp_path, f"strategies.folder={folder}"))
    assert [path.name for path in tmp_path.iterdir()] == ["strategies"]


@pytest.mark.parametrize(
    ("flag", "told"),
    [
        ("market.source=replay", "name a recording"),
        ("market.source=ctp", r"market\.ctp\.fronts must name at least one front"),
        ("market.simulator.instruments=zz", "no simulated contract 'zz'"),
        ("strategies.enabled=rsj", "built in are"),
        ("market.recording.folder=/dev/null", "market.recording.folder must be a folder"),
    ],
)
def test_a_check_finds_what_would_stop_the_start(tmp_path: Path, flag: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        check_embedded(settings_in(tmp_path, flag))


@pytest.mark.parametrize(
    ("instruments", "told"),
    [
        ("", "all liquid contracts round the clock, seed 1"),
        ("au2604.SHFE", "1 contract round the clock, seed 1"),
        ("au2604.SHFE,rb2605.SHFE", "2 contracts round the clock, seed 1"),
    ],
)
def test_the_simulated_market_is_told_in_a_few_words(tmp_path: Path, instruments: str, told: str) -> None:
    assert describe_source(settings_in(tmp_path, f"market.simulator.instruments={instruments}")) == told


@asynccontextmanager
async def working(folder: Path) -> AsyncIterator[tuple[Embedded, Callable[[str], Callable[[], Awaitable[None]]]]]:
    """A simulated market of one contract, and what starts a service of the process and returns what ends it."""
    settings = settings_in(folder, "market.simulator.instruments=au2604.SHFE")
    embedded = Embedded(settings, metrics=Metrics(), tokens=access_tokens(settings))
    embedded.attach()
    services = {service.name: service for service in embedded.services}
    tasks = []

    def start(name: str) -> Callable[[], Awaitable[None]]:
        task = asyncio.create_task(services[name].run())
        tasks.append(task)

        async def end() -> None:
            task.cancel()
            await asyncio.wait([task])

        return end

    yield embedded, start
    for task in reversed(tasks):
        task.cancel()
        await asyncio.wait([task])
    embedded.detach()


async def test_a_desk_that_opens_late_knows_the_newest_price_of_each_contract(tmp_path: Path) -> None:
    async with working(tmp_path) as (embedded, start):
        end_market = start("market")
        await eventually(lambda: bool(embedded.line.market.instruments()))
        await end_market()
        assert embedded.desk is not None
        work = embedded.desk.rooms.instructions.desk
        assert work.market("au2604.SHFE") is None
        start("trading")
        await embedded.desk.service.wait_open()
        assert work.market("au2604.SHFE") is not None


async def test_nothing_is_traded_in_what_the_market_was_before_the_start(tmp_path: Path) -> None:
    began_ns = SystemClock().now_ns()
    async with working(tmp_path) as (embedded, start):
        start("trading")
        await asyncio.sleep(0.2)
        assert embedded.desk is not None
        assert not embedded.desk.service.is_open
        start("market")
        await embedded.desk.service.wait_open()
        assert embedded.line.clock.now_ns() >= began_ns - NS_PER_S


def test_the_limit_of_open_files_is_lifted_to_what_the_connections_allowed_need(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
        allow_connections(settings_in(tmp_path, "push.max_clients=1000", "api.connections=100"))
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (1_356, before[1])
        allow_connections(settings_in(tmp_path, "push.max_clients=10", "api.connections=10"))
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (1_356, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
