"""What a user gets wrong on the command line: one line that names cause and remedy, no traceback, an exit code."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from running_platform import Running, tradewind, wait_for
from sources_builders import write_wt_seconds

pytestmark = pytest.mark.process
Start = Callable[..., Running]


@pytest.fixture
def taken_port() -> Iterator[int]:
    """Return a port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def _truncated(path: Path) -> None:
    whole = write_wt_seconds(path, [0, 0.5, 1.0]).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _foreign(path: Path) -> None:
    path.write_text("hello", encoding="utf-8")


def _wrong_columns(path: Path) -> None:
    pq.write_table(pa.table({"x": [1], "y": [2]}), path)


def _wrong_types(path: Path) -> None:
    table = pq.read_table(write_wt_seconds(path, [0, 0.5]))
    pq.write_table(table.set_column(table.column_names.index("price"), "price", pa.array(["a", "b"])), path)


def _absent(_path: Path) -> None:
    """Write nothing."""


@pytest.mark.parametrize(
    ("make", "cause", "remedy"),
    [
        (_absent, "no such file", "allowed is a Parquet file"),
        (_truncated, "truncated Parquet file", "copy it again"),
        (_foreign, "no Parquet file", "allowed is a Parquet file"),
        (_wrong_columns, "columns of no known layout", "allowed layouts: wt_ticks"),
        (_wrong_types, "price must be a number, was", "layout wt_ticks"),
    ],
)
def test_a_recording_that_cannot_be_played_is_refused_in_one_line(
    tmp_path: Path, make: Callable[[Path], None], cause: str, remedy: str
) -> None:
    make(tmp_path / "day.parquet")
    ended = tradewind("replay", "day.parquet", "--json", folder=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert ended.stderr.startswith("tradewind: replay_file: day.parquet: ")
    assert cause in ended.stderr
    assert remedy in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "told"),
    [
        (("--set", "push.prot=1"), {}, "unknown setting push.prot (flag --set); did you mean push.port?"),
        (("--set", "push.port=abc"), {}, "was 'abc', allowed: whole number 0 … 65535"),
        (("--set", "push.port"), {}, "is not KEY=VALUE, for example --set push.port=8100"),
        ((), {"TRADEWIND_PUSH__PROT": "1"}, "(environment TRADEWIND_PUSH__PROT); did you mean push.port?"),
        ((), {"TRADEWIND_PUSH__PORT": "x"}, "push.port (environment TRADEWIND_PUSH__PORT): was 'x', allowed: whole"),
        ((), {"TRADEWIND_CONFIG": "absent.toml"}, "configuration file absent.toml does not exist"),
        (("--config", "broken.toml"), {}, "configuration file broken.toml cannot be read"),
        (("--set", "risk.volatility_window=7m"), {}, "must be one of features.windows (60s, 5m), was 7m"),
        (("--set", "strategies.enabled=rsj"), {}, "strategies.enabled names 'rsj'; built in are: rapid_rise"),
        (("--set", "market.replay.instrument=foo", "--set", "market.source=replay", "--set", "market.replay.path=x"),
         {}, "write symbol.EXCHANGE"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("verb", [("run",), ("config", "check")])
def test_settings_that_cannot_work_are_refused_in_one_line(
    tmp_path: Path, verb: tuple[str, ...], arguments: tuple[str, ...], variables: dict[str, str], told: str
) -> None:
    (tmp_path / "broken.toml").write_text("[push\nport = 1\n", encoding="utf-8")
    ended = tradewind(*verb, *arguments, folder=tmp_path, **variables)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert told in ended.stderr


@pytest.mark.parametrize(
    ("make", "cause"), [(_absent, "no such file; allowed is a Parquet file"), (_foreign, "no Parquet file")]
)
def test_a_check_refuses_a_recording_that_cannot_be_played(
    tmp_path: Path, make: Callable[[Path], None], cause: str
) -> None:
    make(tmp_path / "day.parquet")
    flags = ("--set", "market.source=replay", "--set", "market.replay.path=day.parquet")
    ended = tradewind("config", "check", *flags, folder=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert ended.stderr.startswith("tradewind: config: market.replay.path (flag --set): day.parquet: ")
    assert cause in ended.stderr
    write_wt_seconds(tmp_path / "day.parquet", [0, 0.5])
    ended = tradewind("config", "check", *flags, folder=tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "ok: 2 settings changed from the defaults\n")


def test_a_taken_port_of_the_page_stops_the_start_and_makes_no_token(tmp_path: Path, taken_port: int) -> None:
    ended = tradewind("run", "--set", f"data_dir={tmp_path}", "--set", f"api.port={taken_port}", folder=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert f"port {taken_port} on 127.0.0.1 is taken" in ended.stderr
    assert "--set api.port=N" in ended.stderr
    assert not (tmp_path / "access.json").exists()


def _the_one_that_fails(platform: Running, name: str) -> dict[str, Any]:
    """Return what health says of the one service that cannot work; everything else does, and it is counted."""
    with platform.client() as client:
        health = wait_for(lambda: (answer := client.get("/gateway/health")).status_code == 503 and answer.json())
        assert client.get("/api/v1/quotes").status_code == 200
        metrics = client.get("/metrics").text
    (view,) = [view for view in health["services"] if not view["is_healthy"]]
    assert (view["name"], view["state"]) == (name, "failed")
    assert f'tradewind_service_refused_total{{service="{name}"}} 1.0' in metrics
    told: dict[str, Any] = view
    return told


def test_a_taken_push_port_is_told_and_the_rest_runs(start: Start, tmp_path: Path, taken_port: int) -> None:
    platform = start(tmp_path, f"push.port={taken_port}")
    push = _the_one_that_fails(platform, "push")
    assert f"push cannot listen on 127.0.0.1:{taken_port}: another program does" in push["last_error"]
    assert "set push.port" in push["last_error"]
    assert platform.stop() == 0
    assert "no live data" in "".join(platform.said)
    assert "Traceback" not in "".join(platform.said)


def test_a_running_platform_without_its_recording_serves_the_rest(start: Start, tmp_path: Path) -> None:
    platform = start(tmp_path, "market.source=replay", "market.replay.path=absent.parquet")
    market = _the_one_that_fails(platform, "market")
    assert "absent.parquet: no such file; allowed is" in market["last_error"]
    assert platform.stop() == 0
    assert "Traceback" not in "".join(platform.said)
