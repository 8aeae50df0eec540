"""The folder of everything that Prometheus, Alertmanager and Grafana read, written at one go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import yaml

from tradewind.runtime.monitoring.boards import BOARDS, board
from tradewind.runtime.monitoring.routes import alertmanager_config
from tradewind.runtime.monitoring.rules import alert_rules
from tradewind.runtime.monitoring.scrape import RULES, prometheus_config

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tradewind.runtime.settings import TradewindSettings

_HEAD: Final = "# Made by `tradewind monitoring`; written anew by it, so change the settings and not this file.\n"
_WIDE: Final = 1_000
_PROVIDER: Final = {
    "apiVersion": 1,
    "providers": [{"name": "tradewind", "type": "file", "options": {"path": "/etc/grafana/tradewind"}}],
}


def monitoring_files(
    settings: TradewindSettings,
    *,
    alertmanager: str,
    interval: str,
    mail_to: Sequence[str],
    webhooks: Sequence[str],
    page: str = "",
) -> dict[str, str]:
    """Return the texts of the files by their path below the folder; alerts link to our page at `page`.

    Raises: ConfigError: mail is wanted and there is no mail server.
    """
    scrape = prometheus_config(settings, alertmanager=alertmanager, interval=interval)
    files = {
        "prometheus/prometheus.yml": _yaml(scrape),
        f"prometheus/{RULES}": _yaml(alert_rules(page)),
        "alertmanager/alertmanager.yml": _yaml(alertmanager_config(settings, mail_to=mail_to, webhooks=webhooks)),
        "grafana/provider.yml": _yaml(_PROVIDER),
    }
    for uid in BOARDS:
        files[f"grafana/{uid}.json"] = json.dumps(board(uid), ensure_ascii=False, indent=1) + "\n"
    return files


def write_files(folder: Path, files: dict[str, str]) -> list[Path]:
    """Write each below `folder`; return where they are.

    Raises: OSError: the folder cannot be written.
    """
    written = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _yaml(content: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=_WIDE)
    return _HEAD + text
