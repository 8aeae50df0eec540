"""`tradewind replay`: what it prints, and what it promises under `--json`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sources_builders import csv_text, write_wt_seconds
from tradewind.cli.main import main
from tradewind.runtime.replay import ReplayReport

PROMISED = ("ticks_in", "rejected", "features", "signals", "opportunities", "alerts", "ticks_per_s", "sha256")


def test_the_promised_keys_come_first_and_every_other_is_named_in_the_help(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_wt_seconds(tmp_path / "minute.parquet", [0, 0.5, 1.0, 8_000])
    assert main(["replay", str(path), "--json"]) == 0
    report = msgspec.json.decode(capsys.readouterr().out)
    assert tuple(report)[: len(PROMISED)] == PROMISED
    assert (report["ticks_in"], report["rejected"], report["features"]) == (4, {"off_session": 1}, 3)
    assert len(report["sha256"]) == 64
    assert report["ticks_per_s"] > 0
    assert main(["replay", "--help"]) == 0
    words = capsys.readouterr().out.replace(",", " ").split()
    assert set(ReplayReport.__struct_fields__) - {word.strip(".") for word in words} == set()


def test_what_is_imperfect_about_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "day.csv"
    path.write_text(csv_text(*({} for _ in range(30)), {"LastPrice": "x"}), encoding="utf-8")
    assert main(["replay", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "remark         1 unreadable rows were skipped, first row 32: " in printed
    assert "bad rows       1" in printed


def test_another_speed_is_refused_with_what_to_use_instead(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "day.parquet", "--speed", "60"]) == 2
    assert "to watch at a speed use `tradewind run`" in capsys.readouterr().err


Replay = Callable[..., tuple[int, str, str]]
_STRATEGY = """
import msgspec


class Guest:
    class Params(msgspec.Struct):
        pass

    def __init__(self, params):
        pass

    def on_tick(self, tick):
        {behaviour}
"""


@pytest.fixture
def replay_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Replay:
    """Return a function that replays a few ticks with such strategy files and gives exit code, output and errors."""
    day = write_wt_seconds(tmp_path / "minute.parquet", [n / 2 for n in range(20)])
    folder = tmp_path / "strategies"
    folder.mkdir(mode=0o700)

    def replay(*flags: str, **files: str) -> tuple[int, str, str]:
        for name, behaviour in files.items():
            file = folder / f"{name}.py"
            file.write_text(_STRATEGY.format(behaviour=behaviour), encoding="utf-8")
            file.chmod(0o600)
        code = main(["replay", str(day), "--set", f"strategies.folder={folder}", *flags])
        told = capsys.readouterr()
        return code, told.out, told.err

    return replay


def _problems(output: str) -> list[dict[str, Any]]:
    problems: list[dict[str, Any]] = msgspec.json.decode(output)["strategy_problems"]
    return problems


def test_a_replay_without_trouble_tells_of_none(replay_with: Replay) -> None:
    code, output, _ = replay_with("--json", decent="return None")
    assert (code, _problems(output)) == (0, [])


def test_a_strategy_file_that_could_not_be_loaded_is_told_and_makes_the_exit_code_1(
    replay_with: Replay, tmp_path: Path
) -> None:
    code, output, _ = replay_with("--json", broken="return (")
    broken = str(tmp_path / "strategies" / "broken.py")
    (problem,) = _problems(output)
    assert (code, problem["kind"], problem["name"]) == (1, "not_loaded", broken)
    assert problem["reason"].startswith(f"{broken} could not be loaded: SyntaxError: ")
    code, output, _ = replay_with()
    assert code == 1
    assert f"\nnot loaded     {broken} could not be loaded: SyntaxError: " in output


def test_a_strategy_that_was_quarantined_is_told_and_the_replay_is_complete(
    replay_with: Replay,
) -> None:
    code, output, _ = replay_with("--json", raising="raise ValueError('no good')")
    (problem,) = _problems(output)
    assert (code, problem["kind"], problem["name"]) == (0, "quarantined", "raising")
    assert "no good" in problem["reason"]
    code, output, _ = replay_with()
    assert code == 0
    assert "\nquarantined    raising: 5 errors within" in output


def test_a_strategy_of_the_watched_folder_can_be_chosen_by_name(
    replay_with: Replay,
) -> None:
    answer = "from tradewind.domain.signal import Signal; return Signal(tick.instrument_id, 'x', 'buy', 0.5, 50.0)"
    code, output, _ = replay_with("--json", "--strategy", "mine", mine=answer, other=answer)
    assert code == 0
    assert msgspec.json.decode(output)["signals_by_strategy"] == {"mine": 20}


def test_a_strategy_that_nobody_has_is_refused_with_those_known(
    replay_with: Replay,
) -> None:
    code, output, errors = replay_with("--strategy", "hers", mine="return None")
    assert (code, output) == (1, "")
    assert "there is no strategy 'hers'; known are: rapid_rise, " in errors
    assert errors.endswith(", bollinger, mine\n")
