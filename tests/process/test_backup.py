"""The drill as an operator does it: a running platform backed up, its machine lost, another begun from the backup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from running_platform import Running, tradewind, wait_for
from tradewind.kernel.ids import new_epoch

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]
TRADES, ORDERS, ROOMS = "/api/v1/records/trades", "/api/v1/records/orders", "/api/v1/chat/rooms"
OVER = {"filled", "refused", "cancelled", "rejected"}


def places(folder: Path) -> tuple[str, ...]:
    return f"data_dir={folder / 'var'}", f"market.recording.folder={folder / 'recordings'}"


def call(folder: Path, *words: str) -> Any:
    flags = [word for flag in places(folder) for word in ("--set", flag)]
    done = tradewind(*words, *flags, folder=folder)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def platforms(tmp_path: Path) -> Any:
    started: list[Running] = []

    def start(name: str) -> Running:
        folder = tmp_path / name
        (folder / "var").mkdir(parents=True, exist_ok=True)
        running = Running(folder / "var", *places(folder)[1:])
        started.append(running)
        return running

    yield start
    for running in started:
        running.end()


def test_a_machine_that_is_lost_comes_back_from_its_backup(platforms: Any, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    platform = platforms("here")
    with platform.client() as client:
        wait_for(lambda: buy(client).is_success and client.get(TRADES).json()["rows"])
        (room, *_) = wait_for(lambda: isinstance(rooms := client.get(ROOMS).json(), list) and rooms)
        assert act(client, f"{ROOMS}/{room['room']}/messages", {"text": "备份前的一句话"}).is_success
        wait_for(lambda: {row["status"] for row in client.get(ORDERS).json()["rows"]} <= OVER)
        wait_for(lambda: all(is_booked(row) for row in client.get(TRADES).json()["rows"]))
        before = told(client)
        code, out, err = call(here, "backup", "create", "--json")
        assert code == 0, err
        made = msgspec.json.decode(out)
        token = client.headers["Authorization"]
    platform.process.kill()
    assert call(here, "backup", "verify")[0] == 0
    code, out, _ = call(here, "backup", "list")
    assert (code, made["name"] in out, made["state"][:16] in out) == (0, True, True)

    there.mkdir()
    folder = here / "var" / "backups" / made["name"]
    code, _, err = call(there, "backup", "restore", str(folder), "--seal", "00")
    assert (code, "it is another backup" in err) == (1, True)
    code, out, err = call(there, "backup", "restore", str(folder), "--seal", made["seal"])
    assert code == 0, err
    assert f"state       {made['state']}, as in the backup" in out
    assert "as they were written" in out
    code, _, err = call(there, "backup", "restore", str(folder))
    assert (code, "into an empty place only" in err) == (1, True)

    platform = platforms("there")
    (first,) = platform.lines(1)
    address = first[first.index("http://") :].split()[0]
    with httpx.Client(base_url=address, headers={"Authorization": token}, timeout=10) as client:
        # What follows from the books is written again as they are read.
        wait_for(lambda: all(is_booked(row) for row in client.get(TRADES).json()["rows"]))
        assert told(client) == before
        assert "HALTED" in buy(client).text
        assert told(client)[0] == before[0]
    code, out, _ = call(there, "halt", "--status")
    assert (code, "compare with the broker" in out) == (3, True)
    assert call(there, "audit", "verify")[0] == 0


def act(client: httpx.Client, path: str, body: object) -> httpx.Response:
    return client.post(path, json=body, headers={"idempotency-key": new_epoch()})


def buy(client: httpx.Client) -> httpx.Response:
    """Buy two lots of whatever is traded."""
    instrument_id = client.get("/api/v1/instruments").json()[0]["instrument_id"]
    line = {"instrument_id": instrument_id, "side": "buy", "quantity": 2, "execution": {"slip_ticks": 20}}
    return act(client, "/api/v1/instructions", {"account_id": "paper", "lines": [line]})


def is_booked(trade: dict[str, Any]) -> bool:
    """Tell whether all is known of a fill; its results follow it a moment later."""
    return trade["commission"] is not None and trade["close_pnl"] is not None


def told(client: httpx.Client) -> list[Any]:
    """What the platform says of the past."""
    (room, *_) = wait_for(lambda: isinstance(rooms := client.get(ROOMS).json(), list) and rooms)
    messages = client.get(f"{ROOMS}/{room['room']}/messages").json()
    return [client.get(TRADES).json()["rows"], client.get(ORDERS).json()["rows"], messages]
