"""P12, `tradewind bench recorder`: ticks to disk, into the archive, and back; against pyarrow's own writing and scan.

The ticks are the simulated market's, five levels deep, twenty contracts, with receive times to the nanosecond. Equal
work is claimed only where it is: the archive is compared with pyarrow writing the same columns with its defaults.
"""

from __future__ import annotations

import asyncio
import io
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tradewind.benches.result import BenchResult
from tradewind.kernel.clock import NS_PER_S, FakeClock, cpu_ns, monotonic_s
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.rng import named_rng
from tradewind.market.calendar import RoundTheClockCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.recorder import DayRecorder
from tradewind.market.recording import read_recording
from tradewind.market.recording_disk import ThreadHand
from tradewind.market.sources.settings import SimulatorSettings
from tradewind.market.sources.simulator import SimulatorSource
from tradewind.stores.ticks.places import ArchivePlaces
from tradewind.stores.ticks.reading import ArchivedDay
from tradewind.stores.ticks.tick_columns import table_of
from tradewind.stores.ticks.writing import Origin, RecordingArchiver, archive_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradewind.domain.tick import RawTick

_DAY: Final = 20251201
_BEGIN_NS: Final = 1_764_550_800 * NS_PER_S
_JITTER_NS: Final = 10_000_000


def main(*, as_json: bool, quick: bool) -> dict[str, Any]:
    """Measure, show unless `as_json`, return the numbers."""
    result = BenchResult("recorder")
    rounds = 1 if quick else 5
    ticks = asyncio.run(_simulated(600 if quick else 7_200))
    result.figure("ticks", len(ticks))
    with tempfile.TemporaryDirectory() as folder:
        _measure(result, Path(folder), ticks, rounds)
    if not as_json:
        result.show()
    return result.as_dict()


def _measure(result: BenchResult, folder: Path, ticks: Sequence[RawTick], rounds: int) -> None:
    count = len(ticks)
    journal = folder / f"{_DAY}_bench.twr"
    recorded, recorded_us = _rate(count, rounds, lambda: _record(journal, ticks))
    result.figure("recorder_ticks_per_s", recorded)
    result.figure("recorder_line_cpu_us_per_tick", recorded_us)
    result.figure("journal_bytes_per_tick", journal.stat().st_size / count)
    read, read_us = _rate(count, rounds, lambda: _read_journal(journal))
    result.figure("journal_read_ticks_per_s", read)
    result.figure("journal_read_cpu_us_per_tick", read_us)
    places = ArchivePlaces(folder / "archive")
    archived, _ = _rate(count, rounds, lambda: _archive(places, ticks))
    plain_bytes, plain, plain_us = _plain(ticks, rounds)
    manifest = ArchivedDay(places.manifest(_DAY, "bench")).manifest
    result.figure("archive_ticks_per_s", archived)
    result.figure("archive_bytes_per_tick", manifest.bytes / count)
    result.figure("pyarrow_write_ticks_per_s", plain)
    result.figure("pyarrow_write_cpu_us_per_tick", plain_us)
    result.figure("pyarrow_bytes_per_tick", plain_bytes / count)
    read, read_us = _rate(count, rounds, lambda: _read_archive(places))
    result.figure("archive_read_ticks_per_s", read)
    result.figure("archive_read_cpu_us_per_tick", read_us)
    scanned, _ = _rate(count, rounds, lambda: pq.read_table(places.ticks, columns=["last_price", "volume"]))
    result.figure("archive_scan_ticks_per_s", scanned)
    result.ratio("recorder_to_pyarrow_write", recorded / plain)
    result.ratio("pyarrow_write_cpu_vs_recorder_cpu", plain_us / recorded_us)
    result.ratio("archive_to_pyarrow_write", archived / plain)
    result.ratio("archive_bytes_to_pyarrow", manifest.bytes / plain_bytes)
    result.goal("P12_recorder_ticks_per_s", recorded, 1_200_000, better="higher")
    result.goal("P12_archive_bytes_per_tick", manifest.bytes / count, 25, better="lower")


async def _simulated(seconds: int) -> list[RawTick]:
    """Return what the simulator's warm-up gives for so many seconds, received a little later each."""
    kept: list[RawTick] = []

    class Keeping:
        def accept(self, raw: RawTick) -> None:
            kept.append(raw)

        def advance_to(self, now_ns: int) -> None:
            if now_ns >= _BEGIN_NS:
                running.cancel()

    source = SimulatorSource(
        SimulatorSettings(warm_up_s=seconds),
        contracts=InstrumentTable().liquid(),
        instruments=InstrumentTable(),
        calendar=RoundTheClockCalendar(),
        clock=FakeClock(_BEGIN_NS),
    )
    running = asyncio.ensure_future(source.run(Keeping()))
    await asyncio.wait([running], timeout=60)
    rng = named_rng(1, "bench recorder")
    late = 0
    ticks = []
    for raw in kept:
        late = max(late, raw[2] + rng.randrange(_JITTER_NS))
        ticks.append((*raw[:2], late, *raw[3:]))
    return ticks  # type: ignore[return-value]  # plain tuples of RawTick's shape


def _record(path: Path, ticks: Sequence[RawTick]) -> None:
    """Record as the platform does, by the day's recorder and a thread beside it; synchronised at the end."""
    path.unlink(missing_ok=True)
    metrics = Metrics()
    recorder = DayRecorder(
        path.parent,
        source="bench",
        instruments=InstrumentTable(),
        calendar=RoundTheClockCalendar(),
        metrics=metrics,
        hand=ThreadHand(),
        spool_bytes=1 << 30,
    )
    append = recorder.append
    for tick in ticks:
        append(tick)
    recorder.close()
    recorded = metrics.ticks_recorded.total()
    if recorded != len(ticks):
        message = f"{recorded} of {len(ticks)} ticks are on disk: {recorder.failure}"
        raise RuntimeError(message)


def _read_journal(path: Path) -> None:
    for batch in read_recording(path).batches():
        for _ in batch:
            pass


def _archive(places: ArchivePlaces, ticks: Sequence[RawTick]) -> None:
    with archive_lock(places):
        archiver = RecordingArchiver(places, trading_day=_DAY, recording="bench")
        archiver.add(ticks)
        archiver.commit(Origin(source="bench", name="bench", bytes=0))


def _read_archive(places: ArchivePlaces) -> None:
    for batch in ArchivedDay(places.manifest(_DAY, "bench")).batches():
        for _ in batch:
            pass


def _plain(ticks: Sequence[RawTick], rounds: int) -> tuple[int, float, float]:
    """Return size, rate and cost of pyarrow with its defaults and zstd: the same objects and columns, one file."""
    sink = io.BytesIO()

    def write() -> None:
        sink.seek(0)
        sink.truncate()
        table, _ = table_of(ticks, range(len(ticks)), "bench")
        pq.write_table(pa.table(table), sink, compression="zstd")

    rate, cpu_us = _rate(len(ticks), rounds, write)
    return len(sink.getvalue()), rate, cpu_us


def _rate(count: int, rounds: int, work: Callable[[], object]) -> tuple[float, float]:
    """Return ticks a second, and µs of the processor that this thread spent on each: the medians."""
    taken, spent = [], []
    for _ in range(rounds):
        begun_s, begun_ns = monotonic_s(), cpu_ns()
        work()
        taken.append(monotonic_s() - begun_s)
        spent.append((cpu_ns() - begun_ns) / 1e3)
    return count / statistics.median(taken), statistics.median(spent) / count
