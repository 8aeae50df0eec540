"""A recorder killed at any moment: what is on disk is whole up to its last second, and is archived as it stands."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sources_builders import options
from tradewind.cli.main import main
from tradewind.market.sources.layouts.picking import open_recording
from tradewind.market.sources.layouts.recording_file import ticks_of
from tradewind.stores.ticks.places import ArchivePlaces
from tradewind.stores.ticks.reading import ArchivedDay

pytestmark = pytest.mark.process

_RECORDER = """
import itertools, sys
from pathlib import Path
from tradewind.domain.tick import RawTick
from tradewind.market.recording import RecordingWriter
from tradewind.market.recording_disk import ThreadHand

writer = RecordingWriter(Path(sys.argv[1]), trading_day=20210104, source="zeromq", hand=ThreadHand())
begin = max(writer.resumed_after_ns, 1609723800000000000)
for n in itertools.count(1):
    ts = begin + n * 1_000_000
    writer.append(RawTick("IF2101.CFFEX", ts, ts, 20210104, 5230.0, n, 1.0, 1.0, *[None] * 14))
    if n % 640 == 0:
        while writer.spooled:
            pass
        print(n, flush=True)
"""


def test_nothing_that_was_written_is_lost_and_the_day_goes_on_after_each_kill(tmp_path: Path) -> None:
    path = tmp_path / "20210104_zeromq.twr"
    whole: list[int] = []
    for lines in (1, 7, 20):
        recorder = subprocess.Popen([sys.executable, "-c", _RECORDER, str(path)], stdout=subprocess.PIPE, text=True)
        assert recorder.stdout is not None
        said = [recorder.stdout.readline() for _ in range(lines)][-1]
        recorder.send_signal(signal.SIGKILL)
        recorder.wait()
        recorder.stdout.close()
        before = len(whole)
        whole = [tick[2] for tick in ticks_of(open_recording(path, options()))]
        assert len(whole) - before >= int(said)
        assert whole == sorted(set(whole))
    assert main(["data", "archive", "--set", f"market.recording.folder={tmp_path}"]) == 0
    day = ArchivedDay(ArchivePlaces(tmp_path / "archive").manifest(20210104, "zeromq"))
    assert [tick[2] for batch in day.batches() for tick in batch] == whole
