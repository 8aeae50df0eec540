"""A terminal beside a running platform: doctor, watch, trigger and the dashboard, in the hands of an operator."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Log, Static, TabbedContent

from cut_wire import Wire
from private_ports import free_ports
from running_platform import Running, environment, tradewind
from tradewind.errors import NotAuthenticatedError
from tradewind.runtime.terminal.dashboard import Dashboard
from tradewind.runtime.terminal.door import Door
from tradewind.runtime.terminal.follower import Follower, LinkState, Wish

from waiting import eventually

pytestmark = pytest.mark.process

_PATIENCE_S = 20.0


class Platform:
    """One platform for all that follows, its live data behind a wire that can be cut."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        api, push = free_ports(2)
        self.wire = Wire(push)
        wire = f"127.0.0.1:{self.wire.port}"
        self.flags = (f"api.port={api}", f"push.port={push}", f"api.push_url=ws://{wire}/ws", f"access.hosts={wire}")
        self.running = Running(folder, *self.flags)
        with self.running.client() as client:
            self.url = str(client.base_url).rstrip("/")
            self.token = str(client.headers["Authorization"]).removeprefix("Bearer ")

    @property
    def door(self) -> Door:
        return Door(self.url, self.token)

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command as somebody with the token does, without a settings file."""
        return tradewind(*arguments, folder=self.folder, TRADEWIND_TOKEN=self.token)

    def set(self) -> list[str]:
        return [part for flag in (f"data_dir={self.folder}", *self.flags) for part in ("--set", flag)]

    def end(self) -> None:
        self.wire.close()
        self.running.end()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    made = Platform(tmp_path_factory.mktemp("terminal"))
    yield made
    made.end()


def test_doctor_finds_a_running_platform_well(platform: Platform) -> None:
    ended = platform.call("doctor", "--json", *platform.set())

    report = json.loads(ended.stdout)
    unwell = [each for each in report["findings"] if each["level"] == "fail"]
    assert unwell == [], ended.stderr
    assert ended.returncode == {"ok": 0, "warn": 1}[report["worst"]]
    said = {each["check"]: each["text"] for each in report["findings"]}
    assert "the platform runs" in said["services"]
    assert re.fullmatch(r"ours already: api \d+, push \d+", said["ports"])
    assert "at version" in said["database"]


def test_doctor_says_who_holds_a_port(platform: Platform) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        ended = platform.call("doctor", "--only", "ports", "--set", f"api.port={port}", "--set", "push.port=0")

    assert ended.returncode == 2
    assert f"port {port} of api is taken by " in ended.stdout
    assert "give api another port" in ended.stdout


def test_doctor_tells_of_settings_that_nobody_can_read(platform: Platform) -> None:
    ended = platform.call("doctor", "--json", "--set", "push.prot=1")

    assert ended.returncode == 2
    (finding,) = json.loads(ended.stdout)["findings"]
    assert finding["check"] == "settings"
    assert "push.port" in finding["text"]


def test_watch_writes_what_is_pushed_as_lines_of_json(platform: Platform) -> None:
    ended = platform.call("watch", "ticks", "-i", "au2604.SHFE", "--json", "-n", "3", "--url", platform.url)

    assert ended.returncode == 0, ended.stderr
    ticks = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(each["topic"], each["instrument_id"]) for each in ticks] == [("quotes", "au2604.SHFE")] * 3
    assert [each["seq"] for each in ticks] == list(range(ticks[0]["seq"], ticks[0]["seq"] + 3))


def test_watch_chooses_by_field_and_ends_when_its_time_is_over(platform: Platform) -> None:
    ended = platform.call("watch", "accounts", "--where", "account_id=PAPER", "--timeout", "0.5", *platform.set())

    assert ended.returncode == 3
    assert ended.stdout.split()[0] == "account"
    assert "1,000,000.00" in ended.stdout


def test_ctrl_c_ends_watching_without_a_word(platform: Platform) -> None:
    watching = subprocess.Popen(
        [sys.executable, "-m", "tradewind", "watch", "ticks", "--url", platform.url], cwd=platform.folder,
        env=environment(TRADEWIND_TOKEN=platform.token), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert watching.stdout is not None
    watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate(timeout=_PATIENCE_S)

    assert (watching.returncode, said) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "variables", "told"),
    [
        (("watch", "ticks", "--url", "http://127.0.0.1:1"), {"TRADEWIND_TOKEN": "x"}, "nothing answers at"),
        (("watch", "ticks"), {}, "put the access token"),
        (("watch", "ticks", "--url", "{url}"), {"TRADEWIND_TOKEN": "wrong"}, "not the access token"),
        (("watch", "ticks", "-i", "gold", "--url", "{url}"), {"TRADEWIND_TOKEN": "{token}"}, "au2512.SHFE"),
        (("dashboard", "--url", "{url}"), {"TRADEWIND_TOKEN": "{token}"}, "needs a terminal"),
    ],
)
def test_what_cannot_be_is_told_with_its_remedy(
    platform: Platform, arguments: tuple[str, ...], variables: dict[str, str], told: str
) -> None:
    names = {"url": platform.url, "token": platform.token}
    variables = {name: value.format(**names) for name, value in variables.items()}

    ended = tradewind(*(each.format(**names) for each in arguments), folder=platform.folder, **variables)

    assert ended.returncode == 1
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_trigger_times_each_hop_of_a_test_signal(platform: Platform) -> None:
    ended = platform.call("trigger", "--json", "--url", platform.url)

    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    took = {hop["service"]: hop["after_ms"] for hop in report["hops"]}
    assert list(took) == ["market", "features", "strategies", "signals", "risk", "push", "api"]
    assert None not in took.values()
    shown = httpx.get(f"{platform.url}/api/v1/quotes", headers={"Authorization": f"Bearer {platform.token}"})
    assert "TEST001" not in shown.text


async def test_a_cut_line_is_taken_up_where_it_was(platform: Platform) -> None:
    seqs: dict[str, list[int]] = {}
    states: list[LinkState] = []

    def take(_topic: str, events: list[dict[str, Any]], is_snapshot: bool) -> None:  # noqa: FBT001 - the follower's call
        for event in () if is_snapshot else events:
            seqs.setdefault(event["instrument_id"], []).append(event["seq"])

    follower = Follower(
        platform.door, {"quotes": Wish(mode="every")}, on_events=take,
        on_state=lambda state, _text: states.append(state),
    )  # fmt: skip
    async with _running(follower.run()):
        await eventually(lambda: len(seqs) > 3, timeout_s=_PATIENCE_S)
        before = sum(map(len, seqs.values()))
        platform.wire.cut()
        await eventually(lambda: states.count(LinkState.LIVE) == 2, timeout_s=_PATIENCE_S)
        await eventually(lambda: sum(map(len, seqs.values())) > before + 20, timeout_s=_PATIENCE_S)

    assert follower.recovered == {"quotes": True}
    holes = [
        (name, one, other) for name, each in seqs.items() for one, other in itertools.pairwise(each) if other != one + 1
    ]
    assert holes == []


async def test_who_is_not_let_in_is_told_at_once(platform: Platform) -> None:
    with pytest.raises(NotAuthenticatedError):
        await Follower(Door(platform.url, "wrong"), {"quotes": Wish()}, on_events=lambda *_: None).run()


@contextlib.asynccontextmanager
async def _running(work: Any) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_the_dashboard_shows_every_page_on_a_small_terminal(platform: Platform) -> None:
    app = Dashboard(platform.door, fresh_lines=_once("market: ticks_came"))
    async with app.run_test(size=(80, 24)) as pilot:
        await _until(pilot, lambda: _rows(app, "services") > 8 and "Tradewind" in _top(app))
        shown = {}
        for key, name, table in (
            *(("2", "latency", "hops"), ("3", "market", "quotes"), ("4", "opportunities", "opportunities")),
            *(("6", "desk", "accounts"), ("7", "streams", "streams"), ("1", "overview", "rates")),
        ):
            await pilot.press(key)
            await _until(pilot, lambda table=table: _rows(app, table) > 0)  # type: ignore[misc]  # of this round
            shown[name] = app.query_one("#pages", TabbedContent).active
            assert app.query_one(f"#{table}", DataTable).size.height >= 3, "there is room for rows"
        assert shown == {name: f"{name}-page" for name in shown}
        await pilot.press("8")
        await _until(pilot, lambda: any("ticks_came" in line for line in app.query_one("#log", Log).lines))
        await pilot.press("q")
    assert app.return_value == 0


async def test_the_dashboard_is_worked_by_keys_and_comes_back_after_a_cut(platform: Platform) -> None:
    app = Dashboard(platform.door)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await _until(pilot, lambda: _rows(app, "quotes") > 3)
        await pilot.press("slash", *"au26", "enter")
        await _until(pilot, lambda: _rows(app, "quotes") == 1)
        await pilot.press("slash", "escape")
        await _until(pilot, lambda: _rows(app, "quotes") > 3)
        await pilot.press("question_mark")
        assert "to the next table" in str(app.screen.query_one("#help", Static).content)
        await pilot.press("escape", "p")
        assert _top(app).startswith("PAUSED")
        await pilot.press("p")
        platform.wire.cut()
        await _until(pilot, lambda: app.link[0] is not LinkState.LIVE)
        await _until(pilot, lambda: app.link[0] is LinkState.LIVE)
        before = app.board.changes["quotes"]
        await _until(pilot, lambda: app.board.changes["quotes"] > before)
        assert _rows(app, "quotes") > 3, "what was shown has stayed"


async def test_a_dashboard_that_is_not_let_in_says_why(platform: Platform) -> None:
    app = Dashboard(Door(platform.url, "wrong"))
    async with app.run_test(size=(80, 24)) as pilot:
        await _until(pilot, lambda: app.refusal is not None)
    assert isinstance(app.refusal, NotAuthenticatedError)
    assert app.return_value == 1


def _once(line: str) -> Callable[[], list[str]]:
    lines = [line]
    return lambda: [lines.pop()] if lines else []


def _rows(app: Dashboard, table: str) -> int:
    return app.query_one(f"#{table}", DataTable).row_count


def _top(app: Dashboard) -> str:
    return str(app.query_one("#top", Static).content)


async def _until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not condition():
            await pilot.pause(0.05)


def test_the_list_of_commands_needs_none_of_what_they_need(tmp_path: Path) -> None:
    heavy = "{'textual', 'rich', 'sqlalchemy', 'litestar', 'picows', 'aiosmtplib'}"
    code = (
        f"import sys; from tradewind.cli.main import main; main(['--help']); print(sorted({heavy} & set(sys.modules)))"
    )

    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert ended.stdout.splitlines()[-1] == "[]"
