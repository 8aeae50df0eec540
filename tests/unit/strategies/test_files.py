"""What people changed of a strategy's parameters outlives the process, and can be taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from strategies_builders import StrategyRoom, strategy_room
from tradewind.errors import ConfigError, InputError, StoreError
from tradewind.strategies.files import KeptParams
from tradewind.strategies.health import StrategyReport

INSTALLED: dict[str, Any] = {"enabled": ("rsi",), "params": {"rsi": {"low": 20.0}}}


def room_over(path: Path) -> StrategyRoom:
    room = strategy_room(**INSTALLED)
    room.service.restore(KeptParams(path))
    return room


def report_of(room: StrategyRoom) -> StrategyReport:
    return next(report for report in room.service.reports() if report.name == "rsi")


def value(room: StrategyRoom, name: str) -> object:
    return next(param.value for param in report_of(room).params if param.name == name)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "strategy_params.json"


def test_changed_parameters_hold_after_a_restart_and_are_told_as_changed(path: Path) -> None:
    before = room_over(path)
    assert report_of(before).changed == ()
    told = before.service.act("rsi", "params", {"low": 15.0}, by="chen")
    assert told.changed == ("low",)
    after = room_over(path)
    assert value(after, "low") == 15.0
    assert report_of(after).changed == ("low",)


def test_a_second_change_keeps_the_first(path: Path) -> None:
    room = room_over(path)
    room.service.act("rsi", "params", {"low": 15.0}, by="chen")
    room.service.act("rsi", "params", {"cooldown_s": 60.0}, by="chen")
    assert report_of(room_over(path)).changed == ("cooldown_s", "low")


def test_a_value_put_back_by_hand_counts_as_installed(path: Path) -> None:
    room = room_over(path)
    room.service.act("rsi", "params", {"low": 15.0}, by="chen")
    assert room.service.act("rsi", "params", {"low": 20.0}, by="chen").changed == ()
    assert KeptParams(path).of("rsi") == {}


def test_reset_brings_back_what_the_settings_say_not_the_defaults(path: Path) -> None:
    room = room_over(path)
    room.service.act("rsi", "params", {"low": 15.0}, by="chen")
    room.service.act("rsi", "reset", {}, by="chen")
    assert value(room, "low") == 20.0
    assert value(room_over(path), "low") == 20.0


def test_a_refused_change_is_not_kept(path: Path) -> None:
    room = room_over(path)
    with pytest.raises(InputError, match="no parameter"):
        room.service.act("rsi", "params", {"lwo": 9.0}, by="chen")
    assert not path.exists()


def test_a_change_that_cannot_be_kept_is_not_made(tmp_path: Path) -> None:
    room = room_over(tmp_path / "folder" / "strategy_params.json")
    (tmp_path / "folder").touch()
    with pytest.raises(StoreError, match="nothing was changed"):
        room.service.act("rsi", "params", {"low": 15.0}, by="chen")
    assert value(room, "low") == 20.0


def test_a_kept_value_that_no_longer_fits_is_told_and_the_strategy_runs_as_installed(path: Path) -> None:
    path.write_text('{"rsi": {"gone": 3}}')
    room = room_over(path)
    assert value(room, "low") == 20.0
    assert "gone" in "".join(room.service.load_errors.values())


def test_a_damaged_file_says_what_to_do(path: Path) -> None:
    path.write_text("{")
    with pytest.raises(ConfigError, match="remove it"):
        KeptParams(path)


def test_without_a_place_changes_are_forgotten_with_the_process() -> None:
    room = strategy_room(**INSTALLED)
    room.service.act("rsi", "params", {"low": 15.0}, by="chen")
    assert report_of(room).changed == ("low",)
    assert report_of(strategy_room(**INSTALLED)).changed == ()
