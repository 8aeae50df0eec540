"""A journal whose process, disk or database fails at any moment: what was acknowledged is there, once, in order."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from store_builders import Acknowledged, Line, keep_acts, make_journal
from tradewind.errors import StoreHeldError
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.engine import reading
from tradewind.stores.sql.store import SqlStore

from waiting import wait_until

pytestmark = pytest.mark.process

WORKER = Path(__file__).parent / "journal_worker.py"
FAIL_FSYNC = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
static int broken(void) { return access(getenv("FAIL_WHEN"), F_OK) == 0; }
int fsync(int fd) { if (broken()) { errno = EIO; return -1; } return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { if (broken()) { errno = EIO; return -1; }
  return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
"""


class Worker:
    """One process with a journal."""

    def __init__(self, folder: Path, settings: StoreSettings, **environ: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), msgspec.json.encode(settings).decode(), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environ},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        self.opened = self.read()

    def read(self) -> str:
        return self._out.readline().strip()

    def tell(self, command: str) -> None:
        self._in.write(command + "\n")
        self._in.flush()

    def ask(self, command: str) -> str:
        self.tell(command)
        return self.read()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> list[str]:
        """Kill it; return what it had said and nobody had read."""
        self._process.kill()
        rest = self._out.read().split("\n")
        self._process.wait()
        self._in.close()
        self._out.close()
        return rest


@pytest.fixture
def worker_in(tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def begin(settings: StoreSettings | None = None, **environ: str) -> Worker:
        workers.append(Worker(tmp_path, settings or StoreSettings(), **environ))
        return workers[-1]

    yield begin
    for worker in workers:
        worker._process.kill()
        worker._process.wait()
        worker._in.close()
        worker._out.close()


def test_what_a_killed_process_acknowledged_is_there_and_the_next_goes_on_at_once(
    worker_in: Callable[..., Worker], tmp_path: Path
) -> None:
    acknowledged = 0
    for life in range(1, 6):
        worker = worker_in()
        epoch, found = map(int, worker.opened.split()[1:])
        assert epoch == life
        assert found >= acknowledged
        worker.tell("flood")
        for _ in range(life * 137):
            acknowledged = int(worker.read().split()[1])
        said = [text for text in worker.end() if text.startswith("durable ") and text[8:].isdigit()]
        acknowledged = int(said[-1].split()[1]) if said else acknowledged
    journal = make_journal(StoreSettings(), tmp_path)
    journal.open()
    entries = [entry.seq for entry in journal.read(0)]
    journal.close()
    assert entries == list(range(1, len(entries) + 1))
    assert len(entries) >= acknowledged > 5 * 137


def test_a_process_that_was_stopped_and_wakes_up_writes_nothing(
    worker_in: Callable[..., Worker], tmp_path: Path
) -> None:
    settings = StoreSettings(lease_s=1.0)
    worker, line = worker_in(settings), Line()
    assert worker.ask("add 5") == "durable 5"
    worker.signal(signal.SIGSTOP)
    journal = make_journal(settings, tmp_path, line)

    def is_free() -> bool:
        try:
            journal.open()
        except StoreHeldError:
            return False
        return True

    assert not is_free()
    wait_until(is_free, timeout_s=15)
    keep_acts(journal, line, 3)
    worker.signal(signal.SIGCONT)
    assert "another process has taken over the journal" in worker.ask("add 4")
    assert worker.ask("add 1").startswith("failure")
    keep_acts(journal, line, 1)
    assert [entry.actor for entry in journal.read(0)] == ["worker"] * 5 + ["lin"] * 4
    journal.close()


def test_a_disk_that_is_full_stops_the_journal_and_space_brings_it_back(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("a disk of its own can be mounted by root alone, outside of a container that forbids it")
    try:
        ballast = folder / "ballast"
        ballast.write_bytes(b"x" * (3 << 20))
        line, told = Line(), list[str | None]()
        journal = make_journal(StoreSettings(), folder, line, on_state=told.append)
        journal.open()
        acknowledged = Acknowledged(journal, line)
        while journal.failure is None:
            acknowledged.append(in_flight=5, after="x" * 2_000)
        assert "make room on its disk" in str(journal.failure)
        kept = journal.durable_seq
        assert [entry.seq for entry in journal.read(0)] == list(range(1, kept + 1))
        acknowledged.append(in_flight=5)
        assert (journal.durable_seq, max(acknowledged.seqs) <= kept) == (kept, True)
        ballast.unlink()
        acknowledged.wait_for_all(timeout_s=5)
        line.until(lambda: told[-1] is None)
        assert (
            [entry.seq for entry in journal.read(0)] == acknowledged.seqs == list(range(1, acknowledged.appended + 1))
        )
        journal.close()
        store = SqlStore(StoreSettings(), folder)
        with reading(store.engine) as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        store.close()
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_failed_fsync_ends_the_journal_until_a_new_start(worker_in: Callable[..., Worker], tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler here to make an fsync that fails")
    source, library, switch = tmp_path / "fail.c", tmp_path / "fail.so", tmp_path / "broken"
    source.write_text(FAIL_FSYNC)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    worker = worker_in(LD_PRELOAD=str(library), FAIL_WHEN=str(switch))
    assert worker.ask("add 3") == "durable 3"
    switch.touch()
    assert "cannot be written any more" in worker.ask("add 2")
    switch.unlink()
    assert worker.ask("add 1").startswith("failure")
    worker.end()
    again = worker_in()
    assert int(again.opened.split()[2]) >= 3
    assert again.ask("add 1").startswith("durable")
