"""What `tradewind monitoring` writes is what Prometheus and Alertmanager take, and every alert fires when it should."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from alert_cases import CASES
from real_prometheus import find_program
from tradewind.kernel.settings import load
from tradewind.runtime.monitoring.alerts import Alert, alerts
from tradewind.runtime.monitoring.files import monitoring_files, write_files
from tradewind.runtime.settings import TradewindSettings

ALSO = {"TradewindDiskFilling": ("TradewindDiskFull",), "TradewindOrderAlarm": ("TradewindHoldingsDiffer",)}
SETTINGS = {
    "TRADEWIND_BUS__KIND": "redis",
    "TRADEWIND_NOTICES__SMTP__HOST": "mail.example.org",
    "TRADEWIND_NOTICES__SMTP__SENDER": "desk@example.org",
    "TRADEWIND_NOTICES__SMTP__USER": "desk",
    "TRADEWIND_NOTICES__SMTP__PASSWORD": "a password that is in no file",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("monitoring")
    files = monitoring_files(
        load(TradewindSettings, environ=SETTINGS).settings, alertmanager="127.0.0.1:9093", interval="15s",
        mail_to=("operator@example.org",), webhooks=("http://127.0.0.1:8060/hook",),
    )  # fmt: skip
    write_files(made, files)
    (made / "prometheus" / "token").write_text("key")
    (made / "alertmanager" / "smtp-password").write_text("secret")
    return made


def _ask(program: str, *arguments: str, cwd: Path) -> str:
    ended = subprocess.run(
        [find_program(program), *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=25
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def test_prometheus_takes_its_configuration_and_every_rule(folder: Path) -> None:
    told = _ask("promtool", "check", "config", "prometheus.yml", cwd=folder / "prometheus")
    assert f"{len(alerts())} rules found" in told


def test_alertmanager_takes_its_configuration(folder: Path) -> None:
    told = _ask("amtool", "check-config", "alertmanager.yml", cwd=folder / "alertmanager")
    assert "SUCCESS" in told


def test_no_password_is_in_any_file(folder: Path) -> None:
    assert not [
        path for path in folder.rglob("*.*") if SETTINGS["TRADEWIND_NOTICES__SMTP__PASSWORD"] in path.read_text()
    ]


def test_every_alert_has_a_case() -> None:
    assert set(CASES) == {alert.name for alert in alerts()}


@pytest.mark.parametrize("kind", ["fires", "quiet"])
def test_every_alert_fires_under_its_series_and_not_under_the_quiet_ones(
    folder: Path, tmp_path: Path, kind: str
) -> None:
    shutil.copy(folder / "prometheus" / "rules.yml", tmp_path / "rules.yml")
    series = [
        {"series": name.replace("HERE", alert.name), "values": values}
        for alert in alerts()
        for name, values in getattr(CASES[alert.name], kind).items()
    ]
    looks = [
        {
            "eval_time": CASES[alert.name].after,
            "alertname": alert.name,
            "exp_alerts": [_expected(alert, on) for on in _fires_on(alert)] if kind == "fires" else [],
        }
        for alert in alerts()
    ]
    test = {"name": kind, "interval": "15s", "input_series": series, "alert_rule_test": looks}
    content = {"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": [test]}
    (tmp_path / "rules.test.yml").write_text(yaml.safe_dump(content, allow_unicode=True))
    assert "SUCCESS" in _ask("promtool", "test", "rules", "rules.test.yml", cwd=tmp_path)


FIRST = {name: case for name, case in CASES.items() if "3x36 4+0x10" in case.fires.values()}
"""Alerts of counters that must not grow at all."""


@pytest.mark.parametrize(
    ("watched", "begins", "is_told"),
    [
        # Scraped all the while, and the event is the first of its kind.
        ({"up": "1x60"}, "_x36 1x24", True),
        # The process began with it: no earlier value was to be had.
        ({"up": "_x36 1x24", "tradewind_process_uptime_seconds": "_x36 1+15x24"}, "_x36 1x24", True),
        # Prometheus is what is new here: the event may be of last week.
        ({"up": "_x36 1x24", "tradewind_process_uptime_seconds": "_x36 900000+15x24"}, "_x36 1x24", False),
        # There since long, and nothing happens.
        ({"up": "1x60"}, "1x60", False),
    ],
)
def test_the_first_event_of_its_kind_wakes_somebody_unless_it_may_be_old(
    folder: Path, tmp_path: Path, watched: dict[str, str], begins: str, *, is_told: bool
) -> None:
    shutil.copy(folder / "prometheus" / "rules.yml", tmp_path / "rules.yml")
    named = {alert.name: alert for alert in alerts()}
    series = [
        {"series": name.replace("HERE", alert), "values": begins}
        for alert, case in FIRST.items()
        for name in case.fires
    ]
    series += [
        {"series": f'{name}{{job="tradewind",instance="{alert}"}}', "values": values}
        for alert in FIRST
        for name, values in watched.items()
    ]
    looks = [
        {
            "eval_time": "10m",
            "alertname": alert,
            "exp_alerts": [_expected(named[alert], on) for on in _fires_on(named[alert]) if on in FIRST]
            if is_told
            else [],
        }
        for alert in FIRST
    ]
    test = {"name": "first", "interval": "15s", "input_series": series, "alert_rule_test": looks}
    content = {"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": [test]}
    (tmp_path / "rules.test.yml").write_text(yaml.safe_dump(content, allow_unicode=True))
    assert "SUCCESS" in _ask("promtool", "test", "rules", "rules.test.yml", cwd=tmp_path)


def _fires_on(alert: Alert) -> tuple[str, ...]:
    """Return the instances on which it fires: a full disk is a filling one too, a difference an alarm of orders."""
    return (alert.name, *ALSO.get(alert.name, ()))


def _expected(alert: Alert, instance: str) -> dict[str, Any]:
    labels = {**CASES[alert.name].labels, "instance": instance}
    if instance == "TradewindHoldingsDiffer" and "kind" in labels:
        labels["kind"] = "holdings_differ"
    return {
        "exp_labels": {**labels, "severity": alert.severity, "group": alert.group},
        "exp_annotations": {
            "summary": f"{alert.zh.title} · {alert.en.title} ({instance})",
            "description": f"{alert.zh.means} / {alert.en.means}",
            "runbook": alert.page,
            "page": f"/ops/alerts?alert={alert.name}",
        },
    }
