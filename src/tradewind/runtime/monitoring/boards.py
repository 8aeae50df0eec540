"""Grafana's boards: the line, the order line, the house; each panel a question an operator asks."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

_WIDTH: Final = 8
_HEIGHT: Final = 7
_PER_ROW: Final = 3
Unit = Literal["short", "s", "ops", "bytes", "percentunit", "reqps"]


class Panel(NamedTuple):
    """One panel: what it shows and how its lines are called."""

    title: str
    expr: str
    legend: str = "{{service}}"
    unit: Unit = "short"


def _rate(metric: str, by: str) -> str:
    return f"sum by ({by}) (rate({metric}[1m]))"


def _grown(metric: str, by: str, over: str = "1m") -> str:
    return f"sum by ({by}) (increase({metric}[{over}]))"


BOARDS: Final = {
    "tradewind-line": (
        "信风 流水线 · The line",
        (
            Panel("行情 · ticks in/s", _rate("tradewind_market_ticks_in_total", "source"), "{{source}}", "ops"),
            Panel("清洗后 · clean ticks/s", _rate("tradewind_market_ticks_clean_total", "service"), unit="ops"),
            Panel("拒绝 · rejected/s", _rate("tradewind_market_ticks_rejected_total", "reason"), "{{reason}}", "ops"),
            Panel("行情源警报 · feed alarm", "max by (service) (tradewind_market_feed_alarm)"),
            Panel(
                "全程 p50 · line latency p50",
                "histogram_quantile(0.5, sum by (service, le) (rate(tradewind_line_latency_seconds_bucket[5m])))",
                unit="s",
            ),
            Panel(
                "全程 p99 · line latency p99",
                "histogram_quantile(0.99, sum by (service, le) (rate(tradewind_line_latency_seconds_bucket[5m])))",
                unit="s",
            ),
            Panel(
                "各跳 p99 · hops p99",
                "histogram_quantile(0.99, sum by (room, topic, le)"
                " (rate(tradewind_line_hop_latency_seconds_bucket[5m])))",
                "{{room}} {{topic}}",
                "s",
            ),
            Panel("落后 · behind", "max by (service, room) (tradewind_bus_behind_seconds)", "{{room}}", "s"),
            Panel(
                "缺口 · gaps/min",
                f"{_grown('tradewind_line_gaps_total', 'service')} + {_grown('tradewind_bus_gaps_total', 'service')}",
            ),
            Panel("特征 · features/s", _rate("tradewind_features_snapshots_total", "service"), unit="ops"),
            Panel(
                "信号 · signals/min",
                _grown("tradewind_strategies_signals_total", "strategy", "1m"),
                "{{strategy}}",
            ),
            Panel(
                "机会 · opportunities/min",
                _grown("tradewind_signals_opportunities_total", "state", "1m"),
                "{{state}}",
            ),
        ),
    ),
    "tradewind-trading": (
        "信风 交易 · The order line",
        (
            Panel(
                "风控 · decisions/min",
                _grown("tradewind_pretrade_decisions_total", "decision", "1m"),
                "{{decision}}",
            ),
            Panel("拒单原因 · refusals/min", _grown("tradewind_pretrade_refusals_total", "code"), "{{code}}"),
            Panel("交易状态 · mode", "max by (scope) (tradewind_pretrade_mode)", "{{scope}}"),
            Panel("委托 · orders/min", _grown("tradewind_execution_orders_total", "status"), "{{status}}"),
            Panel("成交 · fills/min", "sum(increase(tradewind_execution_fills_total[1m]))", "fills"),
            Panel("排队 · queue", "max by (account) (tradewind_execution_queue)", "{{account}}"),
            Panel("状态未知 · unknown", "max by (account) (tradewind_execution_unknown_orders)", "{{account}}"),
            Panel("警报 · alarms/h", _grown("tradewind_execution_alarms_total", "kind", "1h"), "{{kind}}"),
            Panel("未入账 · aside", "sum by (reason) (tradewind_portfolio_fills_aside_total)", "{{reason}}"),
            Panel("日志 · journal entries/s", _rate("tradewind_stores_journal_entries_total", "service"), unit="ops"),
            Panel("日志故障 · troubles", _grown("tradewind_stores_journal_troubles_total", "service", "5m")),
            Panel("风险警报 · alerts/min", _grown("tradewind_risk_alerts_total", "kind"), "{{kind}}"),
        ),
    ),
    "tradewind-house": (
        "信风 运维 · The house",
        (
            Panel("在线 · up", 'up{job="tradewind"}', "{{service}} {{instance}}"),
            Panel("内存 · memory", "tradewind_process_memory_bytes", "{{service}} {{instance}}", "bytes"),
            Panel("运行时间 · uptime", "tradewind_process_uptime_seconds", "{{service}} {{instance}}", "s"),
            Panel(
                "磁盘可用 · disk free",
                "min by (service) (tradewind_process_disk_free_bytes / tradewind_process_disk_size_bytes)",
                unit="percentunit",
            ),
            Panel("重启 · restarts", _grown("tradewind_service_restarts_total", "service", "10m")),
            Panel("推送客户端 · push clients", "sum by (dialect) (tradewind_push_clients)", "{{dialect}}"),
            Panel("推送 · frames/s", _rate("tradewind_push_messages_total", "topic"), "{{topic}}", "ops"),
            Panel("接口 · answers/s", _rate("tradewind_api_requests_total", "status"), "{{status}}", "reqps"),
            Panel("被拒访问 · refusals/s", _rate("tradewind_identity_refusals_total", "code"), "{{code}}", "ops"),
            Panel("Redis 断开 · reconnects", _grown("tradewind_bus_reconnects_total", "service", "5m")),
            Panel("采集模块 · modules", "sum(tradewind_control_modules)", "modules"),
            Panel(
                "任务 · executions/min",
                _grown("tradewind_control_executions_total", "outcome", "1m"),
                "{{outcome}}",
            ),
        ),
    ),
}
"""Boards by their id: title and panels, three to a row."""


def board(uid: str) -> dict[str, Any]:
    """Return a board as Grafana keeps it."""
    title, panels = BOARDS[uid]
    return {
        "uid": uid,
        "title": title,
        "tags": ["tradewind"],
        "timezone": "browser",
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}],
        },
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(number, _PER_ROW)
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": source,
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [{"refId": "A", "expr": panel.expr, "legendFormat": panel.legend, "datasource": source}],
    }
