"""What Prometheus scrapes: every process that the settings name, with the access token out of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tradewind.runtime.gateway.places import Place, api_of, places_of, reachable
from tradewind.runtime.services import CONTROL

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings

RULES: Final = "rules.yml"
TOKEN: Final = "token"  # noqa: S105 - the name of a file
"""The file beside `prometheus.yml` that holds the watch token (`tradewind token watch`); the operator's, 0600."""


def prometheus_config(settings: TradewindSettings, *, alertmanager: str, interval: str) -> dict[str, Any]:
    """Return `prometheus.yml`: `alertmanager` is `host:port`, `interval` a duration of Prometheus'."""
    return {
        "global": {"scrape_interval": interval, "evaluation_interval": interval},
        "rule_files": [RULES],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [
            {
                "job_name": "tradewind",
                "metrics_path": "/metrics",
                "authorization": {"type": "Bearer", "credentials_file": TOKEN},
                "static_configs": [
                    {"targets": [place.address], "labels": {"service": place.service}} for place in targets(settings)
                ],
            }
        ],
    }


def targets(settings: TradewindSettings) -> tuple[Place, ...]:
    """Return where each process tells its metrics: in one process at the page's port, apart at the health doors."""
    if settings.bus.kind != "redis":
        return (Place("tradewind", reachable(settings.api.host), settings.api.port),)
    services, host = settings.services, reachable(settings.services.host)
    edges = {"push", "quotes"}
    found = [place for place in places_of(settings) if place.service not in {*edges, "api", CONTROL}]
    doors = [*sorted(edges), *([CONTROL] if settings.control.enabled else [])]
    found += [Place(name, host, services.health_port(name)) for name in doors]
    for address in api_of(settings):
        name, _, port = address.rpartition(":")
        found.append(Place("api", name.strip("[]"), int(port)))
    return tuple(found)


def token_file(folder: Path) -> Path:
    """Return where Prometheus expects the token."""
    return folder / TOKEN
