"""A drill: every alert fires in a real Prometheus, and the operator's program hears of it with the pages to read.

Five are caused as they would be: trading is halted, a strategy raises, a process is gone, a port is taken by another
program, somebody guesses tokens. All others fire on series that an exporter tells in the place of processes, the same
as in the tests of the rules. How long a rule has to hold is cut to a second; nothing else of the rules is changed.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from alert_cases import CASES
from alert_exporter import exporting
from private_ports import free_port
from real_prometheus import alertmanager, prometheus
from running_platform import Running, tradewind, wait_for
from tradewind.runtime.monitoring.alerts import alerts

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]
REPO = Path(__file__).resolve().parent.parent.parent
CAUSED = {
    *("TradewindTradingHalted", "TradewindStrategyQuarantined", "TradewindServiceDown", "TradewindServiceRefused"),
    "TradewindSignInsRefused",
}
_RAISING = """
import msgspec


class Guest:
    class Params(msgspec.Struct):
        pass

    def __init__(self, params):
        pass

    def on_tick(self, tick):
        raise ValueError("drill")
"""
_TRIES = 20
"""Wrong tokens at each look; more than one a second, whatever the machine."""
_PATIENCE_S = 90.0


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


def strategies(folder: Path) -> Path:
    """Return a folder with a strategy that raises at every tick."""
    folder.mkdir(mode=0o700)
    (folder / "raising.py").write_text(_RAISING, encoding="utf-8")
    (folder / "raising.py").chmod(0o600)
    return folder


def watched(folder: Path, *, token: str, more: tuple[str, ...]) -> None:
    """Change what `tradewind monitoring` wrote for a drill: more to scrape, and nobody waits for others of a group."""
    scrape = folder / "prometheus" / "prometheus.yml"
    content = yaml.safe_load(scrape.read_text())
    (job,) = content["scrape_configs"]
    job["honor_labels"] = True
    job["static_configs"].append({"targets": list(more)})
    scrape.write_text(yaml.safe_dump(content))
    (folder / "prometheus" / "token").write_text(token)
    rules = folder / "prometheus" / "rules.yml"
    rules.write_text(re.sub(r"^( +for:) \S+$", r"\1 1s", rules.read_text(), flags=re.MULTILINE))
    routes = folder / "alertmanager" / "alertmanager.yml"
    routes.write_text(re.sub(r"group_wait: \S+", "group_wait: 0s", routes.read_text()))


def test_every_alert_reaches_the_operators_program_with_its_pages(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other_program, listening() as (hook, heard):
        port = f"api.port={free_port()}"
        running = Running(
            tmp_path, "market.source=simulator", port, f"strategies.folder={strategies(tmp_path / 'strategies')}",
            "quotes.enabled=true", f"quotes.port={other_program.getsockname()[1]}",
        )  # fmt: skip
        told: dict[str, dict[str, Any]] = {}

        def has_heard(client: httpx.Client) -> bool:
            for _ in range(_TRIES):
                client.get("/api/v1/system", headers={"Authorization": "Bearer guessed"})
            told.update({each["labels"]["alertname"]: each for call in list(heard) for each in call["alerts"]})
            return set(told) == set(CASES)

        try:
            synthetic = {name: case for name, case in CASES.items() if name not in CAUSED}
            with running.client() as client, exporting(synthetic) as exporter:
                folder, manager_port = tmp_path / "monitoring", free_port()
                made = tradewind(
                    "monitoring", str(folder), "--webhook", hook, "--interval", "500ms",
                    "--page", (page := str(client.base_url).rstrip("/")),
                    f"--alertmanager=127.0.0.1:{manager_port}", "--set", port, folder=tmp_path,
                )  # fmt: skip
                assert made.returncode == 0, made.stderr
                token = client.headers["Authorization"].removeprefix("Bearer ")
                watched(folder, token=token, more=(exporter, f"127.0.0.1:{free_port()}"))
                manager = alertmanager(folder / "alertmanager", manager_port)
                scraper = prometheus(folder / "prometheus")
                try:
                    tradewind("halt", "--reason", "drill", "--set", f"data_dir={tmp_path}", folder=tmp_path)
                    # Elsewhere than Prometheus, which would have to wait as well.
                    elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
                    with httpx.Client(base_url=page, timeout=10, transport=elsewhere) as stranger:
                        try:
                            wait_for(lambda: has_heard(stranger), patience_s=_PATIENCE_S)
                        except AssertionError:
                            pytest.fail(f"never heard of: {sorted(set(CASES) - set(told))}")
                    shown = {each["name"]: each["words"] for each in client.get("/api/v1/ops/alerts").json()}
                finally:
                    scraper.end()
                    manager.end()
        finally:
            running.end()
    for alert in alerts():
        labels, links = told[alert.name]["labels"], told[alert.name]["annotations"]
        assert (labels["severity"], labels["group"]) == (alert.severity, alert.group)
        for handbook in (Path(links["runbook"]), Path(links["runbook"]).with_suffix(".en.md")):
            assert (REPO / handbook).read_text(encoding="utf-8").startswith(f"# {alert.name}: ")
        # The page of operators shows the one that its address names.
        assert links["page"] == f"{page}/ops/alerts?alert={alert.name}"
        assert shown[alert.name]["zh"]["remedy"]
        assert shown[alert.name]["en"]["remedy"]
    assert {name for name in CAUSED if told[name]["labels"]["instance"] == name} == set()
