"""Everything below deploy/ that is made of the service table, by path; `tradewind deploy files` writes it."""

from __future__ import annotations

from pathlib import Path

from tradewind.runtime.deploying.chart import chart_files, manifest_files
from tradewind.runtime.deploying.compose import compose_files, compose_settings
from tradewind.runtime.deploying.docker import docker_files
from tradewind.runtime.deploying.systemd import systemd_files
from tradewind.runtime.deploying.units import DATA, container_settings
from tradewind.runtime.gateway.nginx import nginx_config
from tradewind.runtime.monitoring.files import monitoring_files


def deploy_files() -> dict[str, str]:
    """Return the text of each file by its path below the folder."""
    watched = monitoring_files(
        compose_settings(), alertmanager="alertmanager:9093", interval="15s", mail_to=(), webhooks=()
    )
    names = [name for name in watched if not name.startswith("grafana/")]
    nginx = nginx_config(container_settings("tradewind-"), folder=Path(DATA) / "nginx")
    return {
        **docker_files(),
        **compose_files(),
        **{f"compose/monitoring/{name}": watched[name] for name in names},
        **manifest_files(),
        **chart_files(),
        **systemd_files(),
        "nginx/tradewind.conf": nginx,
    }
