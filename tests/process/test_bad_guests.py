"""Strategies and clients that misbehave in a running platform: each is told and counted, the others go on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from running_platform import Running, wait_for

pytestmark = pytest.mark.process
Start = Callable[..., Running]

_STRATEGY = """
import msgspec
from tradewind.domain.signal import Signal


class Guest:
    class Params(msgspec.Struct):
        pass

    def __init__(self, params):
        self.seen = 0

    def on_tick(self, tick):
        {behaviour}
"""
_BEHAVIOUR = {
    "decent": "self.seen += 1",
    "raising": "raise ValueError('no good')",
    "hanging": "while True: pass",
    "flooding": "return Signal(tick.instrument_id, 'flood', 'buy', 0.5, 50.0)",
    "nonsense": "return 'buy, buy, buy'",
}
_EVIDENCE = {
    "raising": "errors within",
    "hanging": "did not return within 200 ms",
    "flooding": "signals a minute",
    "nonsense": "answered str 'buy, buy, buy'; a Signal, a list of them or None is allowed",
}


def _strategies(client: httpx.Client) -> dict[str, dict[str, Any]]:
    return {report["name"]: report["health"] for report in client.get("/api/v1/strategies").json()}


@pytest.fixture
def guests(tmp_path: Path) -> Path:
    """Return a watched folder with one strategy of each kind of manners, and a file that is no Python."""
    folder = tmp_path / "strategies"
    folder.mkdir(mode=0o700)
    for name, behaviour in _BEHAVIOUR.items():
        (folder / f"{name}.py").write_text(_STRATEGY.format(behaviour=behaviour), encoding="utf-8")
    (folder / "broken.py").write_text("def (", encoding="utf-8")
    for path in folder.iterdir():
        path.chmod(0o600)
    return folder


def test_strategies_that_misbehave_are_quarantined_and_the_line_goes_on(
    start: Start, tmp_path: Path, guests: Path
) -> None:
    platform = start(
        tmp_path,
        f"strategies.folder={guests}",
        "strategies.enabled=rsi",
        "strategies.hang_ms=200",
        "strategies.cpu_budget_us=0",
        "strategies.max_signals_per_minute=2",
    )
    with platform.client() as client:
        # The simulator begins with what was before: who was let back in and did it again may be stopped by now.
        wait_for(lambda: all(_strategies(client)[name]["state"] in {"quarantined", "stopped"} for name in _EVIDENCE))
        found = _strategies(client)
        for name, evidence in _EVIDENCE.items():
            assert evidence in found[name]["evidence"], name
        assert {name for name, health in found.items() if health["state"] == "active"} == {"decent", "rsi"}
        before = client.get("/api/v1/system").json()
        wait_for(
            lambda: (
                client.get("/api/v1/system").json()["counters"]["tradewind_market_ticks_clean_total"][""]
                > before["counters"]["tradewind_market_ticks_clean_total"][""]
            )
        )
        assert set(before["strategy_errors"]) == {str(guests / "broken.py")}
        health = client.get("/gateway/health")
        metrics = client.get("/metrics").text
    (strategies,) = [view for view in health.json()["services"] if view["name"] == "strategies"]
    assert health.status_code == 200
    assert "broken.py could not be loaded: SyntaxError" in strategies["last_error"]
    for reason in ("flood", "no_signal"):
        assert f'tradewind_signals_refused_total{{reason="{reason}"}}' in metrics
    for name in _EVIDENCE:
        # One that was let back in meanwhile misbehaved again.
        assert re.search(rf'^tradewind_strategies_quarantines_total{{strategy="{name}"}} [1-9]', metrics, re.MULTILINE)
    assert platform.stop() == 0
    assert "Traceback" not in "".join(platform.said)


def _connected(platform: Running, client: httpx.Client) -> ClientConnection:
    headers = {"Authorization": client.headers["Authorization"]}
    return connect(platform.push_address(), additional_headers=headers, compression=None, proxy=None)


def _heard(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while (message := json.loads(socket.recv(timeout=10)))["type"] != kind:
        pass
    heard: dict[str, Any] = message
    return heard


def test_malformed_and_oversized_frames_harm_nobody_but_their_sender(start: Start, tmp_path: Path) -> None:
    platform = start(tmp_path)
    with platform.client() as client, _connected(platform, client) as decent:
        decent.send('{"op":"subscribe","topic":"quotes"}')
        with _connected(platform, client) as clumsy:
            clumsy.send("{")
            assert _heard(clumsy, "error")["code"] == "bad_json"
            clumsy.send("x" * 100_000)
            with pytest.raises(ConnectionClosed) as closed:
                _heard(clumsy, "never")
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1009
        with _connected(platform, client) as binary:
            binary.send(b"\x00\x01")
            with pytest.raises(ConnectionClosed) as closed:
                _heard(binary, "never")
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4400
        for _ in range(3):
            _heard(decent, "delta")
        metrics = client.get("/metrics").text
        assert client.get("/gateway/health").status_code == 200
    for code in ("bad_json", "closed_1009", "closed_4400"):
        assert f'tradewind_push_commands_refused_total{{code="{code}"}} 1.0' in metrics
    assert platform.stop() == 0
    assert "Traceback" not in "".join(platform.said)
