"""The module's log puts itself aside, and a disk that takes no more costs lines alone."""

from __future__ import annotations

from pathlib import Path

from tradewind.collector.log_file import LogFile


def test_a_large_log_is_put_aside_and_the_oldest_goes(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "module.log", max_bytes=20, keep=2)
    for number in range(8):
        log.write(f"line {number:04}\n")
    log.close()
    found = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    assert found == {
        "module.log": "line 0006\nline 0007\n",
        "module.log.1": "line 0004\nline 0005\n",
        "module.log.2": "line 0002\nline 0003\n",
    }


def test_a_log_that_cannot_be_written_counts_what_is_lost() -> None:
    log = LogFile(Path("/dev/full"), max_bytes=1_000, keep=1)
    log.write("lost\n")
    log.write("lost\n")
    assert log.lost == 2
