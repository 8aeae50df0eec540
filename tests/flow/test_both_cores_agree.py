"""The whole line makes the same bytes of a market, and counts the same, with the compiled core and without it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from native_builders import require_compiled
from tradewind.native import SWITCH

SCRIPT = Path(__file__).resolve().parents[1] / "core_digest.py"
RECORDINGS = [
    "futures_tick/CFFEX.IF2101_20210104.parquet",
    "futures_tick/CFFEX.IF2101_20210105.parquet",
    "futures_tick/SHFE.cu1909_L5_200ticks.parquet",
    "us_tick/COMEX.GC201312_20131007_trade.parquet",
    "us_tick/IBM_20131007_quote.parquet",
    "us_tick/SPY_20131007_trade.parquet",
]


@pytest.fixture(autouse=True)
def _compiled() -> None:
    require_compiled()


def outcome(switch: str, kind: str, what: str) -> list[str]:
    """Return what one core made of a market: its name, then everything that must agree."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), kind, what],
        env={**os.environ, SWITCH: switch},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-5:]


def assert_agree(kind: str, what: str) -> None:
    compiled, plain = outcome("required", kind, what), outcome("off", kind, what)
    assert (compiled[0], plain[0]) == ("compiled", "plain")
    assert compiled[1:] == plain[1:]


@pytest.mark.data
@pytest.mark.parametrize("recording", RECORDINGS)
def test_recorded_markets_come_out_the_same(data_dir: Path, recording: str) -> None:
    assert_agree("recorded", str(data_dir / recording))


def test_twenty_simulated_contracts_come_out_the_same() -> None:
    assert_agree("simulated", "30000")
