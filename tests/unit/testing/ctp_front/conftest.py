"""Fronts with gold at 720, and clients that speak to them; the library's silences pass a hundred times as fast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from ctp_client import Trader, Viewer, released, started
from tradewind.testing.ctp_front.binding.pacing import CLOCK_VARIABLE
from tradewind.testing.ctp_front.contracts import ContractList, contract_of
from tradewind.testing.ctp_front.front import CtpFronts
from tradewind.testing.ctp_front.settings import FrontSettings, FrontUser

DAY = 20250401
SYMBOLS = ("au2506.SHFE", "rb2510.SHFE", "m2509.DCE", "SR509.CZCE", "IF2504.CFFEX")


@pytest.fixture(autouse=True)
def _quick_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CLOCK_VARIABLE, "100")


@pytest.fixture
def fronts() -> Iterator[CtpFronts]:
    contracts = [found for name in SYMBOLS if (found := contract_of(name, DAY)) is not None]
    settings = FrontSettings(
        trading_day=DAY, users=(FrontUser(balance=Decimal(10_000_000)),), query_rate=1000, order_rate=0
    )
    fronts = CtpFronts(settings, contracts=ContractList(contracts), heartbeat_s=0.1)
    fronts.stand_at("2025-04-01 09:30:00.500")
    fronts.market.open_at("au2506", 720)
    yield from started(fronts)


@pytest.fixture
def trader(fronts: CtpFronts, tmp_path: Path) -> Iterator[Trader]:
    """Return one that is in, with the day's settlement confirmed."""
    client = Trader(tmp_path, [fronts.trading_address])
    with released(client):
        client.enter()
        yield client


@pytest.fixture
def viewer(fronts: CtpFronts, tmp_path: Path) -> Iterator[Viewer]:
    """Return one that is logged in and has subscribed to nothing."""
    folder = tmp_path / "market"
    folder.mkdir()
    client = Viewer(folder, [fronts.market_address])
    with released(client):
        client.enter()
        yield client


@pytest.fixture
def another(fronts: CtpFronts, tmp_path: Path) -> Iterator[Callable[..., Trader]]:
    """Return what makes further clients; each is released at the end."""
    made: list[Trader] = []

    def make(mode: int = 0, folder: str = "another", front: str | None = None) -> Trader:
        flow = tmp_path / folder
        flow.mkdir(exist_ok=True)
        made.append(Trader(flow, [front or fronts.trading_address], mode=mode))
        return made[-1]

    yield make
    with released(*made):
        pass
