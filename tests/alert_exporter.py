"""A stand-in for many processes: an address that tells the series of alerts' cases as Prometheus scrapes them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from alert_cases import Case
from tradewind.kernel.clock import SystemClock, monotonic_s

STEPS_PER_S = 4
"""Steps of a series, of 15 s each in the tests of the rules, that pass in one second of a drill."""
_PART = re.compile(r"(?P<begin>\d+)(?:\+(?P<growth>\d+))?x(?P<times>\d+)")
_TIME = "tradewind_gateway_certificate_expires_timestamp_seconds"


def value_at(series: str, step: int) -> int:
    """Return the value of a series (`0x20 0+1x40`) at a step; behind its end it goes on as it ended."""
    parts = [(int(part["begin"]), int(part["growth"] or 0), int(part["times"])) for part in _PART.finditer(series)]
    for begin, growth, times in parts[:-1]:
        if step <= times:
            return begin + growth * step
        step -= times + 1
    begin, growth, _ = parts[-1]
    return begin + growth * step


def page_of(cases: Mapping[str, Case], step: int) -> str:
    """Return what is told at a step: each alert's series under which it fires, on an instance called like it."""
    lines = []
    for alert, case in cases.items():
        for name, series in case.fires.items():
            # What is a time of Unix' there is one here too, counted from now.
            value = value_at(series, step) + (SystemClock().now_ns() // 10**9 if name.startswith(_TIME) else 0)
            lines.append(f"{name.replace('HERE', alert)} {value}")
    return "\n".join(lines) + "\n"


@contextmanager
def exporting(cases: Mapping[str, Case]) -> Iterator[str]:
    """Give the `host:port` at which the cases are played from the first time that somebody asks."""
    begun: list[float] = []

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            begun.append(monotonic_s())
            page = page_of(cases, int((begun[-1] - begun[0]) * STEPS_PER_S)).encode()
            self.send_response(200)
            self.send_header("content-type", "text/plain; version=0.0.4")
            self.send_header("content-length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
