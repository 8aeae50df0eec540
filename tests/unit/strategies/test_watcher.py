"""The watcher looks into the folder again and again, as a service of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from strategies_builders import strategy_room
from tradewind.strategies import StrategyFolderWatcher, StrategySettings

STRATEGY = """
import msgspec


class Quiet:
    class Params(msgspec.Struct):
        pass

    def __init__(self, params):
        pass

    def on_bar(self, bar):
        return None
"""


def drop_in(folder: Path) -> None:
    path = folder / "quiet.py"
    path.write_text(STRATEGY)
    path.chmod(0o600)


@pytest.fixture
def private_folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


async def test_a_file_that_comes_while_running_is_loaded(private_folder: Path) -> None:
    room = strategy_room(folder=str(private_folder))
    watcher = StrategyFolderWatcher(
        settings=StrategySettings(folder=str(private_folder), folder_poll_s=0.001), service=room.service
    )
    task = asyncio.create_task(watcher.run())
    drop_in(private_folder)
    async with asyncio.timeout(10):
        while not room.service.reports():  # noqa: ASYNC110 - the report is the fact
            await asyncio.sleep(0.001)
    assert [report.hooks for report in room.service.reports()] == [("on_bar",)]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    room.service.detach()


async def test_without_a_folder_there_is_nothing_to_watch() -> None:
    room = strategy_room()
    watcher = StrategyFolderWatcher(settings=StrategySettings(), service=room.service)
    assert watcher.name == "strategy_folder"
    await asyncio.wait_for(watcher.run(), timeout=5)
    room.service.detach()
