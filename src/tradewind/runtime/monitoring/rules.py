"""The rules of Prometheus, from the table of alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.runtime.monitoring.alerts import alerts

if TYPE_CHECKING:
    from tradewind.runtime.monitoring.alerts import Alert


def alert_rules() -> dict[str, Any]:
    """Return `rules.yml` as Prometheus reads it: one group for each chapter of the handbook."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for alert in alerts():
        groups.setdefault(alert.group, []).append(_rule(alert))
    return {"groups": [{"name": f"tradewind-{name}", "rules": rules} for name, rules in groups.items()]}


def _rule(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": alert.expr,
        "for": alert.for_,
        "labels": {"severity": alert.severity, "group": alert.group},
        "annotations": {
            "summary": f"{alert.zh.title} · {alert.en.title} ({{{{ $labels.instance }}}})",
            "description": f"{alert.zh.means} / {alert.en.means}",
            "runbook": alert.page,
        },
    }
