"""`tradewind halt`: stops by a file, says what is stopped, lets go on only by the typed phrase."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pretrade_harness import GateDesk, open_desk
from tradewind.cli.main import main
from tradewind.domain.trading_state import Scope, TradingMode
from tradewind.pretrade.files import HaltFiles, StopOrder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRADEWIND_DATA_DIR", str(tmp_path / "var"))
    return tmp_path / "var"


@pytest.fixture
def running(folder: Path) -> Iterator[GateDesk]:
    """Run a gate that looks at the folder, until the test is over."""
    desk = open_desk(files=HaltFiles(folder))
    is_over = threading.Event()

    def look() -> None:
        while not is_over.wait(0.005):
            desk.service.look()

    thread = threading.Thread(target=look)
    thread.start()
    yield desk
    is_over.set()
    thread.join()


def test_nothing_is_halted_in_an_empty_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["halt", "--status"]) == 0
    assert "active: nothing is halted" in capsys.readouterr().out
    assert not folder.exists()


def test_a_halt_with_no_process_leaves_the_stop_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["halt", "--reason", "a drill", "--actor", "wang", "--timeout", "0"]) == 0
    assert HaltFiles(folder).stop_order().reason == "a drill"
    assert "no process has answered" in capsys.readouterr().out
    assert main(["halt", "--status"]) == 3
    assert "EMERGENCY_STOP lies there: wang: a drill" in capsys.readouterr().out


def test_a_running_process_confirms_the_halt(running: GateDesk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["halt", "--actor", "wang", "--timeout", "20"]) == 0
    assert "the running process has confirmed it" in capsys.readouterr().out
    assert running.states[0].actor == "wang"
    assert running.codes() == {"HALTED"}
    assert main(["halt", "--status"]) == 3
    assert "halted    platform  EMERGENCY_STOP" in capsys.readouterr().out


def test_a_scope_is_halted_and_reset_by_name(running: GateDesk, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--scope", "account", "--key", "A1", "--timeout", "20"]
    assert main(["halt", *place]) == 0
    assert "halted: account A1" in capsys.readouterr().out
    assert running.codes() == {"HALTED"}
    assert main(["halt", "--reset", "--confirm", "RESUME ACCOUNT A1", "--actor", "li", *place]) == 0
    assert "active: account A1" in capsys.readouterr().out
    assert (running.states[-1].mode, running.states[-1].actor) == (TradingMode.ACTIVE, "li")


@pytest.mark.usefixtures("running")
def test_a_reset_of_what_is_not_halted_says_it_is_active(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["halt", "--reset", "--confirm", "RESUME PLATFORM", "--timeout", "20"]) == 0
    assert "active: platform" in capsys.readouterr().out


@pytest.mark.parametrize("phrase", ["", "resume platform", "yes"])
def test_a_reset_without_the_phrase_is_not_even_asked(
    folder: Path, capsys: pytest.CaptureFixture[str], phrase: str
) -> None:
    HaltFiles(folder).press(StopOrder("wang", ""))
    assert main(["halt", "--reset", "--confirm", phrase]) == 2
    assert '--confirm "RESUME PLATFORM"' in capsys.readouterr().err
    assert HaltFiles(folder).waiting() == ()


def test_a_reset_with_no_process_waits_for_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["halt", "--actor", "wang", "--timeout", "0"]) == 0
    assert main(["halt", "--reset", "--confirm", "RESUME PLATFORM", "--timeout", "0"]) == 0
    assert "the reset is done at its next look or start" in capsys.readouterr().out
    assert HaltFiles(folder).is_stopped()
    assert main(["halt", "--status"]) == 3
    assert "waiting" in capsys.readouterr().out
    desk = open_desk(files=HaltFiles(folder))
    desk.service.resume()
    assert desk.codes() == set()
    assert [state.mode for state in desk.states] == [TradingMode.HALTED, TradingMode.ACTIVE]


@pytest.mark.parametrize("place", [["--key", "A1"], ["--scope", "account"]])
def test_a_scope_and_its_key_go_together(folder: Path, place: list[str]) -> None:
    assert main(["halt", *place]) == 2
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.write_text("no folder")
    assert main(["halt"]) == 1
    assert str(folder) in capsys.readouterr().err


def test_a_damaged_latch_shows_as_halted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.mkdir()
    HaltFiles(folder).latch_file.write_text("{")
    assert main(["halt", "--status"]) == 3
    assert "is damaged" in capsys.readouterr().out
    assert HaltFiles(folder).load()[0][0].scope is Scope.PLATFORM
