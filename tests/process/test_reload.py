"""What runs takes settings over without a restart, in one process and apart; logs begin anew under its feet."""

from __future__ import annotations

import gzip
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from installation import Installation
from private_ports import free_port
from real_redis import RealRedis
from running_platform import Running, tradewind, wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]
_OLD_LINE = '{"timestamp": "2020-01-02T09:00:00Z", "event": "of_old"}\n'


def test_one_process_takes_over_what_it_may_and_nothing_of_a_bad_file(tmp_path: Path) -> None:
    running = Running(tmp_path, port := f"api.port={free_port()}")
    file = tmp_path / "tradewind.toml"
    try:
        with running.client():
            file.write_text("[retention]\nlogs_days = 7\n[api]\nrate_burst = 9\n[push]\nmax_clients = 77\n")
            told = tradewind("reload", "--set", port, folder=tmp_path)
            assert (told.returncode, f"told pid {running.process.pid}" in told.stdout) == (0, True), told.stderr
            taken = _line(running, "settings_reloaded")
            assert set(taken["taken"]) == {"retention.logs_days", "api.rate_burst"}
            assert taken["needs_restart"] == ["push.max_clients"]
            file.write_text("[retention]\nlogs_days = 'many'\n")
            running.process.send_signal(signal.SIGHUP)
            assert "retention.logs_days" in _line(running, "settings_not_reloaded")["reason"]
            refused = tradewind("reload", "--set", port, folder=tmp_path)
            assert refused.returncode == 1
            assert "retention.logs_days" in refused.stderr
        assert running.stop() == 0
    finally:
        running.end()


def _line(running: Running, event: str) -> dict[str, list[str]]:
    """Return the first line of the log with this event."""
    while True:
        (line,) = running.lines(1)
        assert line, running.said
        if f'"{event}"' in line:
            found: dict[str, list[str]] = msgspec.json.decode(line)
            return found


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    (tmp_path / "redis").mkdir()
    redis = RealRedis(tmp_path / "redis")
    redis.start()
    made = Installation(tmp_path, redis.url)
    try:
        yield made
    finally:
        made.call("stop")
        made.end()
        redis.kill()


def test_apart_a_service_is_told_its_file_follows_and_its_old_log_is_put_aside(installation: Installation) -> None:
    begun = installation.call("start", "market")
    assert begun.returncode == 0, begun.stdout + begun.stderr
    logs = installation.folder / "var" / "logs"
    log = logs / "market.log"
    # In place, as supervisord has it open.
    log.write_text(_OLD_LINE + log.read_text(encoding="utf-8"), encoding="utf-8")
    aside = installation.call("retention", "run")
    assert aside.returncode == 0, aside.stderr
    assert "of_old" in (logs / "market.log.1").read_text(encoding="utf-8")

    pid = installation.pid("market")
    told = installation.call("reload", "--set", "retention.logs_days=7", "--set", "push.max_clients=77")
    assert told.returncode == 0, told.stderr
    assert "market      retention.logs_days" in told.stdout
    assert "needs a restart: push.max_clients" in told.stdout
    # The line is written to the new file, by the process that was there before.
    wait_for(lambda: log.exists() and '"settings_reloaded"' in log.read_text(encoding="utf-8"))
    assert installation.pid("market") == pid
    own = (installation.folder / "var" / "run" / "market.toml").read_text(encoding="utf-8")
    assert "retention.logs_days = 7" in own
    assert "push.max_clients" not in own

    (logs / "market.log.1").rename(logs / "market.log.2")
    assert installation.call("retention", "run").returncode == 0
    (packed,) = logs.glob("market.*.log.gz")
    assert "of_old" in gzip.decompress(packed.read_bytes()).decode()
    assert installation.call("stop").returncode == 0
    assert installation.call("reload").returncode == 3
