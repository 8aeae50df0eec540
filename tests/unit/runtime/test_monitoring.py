"""What stands in rules, boards and the handbook is what there is: metrics, processes, alerts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from certificates import Authority
from tradewind.kernel.metrics import Metrics, register
from tradewind.kernel.settings import load
from tradewind.runtime.monitoring.alerts import alerts
from tradewind.runtime.monitoring.boards import BOARDS
from tradewind.runtime.monitoring.files import monitoring_files
from tradewind.runtime.monitoring.handbook import pages
from tradewind.runtime.monitoring.scrape import targets
from tradewind.runtime.process_gauges import ProcessGauges
from tradewind.runtime.services import ROWS
from tradewind.runtime.settings import TradewindSettings

REPO = Path(__file__).resolve().parents[3]
EXPRESSIONS = {alert.name: alert.expr for alert in alerts()} | {
    f"{uid}: {panel.title}": panel.expr for uid, (_, panels) in BOARDS.items() for panel in panels
}


def production() -> TradewindSettings:
    return load(TradewindSettings, flags=("bus.kind=redis", "control.enabled=true")).settings


def declared() -> set[str]:
    metrics = Metrics()
    named = {each.name for each in metrics.counters()} | {each.name for each in metrics.gauges()}
    return named | {"up", "tradewind_line_latency_seconds_bucket", "tradewind_line_hop_latency_seconds_bucket"}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_a_rule_or_panel_asks_for_metrics_that_exist(name: str) -> None:
    asked = set(re.findall(r"\b(?:tradewind_\w+|up(?=\{))", EXPRESSIONS[name]))
    assert asked
    assert asked <= declared()


def test_a_rule_or_panel_groups_by_labels_that_the_metric_has() -> None:
    metrics = Metrics()
    labels = {each.name: each.label for each in metrics.counters()} | {
        each.name: each.label for each in metrics.gauges()
    }
    beside = {"instance", "service", "job", "le"}
    for name, expression in EXPRESSIONS.items():
        grouped = {label for found in re.findall(r"by \(([\w, ]+)\)", expression) for label in found.split(", ")}
        asked = [metric for metric in re.findall(r"\btradewind_\w+", expression) if metric in labels]
        if asked:
            assert grouped - beside <= {labels[metric] for metric in asked}, name


def test_every_service_of_the_map_is_scraped_at_a_port_of_its_own() -> None:
    found = targets(production())
    assert {place.service for place in found} == set(ROWS)
    assert len({place.address for place in found}) == len(found)


def test_every_process_of_a_service_is_scraped() -> None:
    flags = ("bus.kind=redis", "bus.shards=2", 'services.processes={"features": 2}')
    found = targets(load(TradewindSettings, flags=flags).settings)
    assert [place.port for place in found if place.service == "features"] == [8202, 8302]


def test_in_one_process_the_page_s_port_is_scraped() -> None:
    assert [place.address for place in targets(TradewindSettings())] == ["127.0.0.1:8888"]


def test_the_handbook_is_the_one_that_is_made() -> None:
    wanted = dict(pages())
    assert {f"docs/alerts/{path.name}" for path in (REPO / "docs" / "alerts").iterdir()} == set(wanted)
    for path, text in wanted.items():
        assert (REPO / path).read_text() == text, f"{path}: make docs writes it anew"


def test_the_files_for_a_default_installation_are_those_that_are_made() -> None:
    settings = load(TradewindSettings, flags=("bus.kind=redis",)).settings
    made = monitoring_files(settings, alertmanager="127.0.0.1:9093", interval="5s", mail_to=(), webhooks=())
    for name, text in made.items():
        assert (REPO / "deploy" / "monitoring" / name).read_text() == text, "make docs writes it anew"


def test_prometheus_reads_the_key_from_a_file_beside_its_configuration() -> None:
    made = monitoring_files(production(), alertmanager="a:9093", interval="5s", mail_to=(), webhooks=())
    (job,) = yaml.safe_load(made["prometheus/prometheus.yml"])["scrape_configs"]
    assert job["authorization"] == {"type": "Bearer", "credentials_file": "token"}


def test_a_process_tells_its_disk_its_memory_and_the_end_of_the_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ours")
    certificate, _ = authority.sign("here")
    metrics = Metrics()
    ProcessGauges(metrics, folder=tmp_path, certificate=str(certificate)).refresh()
    assert metrics.disk_size_bytes.values[""] > metrics.disk_free_bytes.values[""] > 0
    assert metrics.memory_bytes.values[""] > 1e6
    assert metrics.certificate_expires_s.values[""] > 1e9


def test_a_certificate_that_cannot_be_read_leaves_the_others_alone(tmp_path: Path) -> None:
    broken = tmp_path / "cert.pem"
    broken.write_text("no certificate")
    metrics = Metrics()
    ProcessGauges(metrics, folder=tmp_path, certificate=str(broken)).refresh()
    assert not metrics.certificate_expires_s.values
    assert metrics.disk_free_bytes.values


def test_what_is_exported_can_be_read_by_prometheus(tmp_path: Path) -> None:
    from prometheus_client import generate_latest

    metrics = Metrics()
    ProcessGauges(metrics, folder=tmp_path).refresh()
    names = {family.name for family in text_string_to_metric_families(generate_latest(register(metrics)).decode())}
    assert {"tradewind_build_info", "tradewind_process_disk_free_bytes"} <= names
