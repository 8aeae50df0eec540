"""A service of another release beside the order line: nothing is opened, everybody says so, and it ends by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from real_redis import RealRedis
from running_platform import environment, wait_for
from tradewind import __version__
from trading_apart import AU, TradingApart

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]
_PATIENCE_S = 90.0
_OTHER = "9.9.9"
_OF_ANOTHER_RELEASE = f"""
import sys, tradewind
tradewind.__version__ = {_OTHER!r}
from tradewind.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[TradingApart]:
    server = RealRedis(tmp_path)
    server.start()
    found = TradingApart(tmp_path, server)
    yield found
    found.end()
    server.kill()


def start_of_another_release(house: TradingApart, service: str) -> subprocess.Popen[bytes]:
    """Start a service as it would be after an upgrade that has not reached the others."""
    flags = [word for flag in house.services.flags for word in ("--set", flag)]
    command = [sys.executable, "-c", _OF_ANOTHER_RELEASE, "run", service, *flags]
    with (house.folder / f"{service}-other.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=house.folder, env=environment())
    house.services.processes[f"{service}-other"] = process
    return process


def refusals(house: TradingApart) -> set[str]:
    """Return what would be said to somebody who opens now."""
    line = {"instrument_id": AU, "side": "buy", "quantity": 1}
    answer = house.post("/api/v1/what-if", {"account_id": "paper", "lines": [line]})
    assert answer.is_success, answer.text
    return set(_codes(answer.json()))


def _codes(told: Any) -> Iterator[str]:
    if isinstance(told, dict):
        yield from (told[name] for name in ("code",) if isinstance(told.get(name), str))
        for part in told.values():
            yield from _codes(part)
    elif isinstance(told, list):
        for part in told:
            yield from _codes(part)


def test_while_releases_are_mixed_nothing_is_opened_and_everything_else_goes_on(house: TradingApart) -> None:
    house.start("market", "trading", "api")
    house.wait_quote()
    assert "RELEASES_MIXED" not in refusals(house)
    risk = start_of_another_release(house, "risk")
    wait_for(lambda: "RELEASES_MIXED" in refusals(house), patience_s=_PATIENCE_S)
    mixed = wait_for(lambda: (house.get("/api/v1/system") or {}).get("mixed"), patience_s=_PATIENCE_S)
    assert mixed["mode"] == "reducing"
    assert mixed["releases"] == {__version__: ["api", "market", "trading"], _OTHER: ["risk"]}
    before = house.counted("tradewind_orders_judged_total")
    assert house.get("/api/v1/quotes")
    told = house.command("status", "--json")
    assert msgspec.json.decode(told.stdout)["redis"]["mixed"]["mode"] == "reducing"
    assert "releases are mixed" in house.command("status").stdout
    wait_for(lambda: any("releases are mixed" in text for text in _troubles(house)), patience_s=_PATIENCE_S)
    risk.terminate()
    assert risk.wait(timeout=30) == 0
    wait_for(lambda: "RELEASES_MIXED" not in refusals(house), patience_s=_PATIENCE_S)
    assert house.counted("tradewind_orders_judged_total") == before
    said = house.services.said("trading")
    assert said.count("releases_mixed") == said.count("releases_agree") == 1


def _troubles(house: TradingApart) -> list[str]:
    told = house.get("/api/v1/system") or {"services": []}
    return [each["last_error"] or "" for each in told["services"]]
