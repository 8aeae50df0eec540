"""For each alert, series of metrics under which it fires and series under which it must not; a value every 15 s.

Values are written as promtool reads them: `0x40` holds a value, `0+1x40` grows by one each step. All are played
together, each on an instance called like its alert.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Case(NamedTuple):
    """Series by the name and labels; `labels` are those of the alert that fires, beside what the rule adds."""

    fires: dict[str, str]
    quiet: dict[str, str]
    labels: dict[str, str]
    after: str = "10m"


HERE: Final = {"instance": "HERE"}
"""Stands for the instance."""


def _grows(metric: str, **labels: str) -> Case:
    """Return the case of a counter that must not grow at all: it was there before."""
    named = {**HERE, **labels}
    series = metric + "{" + ",".join(f'{key}="{value}"' for key, value in named.items()) + "}"
    return Case({series: "3x36 4+0x10"}, {series: "3x60"}, named)


CASES: Final = {
    "TradewindFeedMute": Case(
        {'tradewind_market_feed_alarm{instance="HERE"}': "0x20 1x40"},
        # Half a minute is allowed: a publisher is started anew.
        {'tradewind_market_feed_alarm{instance="HERE"}': "0x20 1x1 0x40"},
        HERE,
    ),
    "TradewindTicksRejected": Case(
        {
            'tradewind_market_ticks_in_total{instance="HERE",source="ctp"}': "0+100x80",
            'tradewind_market_ticks_rejected_total{instance="HERE",reason="duplicate"}': "0+3x80",
            'tradewind_market_ticks_rejected_total{instance="HERE",reason="spike"}': "0+3x80",
        },
        {
            'tradewind_market_ticks_in_total{instance="HERE",source="ctp"}': "0+100x80",
            'tradewind_market_ticks_rejected_total{instance="HERE",reason="duplicate"}': "0+4x80",
        },
        HERE,
        after="15m",
    ),
    "TradewindFeedUnreadable": Case(
        {'tradewind_market_feed_refused_total{instance="HERE",reason="not_json"}': "0+2x60"},
        {'tradewind_market_feed_refused_total{instance="HERE",reason="not_json"}': "0+1x60"},
        {**HERE, "reason": "not_json"},
    ),
    "TradewindFeedGap": _grows("tradewind_market_feed_missing_total"),
    "TradewindTicksNotRecorded": _grows("tradewind_market_ticks_not_recorded_total"),
    "TradewindLineGap": Case(
        {
            'tradewind_line_gaps_total{instance="HERE",room="features"}': "0x60",
            'tradewind_bus_gaps_total{instance="HERE",group_reason="features stream_lost"}': "0x36 7x20",
        },
        {
            'tradewind_line_gaps_total{instance="HERE",room="features"}': "5x60",
            'tradewind_bus_gaps_total{instance="HERE",group_reason="features stream_lost"}': "7x60",
        },
        HERE,
    ),
    "TradewindLineBehind": Case(
        {'tradewind_bus_behind_seconds{instance="HERE",room="features"}': "0x20 6x40"},
        {'tradewind_bus_behind_seconds{instance="HERE",room="features"}': "0x20 60x2 0x40"},
        {**HERE, "room": "features"},
    ),
    "TradewindLineSlow": Case(
        {
            'tradewind_line_latency_seconds_bucket{instance="HERE",le="0.01"}': "0+90x80",
            'tradewind_line_latency_seconds_bucket{instance="HERE",le="0.1"}': "0+100x80",
            'tradewind_line_latency_seconds_bucket{instance="HERE",le="+Inf"}': "0+100x80",
        },
        {
            'tradewind_line_latency_seconds_bucket{instance="HERE",le="0.01"}': "0+1000x80",
            'tradewind_line_latency_seconds_bucket{instance="HERE",le="0.1"}': "0+1001x80",
            'tradewind_line_latency_seconds_bucket{instance="HERE",le="+Inf"}': "0+1001x80",
        },
        HERE,
        after="15m",
    ),
    "TradewindStrategyQuarantined": _grows("tradewind_strategies_quarantines_total", strategy="macd"),
    "TradewindOrderUnknown": Case(
        {'tradewind_execution_unknown_orders{instance="HERE",account="8001"}': "0x20 1x40"},
        {'tradewind_execution_unknown_orders{instance="HERE",account="8001"}': "0x20 1x1 0x40"},
        {**HERE, "account": "8001"},
    ),
    "TradewindOrderAlarm": _grows("tradewind_execution_alarms_total", kind="overfill"),
    "TradewindHoldingsDiffer": Case(
        {'tradewind_execution_alarms_total{instance="HERE",kind="holdings_differ"}': "3x36 4+0x10"},
        {'tradewind_execution_alarms_total{instance="HERE",kind="holdings_differ"}': "3x60"},
        HERE,
    ),
    "TradewindTradingHalted": Case(
        {'tradewind_pretrade_mode{instance="HERE",scope="platform"}': "0x20 2x40"},
        {'tradewind_pretrade_mode{instance="HERE",scope="platform"}': "2x20 0x40"},
        {**HERE, "scope": "platform"},
    ),
    "TradewindTradingReducing": Case(
        {'tradewind_pretrade_mode{instance="HERE",scope="account:8001"}': "0x20 1x40"},
        {'tradewind_pretrade_mode{instance="HERE",scope="account:8001"}': "1x20 0x40"},
        {**HERE, "scope": "account:8001"},
    ),
    "TradewindOrdersWaiting": Case(
        {'tradewind_execution_queue{instance="HERE",account="8001"}': "51x60"},
        {'tradewind_execution_queue{instance="HERE",account="8001"}': "50x60"},
        {**HERE, "account": "8001"},
    ),
    "TradewindFillsAside": _grows("tradewind_portfolio_fills_aside_total", reason="unknown_rates"),
    "TradewindSettledWithoutPrice": _grows("tradewind_portfolio_settled_without_price_total"),
    "TradewindJournalTrouble": _grows("tradewind_stores_journal_troubles_total"),
    "TradewindServiceDown": Case(
        {'up{job="tradewind",instance="HERE"}': "1x20 0x40"},
        {'up{job="tradewind",instance="HERE"}': "1x20 0x2 1x40", 'up{job="node",instance="HERE"}': "0x60"},
        {**HERE, "job": "tradewind"},
    ),
    "TradewindServiceRestarting": Case(
        {'tradewind_service_restarts_total{instance="HERE",service="ldap"}': "0x20 0+1x40"},
        {'tradewind_service_restarts_total{instance="HERE",service="ldap"}': "0x20 3x40"},
        {**HERE, "service": "ldap"},
    ),
    "TradewindServiceRefused": _grows("tradewind_service_refused_total", service="push"),
    "TradewindRedisUnsteady": Case(
        {'tradewind_bus_reconnects_total{instance="HERE"}': "0x20 0+1x40"},
        {'tradewind_bus_reconnects_total{instance="HERE"}': "0x20 3x40"},
        HERE,
    ),
    "TradewindBusDropped": _grows("tradewind_bus_dropped_total", reason="full"),
    "TradewindHandlerFailing": _grows("tradewind_bus_handler_failures_total", topic_group="ticks features"),
    # A full disk is a filling one too: the pages say to make room first, Alertmanager tells of the worse.
    "TradewindDiskFilling": Case(
        {
            'tradewind_process_disk_free_bytes{instance="HERE"}': "9x60",
            'tradewind_process_disk_size_bytes{instance="HERE"}': "100x60",
        },
        {
            'tradewind_process_disk_free_bytes{instance="HERE"}': "10x60",
            'tradewind_process_disk_size_bytes{instance="HERE"}': "100x60",
        },
        HERE,
    ),
    "TradewindDiskFull": Case(
        {
            'tradewind_process_disk_free_bytes{instance="HERE"}': "2x60",
            'tradewind_process_disk_size_bytes{instance="HERE"}': "100x60",
        },
        {
            'tradewind_process_disk_free_bytes{instance="HERE"}': "50x60",
            'tradewind_process_disk_size_bytes{instance="HERE"}': "100x60",
        },
        HERE,
    ),
    "TradewindCertificateExpiring": Case(
        {'tradewind_gateway_certificate_expires_timestamp_seconds{instance="HERE"}': f"{10 * 86_400}x400"},
        {'tradewind_gateway_certificate_expires_timestamp_seconds{instance="HERE"}': f"{20 * 86_400}x400"},
        HERE,
        after="90m",
    ),
    "TradewindSignInsRefused": Case(
        {'tradewind_identity_refusals_total{instance="HERE",code="unauthenticated"}': "0+20x80"},
        {'tradewind_identity_refusals_total{instance="HERE",code="unauthenticated"}': "0+10x80"},
        HERE,
        after="15m",
    ),
    "TradewindNoticesLost": _grows("tradewind_notices_lost_total", kind="risk_alert"),
    "TradewindModulesAway": Case(
        {'tradewind_control_modules{instance="HERE"}': "5x10 4x60"},
        {'tradewind_control_modules{instance="HERE"}': "5x10 4x4 5x60"},
        HERE,
    ),
}
