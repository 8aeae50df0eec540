"""Where strategies come from, and what is said of those that cannot be loaded."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from strategies_builders import NoParams, Plain, StrategyRoom, make_snapshot, strategy_room
from tradewind.errors import ConfigError, StrategyError
from tradewind.strategies import StrategyQueries, StrategySettings, StrategyState
from tradewind.strategies.folder import check_ownership
from tradewind.strategies.registry import BUILTINS, load_builtin, spec_of

DIP = """
from typing import Annotated
import msgspec
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.signal import Signal


class Dip:
    \"\"\"Answers every snapshot.\"\"\"

    class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        confidence: Annotated[float, msgspec.Meta(ge=0, le=1, description="how sure")] = 0.5

    def __init__(self, params: Params) -> None:
        self.params = params

    def on_features(self, snapshot: FeatureSnapshot) -> Signal | None:
        return Signal(snapshot.instrument_id, "dip", "buy", self.params.confidence, 50.0)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.fixture
def room(folder: Path) -> Iterator[StrategyRoom]:
    made = strategy_room(folder=str(folder))
    yield made
    made.service.detach()


@pytest.mark.parametrize("name", BUILTINS)
def test_every_built_in_loads_with_its_defaults(name: str) -> None:
    spec = load_builtin(name, {})
    assert spec.hooks == ("on_features",)
    assert spec.create()


def test_an_unknown_built_in_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="'rapidrise'; built in are: rapid_rise, momentum"):
        strategy_room(enabled=("rapidrise",))


def test_parameters_come_from_the_settings() -> None:
    spec = load_builtin("rapid_rise", {"change_percent": 0.5})
    assert msgspec.structs.asdict(spec.params)["change_percent"] == 0.5


def test_an_unknown_parameter_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match=r"no parameter 'change_percnt'.*did you mean change_percent"):
        load_builtin("rapid_rise", {"change_percnt": 0.5})


@pytest.mark.parametrize("value", [-1.0, "much", float("nan")])
def test_a_parameter_out_of_range_is_refused(value: Any) -> None:
    with pytest.raises(ConfigError, match="parameters of strategy rapid_rise"):
        load_builtin("rapid_rise", {"change_percent": value})


@pytest.mark.parametrize(
    ("factory", "complaint"),
    [
        (lambda _params: None, "must be a class"),
        (type("NoParams", (), {"on_tick": lambda _self, _tick: None}), "needs a class attribute Params"),
        (type("NoHook", (), {"Params": NoParams}), "has none of the hooks on_tick, on_features, on_bar"),
        (type("OddHook", (), {"Params": NoParams, "on_tick": 5}), "on_tick must be a method"),
    ],
)
def test_what_is_no_strategy_is_refused(factory: object, complaint: str) -> None:
    with pytest.raises(StrategyError, match=complaint):
        spec_of("odd", factory, source="test", overrides={})


def test_a_file_in_the_folder_is_loaded(room: StrategyRoom, folder: Path) -> None:
    write(folder, "dip.py", DIP)
    room.service.scan_folder()
    room.feed(make_snapshot())
    assert [signal.strategy for signal in room.signals] == ["dip"]
    (report,) = StrategyQueries(room.service).list()
    assert (report.name, report.source, report.doc) == ("dip", str(folder / "dip.py"), "Answers every snapshot.")


def test_what_lies_in_the_folder_at_the_start_is_loaded_before_the_first_event(folder: Path) -> None:
    write(folder, "dip.py", DIP)
    room = strategy_room(folder=str(folder), params={"dip": {"confidence": 0.9}})
    room.feed(make_snapshot())
    assert [signal.confidence for signal in room.signals] == [0.9]


def test_a_changed_file_is_reloaded(room: StrategyRoom, folder: Path) -> None:
    write(folder, "dip.py", DIP)
    room.service.scan_folder()
    room.feed(make_snapshot(seq=1))
    write(folder, "dip.py", DIP.replace('"buy"', '"sell"'))
    room.service.scan_folder()
    room.feed(make_snapshot(seq=2))
    assert [signal.side for signal in room.signals] == ["buy", "sell"]
    assert room.health("dip").version == 2


def test_an_unchanged_file_is_left_alone(room: StrategyRoom, folder: Path) -> None:
    write(folder, "dip.py", DIP)
    room.service.scan_folder()
    room.service.scan_folder()
    assert room.health("dip").version == 1


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        ("class Dip(:\n", "SyntaxError"),
        ("x = 1 / 0\n", "ZeroDivisionError: division by zero"),
        ("import no_such_module\n", "ModuleNotFoundError"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ("x = 1\n", "defines no strategy"),
        (DIP.replace("class Params", "class Parameters"), "needs a class attribute Params|NameError"),
    ],
)
def test_a_broken_file_is_reported_and_the_old_version_runs_on(
    room: StrategyRoom, folder: Path, broken: str, complaint: str
) -> None:
    write(folder, "dip.py", DIP)
    room.service.scan_folder()
    write(folder, "dip.py", broken)
    room.service.scan_folder()
    room.feed(make_snapshot())
    assert [signal.strategy for signal in room.signals] == ["dip"]
    assert room.health("dip").version == 1
    (source, reason), *others = room.service.load_errors.items()
    assert others == []
    assert source == str(folder / "dip.py")
    assert any(part in reason for part in complaint.split("|"))
    assert "dip.py" in reason


def test_the_line_of_the_fault_is_named(room: StrategyRoom, folder: Path) -> None:
    write(folder, "dip.py", "\n\nx = 1 / 0\n")
    room.service.scan_folder()
    assert room.service.load_errors[str(folder / "dip.py")].endswith("dip.py, line 3)")


def test_a_mended_file_clears_its_error(room: StrategyRoom, folder: Path) -> None:
    write(folder, "dip.py", "x = 1 / 0\n")
    room.service.scan_folder()
    write(folder, "dip.py", DIP)
    room.service.scan_folder()
    assert StrategyQueries(room.service).load_errors() == {}
    assert room.health("dip").state is StrategyState.ACTIVE


def test_a_removed_file_unloads_its_strategies(room: StrategyRoom, folder: Path) -> None:
    path = write(folder, "dip.py", DIP)
    room.service.scan_folder()
    path.unlink()
    room.service.scan_folder()
    room.feed(make_snapshot())
    assert room.signals == []
    assert StrategyQueries(room.service).find("dip") is None


def test_a_strategy_dropped_from_its_file_is_unloaded(room: StrategyRoom, folder: Path) -> None:
    two = DIP.replace("class Dip:", 'class Dip:\n    name = "one"') + DIP.replace(
        "class Dip:", 'class Other:\n    name = "two"'
    )
    write(folder, "pair.py", two)
    room.service.scan_folder()
    assert [report.name for report in room.service.reports()] == ["one", "two"]
    write(folder, "pair.py", DIP.replace("class Dip:", 'class Dip:\n    name = "two"'))
    room.service.scan_folder()
    assert [report.name for report in room.service.reports()] == ["two"]


def test_two_strategies_of_one_file_need_two_names(room: StrategyRoom, folder: Path) -> None:
    write(folder, "pair.py", DIP + DIP.replace("class Dip:", "class Other:"))
    room.service.scan_folder()
    assert "give each a `name` of its own" in room.service.load_errors[str(folder / "pair.py")]


def test_a_file_cannot_take_the_name_of_another_strategy(folder: Path) -> None:
    room = strategy_room(enabled=("rsi",), folder=str(folder))
    write(folder, "rsi.py", DIP)
    room.service.scan_folder()
    assert room.service.reports()[0].source == "builtin"
    assert "builtin runs under that name already" in room.service.load_errors[str(folder / "rsi.py")]


def test_files_with_an_underscore_are_passed_over(room: StrategyRoom, folder: Path) -> None:
    write(folder, "_draft.py", "x = 1 / 0\n")
    room.service.scan_folder()
    assert (room.service.reports(), room.service.load_errors) == ([], {})


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_may_write_is_refused(folder: Path, mode: int) -> None:
    write(folder, "dip.py", DIP)
    folder.chmod(mode)
    room = strategy_room(folder=str(folder))
    assert room.service.reports() == []
    assert "may be written by others" in room.service.load_errors[str(folder)]
    folder.chmod(0o700)
    room.service.scan_folder()
    assert [report.name for report in room.service.reports()] == ["dip"]
    assert room.service.load_errors == {}


def test_a_file_that_others_may_write_is_refused(room: StrategyRoom, folder: Path) -> None:
    write(folder, "dip.py", DIP).chmod(0o666)
    room.service.scan_folder()
    assert room.service.reports() == []
    assert "chmod go-w" in room.service.load_errors[str(folder / "dip.py")]


def test_somebody_elses_folder_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = folder.stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: owner + 1)
    with pytest.raises(StrategyError, match=f"belongs to user {owner}; it must belong to {owner + 1}"):
        check_ownership(folder)


def test_a_missing_folder_is_reported_and_picked_up_when_it_comes(tmp_path: Path) -> None:
    later = tmp_path / "later"
    room = strategy_room(folder=str(later))
    assert "No such file" in room.service.load_errors[str(later)]
    later.mkdir(mode=0o700)
    write(later, "dip.py", DIP)
    room.service.scan_folder()
    assert [report.name for report in room.service.reports()] == ["dip"]


def test_a_file_is_no_folder(folder: Path) -> None:
    path = write(folder, "dip.py", DIP)
    room = strategy_room(folder=str(path))
    assert "must be a folder" in room.service.load_errors[str(path)]


class FromPackage(Plain):
    """Comes with an installed package."""

    def on_features(self, snapshot: object) -> None: ...


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one installed package offer a strategy, and another one that is not there."""
    points = [
        importlib.metadata.EntryPoint("good", "test_points:FromPackage", "tradewind.strategies"),
        importlib.metadata.EntryPoint("broken", "no_such_package:Thing", "tradewind.strategies"),
    ]
    module = type("Module", (), {"FromPackage": FromPackage})
    monkeypatch.setitem(__import__("sys").modules, "test_points", module)
    monkeypatch.setattr(
        "tradewind.strategies.registry.entry_points", lambda group: [p for p in points if p.group == group]
    )


@pytest.mark.usefixtures("installed")
def test_entry_points_are_run_and_a_broken_one_is_reported() -> None:
    room = strategy_room(entry_points=True)
    assert [report.name for report in room.service.reports()] == ["good"]
    assert "no_such_package" in room.service.load_errors["entry point no_such_package:Thing"]


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    "only", [("rsi",), ("good",), ("dip",), ("macd", "dip"), ("rsi", "good", "dip"), ("dip", "dip")]
)
def test_of_all_that_are_known_just_those_named_run_wherever_they_come_from(
    folder: Path, only: tuple[str, ...]
) -> None:
    write(folder, "dip.py", DIP)
    room = strategy_room(only=only, enabled=("rsi", "momentum"), entry_points=True, folder=str(folder))
    assert {report.name for report in room.service.reports()} == set(only)
    room.service.detach()


@pytest.mark.usefixtures("installed")
def test_a_name_that_nothing_has_is_refused_with_all_that_are_known(folder: Path) -> None:
    write(folder, "dip.py", DIP)
    broken = write(folder, "broken.py", "def (")
    with pytest.raises(ConfigError) as refused:
        strategy_room(only=("dip", "dap"), entry_points=True, folder=str(folder))
    assert str(refused.value) == (
        "there is no strategy 'dap'; known are: rapid_rise, momentum, mean_reversion, macd, rsi, bollinger, good, dip; "
        f"not loaded: entry point no_such_package:Thing, {broken}"
    )


def test_parameters_are_described_for_people() -> None:
    room = strategy_room(enabled=("rapid_rise",), params={"rapid_rise": {"change_percent": 0.3}})
    report = StrategyQueries(room.service).find("rapid_rise")
    assert report is not None
    by_name = {param.name: param for param in report.params}
    assert (by_name["change_percent"].value, by_name["change_percent"].default) == (0.3, 0.2)
    assert by_name["change_percent"].description == "change of the price over the window, in percent"
    assert msgspec.json.encode(report)


def test_settings_name_their_built_ins() -> None:
    assert StrategySettings().enabled == tuple(BUILTINS)
