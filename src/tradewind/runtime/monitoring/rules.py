"""The rules of Prometheus, from the table of alerts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tradewind.runtime.monitoring.alerts import alerts
from tradewind.runtime.monitoring.promql import seconds_of

if TYPE_CHECKING:
    from tradewind.runtime.monitoring.alerts import Alert

OPS_PAGE: Final = "/ops/alerts?alert="
"""Where our own page shows an alert as it stands, with its page of the handbook."""
_GROWN: Final = re.compile(r"increase\((?P<series>\w+(?:\{[^}]*\})?)\[(?P<span>\w+)\]\)")


def alert_rules(page: str = "") -> dict[str, Any]:
    """Return `rules.yml` as Prometheus reads it: one group for each chapter of the handbook.

    `page` is where people reach our page; without it alerts name the path alone.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for alert in alerts():
        groups.setdefault(alert.group, []).append(_rule(alert, page))
    return {"groups": [{"name": f"tradewind-{name}", "rules": rules} for name, rules in groups.items()]}


def expression(expr: str) -> str:
    """Return an expression of the table as Prometheus has to be asked, where a first count is to wake somebody too.

    A counter with a label is not there before its first event, and `increase` sees no growth in a series that begins
    with 1. Such a series counts whole where it is known to have begun within the span: the instance was scraped more
    often than the series was there, or its process is younger. Otherwise it is Prometheus that is new.
    """
    return _GROWN.sub(_counting_the_first, expr)


def _counting_the_first(found: re.Match[str]) -> str:
    series, span = found["series"], found["span"]
    looks = f'max by (instance) (sum_over_time(up{{job="tradewind"}}[{span}]))'
    has_begun = f"{series} and (count_over_time({series}[{span}]) < on (instance) group_left {looks})"
    is_young = f"{series} and on (instance) (tradewind_process_uptime_seconds < {seconds_of(span):g})"
    return f"({has_begun} or {is_young} or increase({series}[{span}]))"


def _rule(alert: Alert, page: str) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": expression(alert.expr),
        "for": alert.for_,
        "labels": {"severity": alert.severity, "group": alert.group},
        "annotations": {
            "summary": f"{alert.zh.title} · {alert.en.title} ({{{{ $labels.instance }}}})",
            "description": f"{alert.zh.means} / {alert.en.means}",
            "runbook": alert.page,
            "page": f"{page}{OPS_PAGE}{alert.name}",
        },
    }
