"""What an operator meets when something is in the way of production mode: one clear line and an exit code."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from installation import Installation
from real_redis import RealRedis
from running_platform import Running, wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]


@pytest.fixture
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRedis]:
    """A server that is not started yet."""
    server = RealRedis(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture
def installation(tmp_path: Path, redis: RealRedis) -> Iterator[Installation]:
    made = Installation(tmp_path, redis.url, stop_s=2)
    yield made
    made.end()


def test_without_redis_services_wait_say_so_and_go_on_when_it_comes(
    installation: Installation, redis: RealRedis
) -> None:
    started = installation.call("start", "market")
    assert started.returncode == 0, started.stdout + started.stderr
    report = installation.status()
    assert report["code"] == 1
    assert not report["redis"]["is_here"]
    row = installation.wait_state("market", "degraded")
    assert "cannot be reached" in row["last_error"]
    assert "redis       away: Redis at" in installation.call("status").stdout
    tested = installation.call("test")
    assert (tested.returncode, tested.stdout) == (1, "")
    assert "start it or correct bus.url" in tested.stderr
    redis.start()
    installation.wait_state("market", "running")
    wait_for(lambda: installation.call("status").returncode == 0)
    assert installation.call("test", "market").returncode == 0


def test_a_port_of_somebody_else_stops_the_start_before_anything_runs(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", installation.ports["push_health"])):
        ended = installation.call("start", "market", "push")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert ended.stderr.startswith(
        f"tradewind: port_taken: push cannot start: port {installation.ports['push_health']}"
    )
    assert f"process {os.getpid()} (" in ended.stderr
    assert "--set services.push_health=N" in ended.stderr
    assert installation.processes() == {}


@pytest.mark.parametrize("setting", ["gateway.port", "services.gateway_health"])
def test_a_taken_port_of_the_gateway_is_told_by_the_setting_that_chooses_it(
    installation: Installation, setting: str
) -> None:
    port = installation.gateway_port if setting == "gateway.port" else installation.ports["gateway_health"]
    with socket.create_server(("127.0.0.1", port)):
        ended = installation.call("start")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert ended.stderr.startswith(f"tradewind: port_taken: gateway cannot start: port {port}")
    assert f"--set {setting}=N" in ended.stderr
    assert installation.processes() == {}


@pytest.mark.parametrize(
    ("service", "port", "told"),
    [("api", "api_port", "--set services.api_port=N"), ("push", "push_port", "--set services.push_port=N")],
)
def test_a_service_run_by_hand_names_the_setting_of_its_port(
    installation: Installation, service: str, port: str, told: str
) -> None:
    with socket.create_server(("127.0.0.1", installation.ports[port])):
        ended = installation.call("run", service)
    assert ended.returncode == 1
    assert told in ended.stderr.splitlines()[-1]


def test_a_password_redis_does_not_take_stops_the_start_and_none_is_ever_told(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = RealRedis(tmp_path_factory.mktemp("locked"), "--requirepass", "open-sesame")
    server.start()
    installation = Installation(tmp_path, "redis://127.0.0.1:1/0")
    file = tmp_path / "tradewind.toml"
    file.write_text(file.read_text().replace('url = "redis://127.0.0.1:1/0"\n', ""))
    wrong, right = (f"redis://:{word}@127.0.0.1:{server.port}/0" for word in ("hush-hush", "open-sesame"))
    try:
        refused = installation.call("start", "push", REDIS_URL=wrong)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "refused the password (WRONGPASS); set bus.password or put it into bus.url" in refused.stderr
        assert installation.processes() == {}
        ended, shown = [], [refused.stderr]
        for verb in (("start", "push"), ("status",), ("config", "show"), ("stop",)):
            ended.append(installation.call(*verb, REDIS_URL=right))
            if verb[0] == "status":
                door = installation.ports["push_health"]
                shown += [httpx.get(f"http://127.0.0.1:{door}/health").text, *installation.processes().values()]
        assert [each.returncode for each in ended] == [0] * 4, [each.stderr for each in ended]
        assert 'bus.url = "redis://***@127.0.0.1' in ended[-2].stdout
        assert "warning: REDIS_URL is an older name and is read as bus.url" in ended[0].stderr
        shown += [each.stdout + each.stderr for each in ended]
        shown += [path.read_text() for path in (tmp_path / "var/logs").iterdir()]
        assert not any(word in text for text in shown for word in ("hush-hush", "open-sesame"))
    finally:
        installation.end()
        server.kill()


def test_beside_the_platform_in_one_process_a_clash_of_ports_is_told_by_name(
    installation: Installation, start: Callable[..., Running], tmp_path_factory: pytest.TempPathFactory
) -> None:
    port = installation.ports["push_port"]
    start(tmp_path_factory.mktemp("embedded"), f"push.port={port}").lines(3)
    ended = installation.call("start", "push")
    assert ended.returncode == 1
    assert f"port {port} on 127.0.0.1 is taken by process" in ended.stderr
    assert "tradewind run" in ended.stderr


def test_a_port_taken_while_a_service_was_down_is_the_line_that_status_shows(
    installation: Installation, redis: RealRedis
) -> None:
    redis.start()
    assert installation.call("start", "push").returncode == 0
    port = installation.ports["push_health"]
    os.kill(installation.pid("push"), signal.SIGKILL)
    other = wait_for(lambda: _listening_on(port))
    told = f"push: health: port_taken: port {port} on 127.0.0.1 is taken"
    try:
        row = wait_for(lambda: told in (found := installation.status()["services"]["push"])["last_error"] and found)
        assert "\n" not in row["last_error"]
        assert "--set services.push_health=N" in row["last_error"]
        assert installation.call("status").returncode == 1
    finally:
        other.close()
    installation.wait_state("push", "running")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("start", "--set", "bus.kind=local"), "production mode needs bus.kind=redis, was local"),
        (("start", "--set", "services.push_health=8201", "--set", "services.market_health=8201"), "are both 8201"),
        (("start", "--set", "bus.url=redis:/:hush@here"), "bus.url must be redis://[user:password@]host:port/db"),
        (("config", "check", "--set", "bus.url=http://:hush@here"), "was 'http://***@here'"),
        (("start", "oracle"), "'oracle' is not one of 'market', 'features'"),
        (("logs", "oracle"), "takes one number of lines and services of market, features"),
    ],
)
def test_a_wrong_call_is_one_line(installation: Installation, arguments: tuple[str, ...], told: str) -> None:
    ended = installation.call(*arguments)
    assert ended.returncode in {1, 2}
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "hush" not in ended.stdout + ended.stderr
    assert installation.processes() == {}


def _listening_on(port: int) -> socket.socket | None:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return None
