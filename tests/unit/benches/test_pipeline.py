"""The pipeline bench: the same ticks on both sides, a client that only counts, and failures that say why."""

from __future__ import annotations

import json
import socket
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from tradewind.benches.opportunity_client import OpportunityClient
from tradewind.benches.pipeline import Writer, measure_side
from tradewind.benches.pipeline_services import Programs, wait_for
from tradewind.benches.pipeline_ticks import MARK_EVERY, clean_ticks, write_files
from tradewind.domain.tick import Tick
from tradewind.errors import ConfigError
from tradewind.strategies.folder import load_file

HANDSHAKE = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


class Streamer:
    """Accepts one client, says what it is told to, and keeps what the client says."""

    def __init__(self, said: bytes) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.heard = b""
        self._thread = threading.Thread(target=self._serve, args=(said,))
        self._thread.start()

    def end(self) -> None:
        self._thread.join()
        self._socket.close()

    def _serve(self, said: bytes) -> None:
        client, _ = self._socket.accept()
        with client:
            request = b""
            while b"\r\n\r\n" not in request:
                request += client.recv(4_096)
            client.sendall(HANDSHAKE + said)
            while data := client.recv(4_096):
                self.heard += data


def frame(payload: bytes, kind: int = 1) -> bytes:
    size = len(payload)
    head = bytes((0x80 | kind, size)) if size < 126 else bytes((0x80 | kind, 126)) + size.to_bytes(2, "big")
    return head + payload


def test_both_sides_get_the_same_ticks_with_the_same_marks(tmp_path: Path) -> None:
    ours_file, theirs_file, strategies = write_files(tmp_path, 500)
    ours = msgspec.msgpack.decode(ours_file.read_bytes(), type=list[Tick])
    theirs = json.loads(theirs_file.read_bytes())

    assert len(ours) == len(theirs) == 500
    assert [tick.last_price for tick in ours] == [fields["price"] for fields in theirs]
    assert [tick.seq % MARK_EVERY == 0 for tick in ours] == [fields["is_marked"] for fields in theirs]
    assert any(fields["is_marked"] for fields in theirs)
    assert [path.name for path in strategies.iterdir()] == ["stamping.py"]
    assert ours == clean_ticks(500)


def test_the_client_reads_frames_of_any_size_answers_pings_and_sees_the_end() -> None:
    long = b"x" * 60_000
    streamer = Streamer(frame(b"one") + frame(b"hi", kind=9) + frame(long) + frame(b"", kind=8))
    client = OpportunityClient(streamer.port)
    assert [client.frame(5), client.frame(5), client.frame(5)] == [b"one", long, None]
    client.close()
    streamer.end()
    assert streamer.heard == b"\x8a\x82" + bytes(4) + b"hi"


def test_latencies_run_from_the_stamp_and_repeated_stamps_do_not_count() -> None:
    said = b"".join(frame(b'{"reasons":["sent ns=%d"]}' % stamp) for stamp in (5, 5, 9))
    streamer = Streamer(said)
    # The second writer says that nothing is to be waited for: what it would make has no streamer here.
    stamps = iter(("1 9", "1 0"))

    def command(_begin: int, _count: int, _rate: int) -> list[str]:
        return [sys.executable, "-c", f"print('{next(stamps)}')"]

    seen = measure_side(streamer.port, Writer(command), paced=2, flood=1, rate=1_000)
    streamer.end()
    assert seen.opportunities == 2
    assert seen.p50_ms > 0


def test_a_writer_that_fails_ends_the_bench_with_its_name() -> None:
    streamer = Streamer(b"")
    failing = Writer(lambda _begin, _count, _rate: [sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(ConfigError, match="ended with 3"):
        measure_side(streamer.port, failing, paced=1, flood=1, rate=1)
    streamer.end()


def test_a_service_that_ends_while_others_wait_for_it_is_named() -> None:
    programs = Programs()
    programs.start([sys.executable, "-c", "raise SystemExit(4)"])
    with pytest.raises(ConfigError, match="ended with 4"):
        wait_for(programs, lambda: False, "nothing")
    programs.end()


def test_the_stamping_strategy_is_one(tmp_path: Path) -> None:
    _, _, strategies = write_files(tmp_path, 10)

    assert [spec.name for spec in load_file(strategies / "stamping.py", {})] == ["stamping"]
