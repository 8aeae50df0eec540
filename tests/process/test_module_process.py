"""A module in the background is ended with all that it began, and nothing else ever is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tradewind.collector import module_process
from tradewind.collector.module_places import Places
from tradewind.errors import ConfigError, StateConflictError

from waiting import wait_until

pytestmark = pytest.mark.process
STUBBORN = """
import pathlib, signal, subprocess, sys, time
from tradewind.collector.module_places import Places
from tradewind.collector.module_process import held
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
pathlib.Path("child").write_text(str(child.pid))
with held(Places(pathlib.Path("."))) as announce:
    announce()
    time.sleep(600)
"""


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.chdir(tmp_path)
    found = Places(Path())
    found.make()
    return found


def started(places: Places) -> module_process.Running:
    return module_process.start(places, [sys.executable, "-c", STUBBORN], patience_s=20.0)


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_a_module_that_hears_nothing_is_ended_by_force_and_its_children_with_it(places: Places) -> None:
    running = started(places)
    child = int(Path("child").read_text(encoding="utf-8"))
    assert module_process.find(places) == running
    with pytest.raises(StateConflictError, match="this module runs already"), module_process.held(places):
        pass
    assert module_process.stop(running, patience_s=0.2) is True
    wait_until(lambda: module_process.started_of(child) == -1)
    assert not module_process.is_alive(running)
    assert module_process.find(places) is None


def test_a_file_left_behind_names_nobody_even_where_the_number_is_in_use(places: Places) -> None:
    own = module_process.started_of(os.getpid())
    places.pid.write_text(f'{{"pid":{os.getpid()},"started":{own}}}', encoding="utf-8")
    assert module_process.find(places) is None
    stranger = subprocess.Popen(["sleep", "600"])
    with module_process.held(places):
        places.pid.write_text(f'{{"pid":{stranger.pid},"started":1}}', encoding="utf-8")
        assert module_process.find(places) is None
    stranger.kill()
    stranger.wait()
    for damaged in ("", "{", "7"):
        places.pid.write_text(damaged, encoding="utf-8")
        assert module_process.find(places) is None


def test_a_module_that_ends_at_once_says_its_last_words(places: Places) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no licence')"]
    with pytest.raises(ConfigError, match=r"the module ended at once \(1\): no licence"):
        module_process.start(places, command, patience_s=20.0)
