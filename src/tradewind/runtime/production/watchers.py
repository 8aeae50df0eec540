"""Prometheus and Alertmanager of a production set, told by `tradewind monitoring` what to watch and whom to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.runtime.identity import watch_tokens
from tradewind.runtime.lifecycle.places import write_private
from tradewind.runtime.lifecycle.welcome import production_page
from tradewind.runtime.monitoring.files import monitoring_files, write_files
from tradewind.runtime.monitoring.routes import SMTP_PASSWORD
from tradewind.runtime.monitoring.scrape import TOKEN
from tradewind.runtime.production.partners import OPERATORS
from tradewind.runtime.production.plan import HOST
from tradewind.runtime.production.programs import program_of

if TYPE_CHECKING:
    from tradewind.runtime.production.plan import Plan
    from tradewind.runtime.settings import TradewindSettings


def prepare_watchers(plan: Plan, settings: TradewindSettings) -> None:
    """Write their files, and the first time the token with which Prometheus reads metrics."""
    folder = plan.home / "monitoring"
    manager = f"{HOST}:{plan.ports['alertmanager']}"
    files = monitoring_files(
        settings, alertmanager=manager, interval="5s", mail_to=(OPERATORS,), webhooks=(),
        page=production_page(settings),
    )  # fmt: skip
    write_files(folder, files)
    if (token := watch_tokens(settings).ensure()) is not None:
        write_private(folder / "prometheus" / TOKEN, token)
    write_private(folder / "alertmanager" / SMTP_PASSWORD, plan.passwords["smtp"])


def prometheus_command(plan: Plan) -> tuple[str, ...]:
    """Return what runs it."""
    return (
        program_of("prometheus"),
        f"--config.file={plan.home / 'monitoring' / 'prometheus' / 'prometheus.yml'}",
        f"--storage.tsdb.path={plan.server('prometheus') / 'data'}",
        f"--web.listen-address={HOST}:{plan.ports['prometheus']}",
    )


def alertmanager_command(plan: Plan) -> tuple[str, ...]:
    """Return what runs it."""
    return (
        program_of("prometheus-alertmanager"),
        f"--config.file={plan.home / 'monitoring' / 'alertmanager' / 'alertmanager.yml'}",
        f"--storage.path={plan.server('alertmanager') / 'data'}",
        f"--web.listen-address={HOST}:{plan.ports['alertmanager']}",
        "--cluster.listen-address=",
    )
