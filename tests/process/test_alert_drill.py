"""A drill: somebody stops trading, and the operator's program hears of it with the page to read."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from private_ports import free_port
from real_prometheus import alertmanager, prometheus
from running_platform import Running, tradewind, wait_for
from tradewind.runtime.monitoring.alerts import alerts

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]
REPO = Path(__file__).resolve().parent.parent.parent


@contextmanager
def listening() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Give the address of an operator's program and what it hears."""
    heard: list[dict[str, Any]] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/alerts", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_halt_reaches_the_operators_program_with_its_page(tmp_path: Path) -> None:
    running = Running(tmp_path, "market.source=simulator", (port := f"api.port={free_port()}"))
    try:
        with listening() as (hook, heard), running.client() as client:
            folder = tmp_path / "monitoring"
            manager_port = free_port()
            made = tradewind(
                "monitoring", str(folder), "--webhook", hook, "--interval", "1s",
                f"--alertmanager=127.0.0.1:{manager_port}", "--set", port, folder=tmp_path,
            )  # fmt: skip
            assert made.returncode == 0, made.stderr
            routes = folder / "alertmanager" / "alertmanager.yml"
            # A drill does not wait for others of a group.
            routes.write_text(routes.read_text().replace("group_wait: 30s", "group_wait: 0s"))
            (folder / "prometheus" / "token").write_text(client.headers["Authorization"].removeprefix("Bearer "))
            manager = alertmanager(routes.parent, manager_port)
            scraper = prometheus(folder / "prometheus")
            try:
                wait_for(lambda: _is_scraped(scraper.ask("/api/v1/targets")))
                tradewind("halt", "--reason", "drill", "--set", f"data_dir={tmp_path}", folder=tmp_path)
                (told,) = wait_for(lambda: [each for call in heard for each in call["alerts"]])
            finally:
                scraper.end()
                manager.end()
    finally:
        running.end()
    assert told["labels"] | {"instance": ""} == {
        "alertname": "TradewindTradingHalted", "group": "trading", "severity": "warning", "scope": "platform",
        "instance": "",
    }  # fmt: skip
    assert (REPO / told["annotations"]["runbook"]).is_file()
    assert told["annotations"]["runbook"] in {alert.page for alert in alerts()}


def _is_scraped(targets: Any) -> bool:
    return [target["health"] for target in targets["data"]["activeTargets"]] == ["up"]
