"""Fronts in a process of their own, driven through the door for tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ctp_client import Trader, Viewer, released
from tradewind.errors import InputError
from tradewind.testing.ctp_front.control import CALLS, ControlDoor, FrontControl
from tradewind.testing.ctp_front.front import CtpFronts


@pytest.fixture
def control(fronts: CtpFronts) -> Iterator[FrontControl]:
    door = ControlDoor(fronts)
    door.open()
    client = FrontControl(door.port)
    yield client
    client.close()
    door.shut()


def test_everything_that_may_be_called_is_there() -> None:
    assert [name for name in CALLS if not callable(getattr(CtpFronts, name, None))] == []


def test_the_market_and_the_days_can_be_moved_from_outside(control: FrontControl, fronts: CtpFronts) -> None:
    control.call("quote", "au2506", 720, lots=3)
    assert control.call("settle", {"au2506": "721.02"})["au2506"] == "721.02"
    control.call("begin_day", 20250402)
    assert fronts.trading_day == "20250402"


@pytest.mark.parametrize(
    ("name", "args", "why"),
    [
        ("investors", (), "no call 'investors'"),
        ("quote", ("xx0000", 1), "no contract 'xx0000'"),
        ("fail", ("ReqUserLogin", "explode"), "no mischief 'explode'"),
        ("begin_day", (20250402,), "not settled"),
        ("fill", ("99",), "no order '99'"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    name: str, args: tuple[object, ...], why: str, control: FrontControl
) -> None:
    with pytest.raises(InputError, match=why):
        control.call(name, *args)


@pytest.mark.process
def test_fronts_run_as_a_program_of_their_own(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tradewind.testing.ctp_front", "--port", "0", "--day", "20250401"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        said = [running.stdout.readline().split() for _ in range(3)]
        places = {line[0]: line[1] for line in said}
        (tmp_path / "market").mkdir()
        viewer = Viewer(tmp_path / "market", [places["market"]])
        trader = Trader(tmp_path, [places["trading"]])
        try:
            with released(viewer, trader):
                viewer.enter()
                viewer.subscribe("au2604")
                viewer.wait("OnRtnDepthMarketData", 3)
                trader.enter()
                control = FrontControl(int(places["control"]))
                control.call("disconnect")
                trader.wait("OnFrontDisconnected")
                control.close()
        finally:
            running.terminate()
