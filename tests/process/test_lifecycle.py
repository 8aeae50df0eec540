"""Production mode on one machine: everything started, watched, killed, tested with a tick, stopped without a trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from installation import Installation
from real_redis import RealRedis
from running_platform import environment, wait_for
from tradewind.runtime.lifecycle.places import Places
from tradewind.runtime.services import PROGRAMS, ROWS

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]

OFF_THE_LINE = frozenset({"control"})
"""Services that no tick passes through."""
PASSWORD = "front-pass-4711"  # noqa: S105 - made up for this test


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRedis]:
    server = RealRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, redis: RealRedis) -> Iterator[Installation]:
    """Every service, started once for the tests of this file."""
    installation = Installation(tmp_path_factory.mktemp("whole"), redis.url)
    try:
        started = installation.call("start", TRADEWIND_MARKET__CTP__PASSWORD=PASSWORD)
        assert started.returncode == 0, started.stdout + started.stderr
        assert [line.split()[:2] for line in started.stdout.splitlines()] == [
            *([name, "started,"] for name in PROGRAMS), ["log", "in"],
        ]  # fmt: skip
        yield installation
        stopped = installation.call("stop")
        assert stopped.returncode == 0, stopped.stdout + stopped.stderr
        assert installation.processes() == {}
        assert installation.status()["code"] == 3
    finally:
        installation.end()


def test_a_secret_that_no_file_may_hold_reaches_its_service_and_no_file(whole: Installation) -> None:
    told = Path(f"/proc/{whole.pid('market')}/environ").read_bytes().split(b"\0")
    assert f"TRADEWIND_MARKET__CTP__PASSWORD={PASSWORD}".encode() in told
    files = [path for path in whole.folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]


def test_status_tells_of_each_service_and_sums_up_in_its_exit_code(whole: Installation) -> None:
    report = wait_for(lambda: (found := whole.status())["code"] == 0 and found)
    rows = report["services"]
    assert list(rows) == list(PROGRAMS)
    assert {row["state"] for row in rows.values()} == {"running"}
    assert all(row["memory_mb"] > (10 if name in ROWS else 1) for name, row in rows.items())
    assert all(row["uptime_s"] >= 0 and row["last_error"] == "" for row in rows.values())
    assert all(rows[name]["lag_ms"] is not None for name in ROWS if name not in OFF_THE_LINE | {"market"})
    assert all(rows[name]["rate_per_s"] is not None for name in ROWS)
    assert rows["market"]["rate_per_s"] > 0
    assert report["redis"]["is_here"]
    table = whole.call("status").stdout
    assert [line.split()[0] for line in table.splitlines()] == ["service", *PROGRAMS, "redis"]


def test_a_second_start_changes_nothing(whole: Installation) -> None:
    before = {name: row["pid"] for name, row in whole.status()["services"].items()}
    again = whole.call("start")
    assert again.returncode == 0
    assert all("runs already" in line for line in again.stdout.splitlines())
    assert {name: row["pid"] for name, row in whole.status()["services"].items()} == before


def test_a_rolling_restart_renews_what_is_named_one_after_another_and_the_gateway_stays(whole: Installation) -> None:
    before = {name: row["pid"] for name, row in whole.status()["services"].items()}
    ended = whole.call("restart", "--rolling", "signals", "push")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [line.split()[:2] for line in ended.stdout.splitlines()] == [["push", "started,"], ["signals", "started,"]]
    after = {name: row["pid"] for name, row in whole.status()["services"].items()}
    assert {name for name in PROGRAMS if after[name] != before[name]} == {"push", "signals"}
    refused = whole.call("restart", "--rolling", "gateway")
    assert refused.returncode == 2
    assert "every connection goes through the gateway" in refused.stderr


def test_a_drained_push_is_gone_until_it_is_started_again(whole: Installation) -> None:
    ended = whole.call("drain", "push")
    assert (ended.returncode, ended.stdout.split()[:2]) == (0, ["push", "drained;"]), ended.stdout + ended.stderr
    assert whole.status()["services"]["push"]["state"] == "stopped"
    assert whole.call("start", "push").returncode == 0
    assert whole.call("drain", "market").returncode == 2


def test_a_test_tick_is_seen_at_every_hop_and_stays_nowhere(whole: Installation, redis: RealRedis) -> None:
    for _ in range(2):
        ended = whole.call("test", "--json")
        report = msgspec.json.decode(ended.stdout)
        assert (ended.returncode, report["failure"]) == (0, ""), ended.stdout
        after = {hop["service"]: hop["after_ms"] for hop in report["hops"]}
        assert list(after) == [name for name in PROGRAMS if name not in OFF_THE_LINE]
        assert after["market"] <= after["features"] <= after["strategies"] <= after["signals"]
    versions = [msgspec.json.decode(payload)["event"]["state"] for payload in _of_tests(redis, "dfp:opportunities")]
    assert versions == ["NEW", "CLOSED"] * 2
    assert _of_tests(redis, "tradewind:bars") == _of_tests(redis, "tradewind:risk_alerts") == []
    shown = httpx.get(f"http://127.0.0.1:{whole.ports['api_port']}/opportunities", timeout=10).text
    assert "TEST001" not in shown


def test_doctor_and_trigger_know_services_that_run_apart(whole: Installation) -> None:
    report = msgspec.json.decode(whole.call("doctor", "--json", "--timeout", "20").stdout)
    said = {each["check"]: each["text"] for each in report["findings"]}
    assert [each for each in report["findings"] if each["level"] == "fail"] == []
    assert "ours already" in said["ports"]
    assert "run well" in said["services"]
    assert "Redis" in said["redis"]
    ended = whole.call("trigger", "--json", "--timeout", "20")
    after = {hop["service"]: hop["after_ms"] for hop in msgspec.json.decode(ended.stdout)["hops"]}
    assert (ended.returncode, list(after)) == (0, ["market", "features", "strategies", "signals", "risk", "push"])
    assert None not in after.values()


def _of_tests(redis: RealRedis, key: str) -> list[bytes]:
    entries: Any = redis.client.xrange(key)
    return [fields[b"payload"] for _, fields in entries if b"TEST001" in fields[b"payload"]]


def test_a_service_killed_comes_back_and_the_line_goes_on(whole: Installation) -> None:
    pid = whole.pid("features")
    os.kill(pid, signal.SIGKILL)
    row = wait_for(
        lambda: (
            (found := whole.status()["services"]["features"])["state"] == "running" and found["pid"] != pid and found
        )
    )
    assert row["pid"] != pid
    assert whole.call("test", "features", "--timeout", "20").returncode == 0


def test_logs_of_all_are_one_in_the_order_of_time_and_go_on(whole: Installation) -> None:
    lines = whole.call("logs", "12").stdout.splitlines()
    assert len(lines) == 12
    stamps = [msgspec.json.decode(line.split(maxsplit=1)[1])["timestamp"] for line in lines]
    assert stamps == sorted(stamps)
    following = subprocess.Popen(
        [sys.executable, "-m", "tradewind", "logs", "-f", "1", "risk"],
        cwd=whole.folder, env=environment(PYTHONUNBUFFERED="1"), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert following.stdout is not None
        assert following.stdout.readline().startswith("{")
        assert whole.call("restart", "risk").returncode == 0
        assert any('"stopped"' in following.stdout.readline() for _ in range(5))
    finally:
        following.kill()
        following.communicate()


def test_a_hop_that_does_not_answer_is_named_and_the_rest_is_told(whole: Installation) -> None:
    assert whole.call("stop", "strategies").returncode == 0
    try:
        ended = whole.call("test", "risk", "push", "--timeout", "1")
        assert ended.returncode == 1
        assert ended.stderr.startswith("tradewind: test: strategies did not answer within 1 s: a signal on ")
        assert ended.stderr.count("\n") == 1
        report = whole.status()
        assert (report["code"], report["services"]["strategies"]["state"]) == (0, "stopped")
    finally:
        assert whole.call("start", "strategies").returncode == 0


def test_a_gateway_killed_comes_back_on_its_port_and_leaves_no_worker_behind(whole: Installation) -> None:
    entry = f"http://127.0.0.1:{whole.gateway_port}/opportunities"
    assert httpx.get(entry, timeout=10).status_code == 200
    before = {pid for pid, words in whole.processes().items() if "nginx" in words}
    whole.kill("gateway")
    after = wait_for(
        lambda: (
            (found := {pid for pid, words in whole.processes().items() if "nginx: " in words})
            and not found & before
            and found
        )
    )
    assert len(after) >= 1
    wait_for(lambda: whole.status()["services"]["gateway"]["state"] == "running")
    assert httpx.get(entry, timeout=10).status_code == 200
    whole.kill("gateway")
    assert whole.call("stop", "gateway").stdout.split() == ["gateway", "stopped"]
    assert not [words for words in whole.processes().values() if "nginx" in words]
    again = whole.call("start", "gateway")
    assert again.stdout.startswith("gateway     started, pid "), again.stdout + again.stderr


@pytest.fixture
def small(tmp_path: Path, redis: RealRedis) -> Iterator[Installation]:
    """An installation of which a test starts what it needs."""
    installation = Installation(tmp_path, redis.url, stop_s=1)
    yield installation
    installation.end()


def test_push_alone_starts_and_stops_and_the_others_are_left_alone(small: Installation) -> None:
    assert small.call("start", "push").returncode == 0
    report = wait_for(lambda: (found := small.status())["code"] == 0 and found)
    states = {name: row["state"] for name, row in report["services"].items()}
    assert states == dict.fromkeys(PROGRAMS, "stopped") | {"push": "running"}
    assert small.call("stop", "push").stdout.split() == ["push", "stopped"]
    assert small.processes() == {}
    assert small.call("status").returncode == 3


def test_settings_of_the_call_reach_the_service_whichever_layer_they_come_from(small: Installation) -> None:
    other = small.folder / "other.toml"
    other.write_text((small.folder / "tradewind.toml").read_text(encoding="utf-8") + "\n[market.simulator]\nseed = 7\n")
    call = ("--config", "other.toml", "--set", "strategies.params={'rsi':{'period':9}}".replace("'", '"'))
    secret = {"TRADEWIND_LOG__LEVEL": "warning"}
    assert small.call("start", "push", *call, **secret).returncode == 0
    words = next(words for words in small.processes().values() if "tradewind run push" in words)
    frozen = words.split("--config ")[1].split()[0]
    shown = small.call("config", "show", "--config", frozen).stdout
    for line in ("market.simulator.seed = 7", "strategies.params = { rsi = { period = 9 } }", 'log.level = "warning"'):
        assert line in shown
    again = small.call("start", "push")
    assert "with the settings it was started with; `tradewind restart push` gives it these" in again.stdout


def test_when_the_supervisor_is_killed_its_services_end_and_a_start_begins_anew(small: Installation) -> None:
    assert small.call("start", "push").returncode == 0
    supervisor = small.status()["supervisor_pid"]
    os.kill(supervisor, signal.SIGKILL)
    wait_for(lambda: not small.processes())
    assert Places(str(small.folder / "var")).socket.exists()
    assert small.call("status").returncode == 3
    assert small.call("start", "push").returncode == 0
    assert small.call("stop").returncode == 0
    assert small.processes() == {}


def test_an_orphan_that_hangs_is_told_of_and_ended_before_a_new_start(small: Installation) -> None:
    orphan = _deaf_service(small)
    try:
        report = small.status()
        assert (report["code"], report["leftovers"]) == (1, {str(orphan.pid): "push"})
        assert f"left over   push {orphan.pid}" in small.call("status").stdout
        assert small.call("start", "push").returncode == 0
        assert orphan.wait(timeout=5) == -signal.SIGKILL
    finally:
        orphan.kill()
        orphan.communicate()


def test_stop_ends_what_a_killed_supervisor_left_behind(small: Installation) -> None:
    orphan = _deaf_service(small)
    try:
        assert "push        ended; its supervisor was gone" in small.call("stop").stdout
        assert orphan.wait(timeout=5) == -signal.SIGKILL
        assert small.call("status").returncode == 3
    finally:
        orphan.kill()
        orphan.communicate()


def _deaf_service(installation: Installation) -> subprocess.Popen[str]:
    """Start what looks like a service that was left behind and does not end when it is asked to."""
    package = installation.folder / "deaf" / "tradewind"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\nsignal.pause()\n"
    )
    settings = str(installation.folder / "var/run/push.toml")
    orphan = subprocess.Popen(
        [sys.executable, "-m", "tradewind", "run", "push", "--config", settings, "--tied"],
        cwd=installation.folder, env=environment(PYTHONPATH=str(package.parent)), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert orphan.stdout is not None
    assert orphan.stdout.readline() == "deaf\n"
    return orphan


def test_a_service_that_does_not_stop_is_ended_by_force(small: Installation) -> None:
    assert small.call("start", "push").returncode == 0
    os.kill(small.pid("push"), signal.SIGSTOP)
    assert small.call("stop").returncode == 0
    assert small.processes() == {}
