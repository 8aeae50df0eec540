"""The map: every service, what it reads, what it alone writes. One process or forty is a choice of rows.

Health pages, documents and the architecture tests read this table; the wiring builds from it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tradewind.bus.desk_topics import (
    ACCOUNT_FIGURES,
    ACCOUNTS,
    ACTS,
    APPROVED_ORDERS,
    BOOKINGS,
    CANCEL_REQUESTS,
    CASH_MOVES,
    DAY_RESULTS,
    FILLS,
    INSTRUCTIONS,
    LIMIT_WARNINGS,
    ORDER_REQUESTS,
    ORDER_STATISTICS,
    ORDERS,
    PLANS,
    POSITION_FIGURES,
    POSITION_GROUPS,
    POSITIONS,
    REFUSED_ORDERS,
    SETTLEMENTS,
    STATEMENT_REVIEWS,
    TOLD,
    TRADE_STATISTICS,
    TRADING_STATES,
    TRIGGERS,
)
from tradewind.bus.fleet_topics import JOBS, MODULES
from tradewind.bus.people_topics import CHAT, NOTICES
from tradewind.bus.topics import (
    BARS,
    CLEAN_TICKS,
    FEATURES,
    OPPORTUNITIES,
    QUOTE_SNAPSHOTS,
    RISK_ALERTS,
    SIGNALS,
    Topic,
)


class ServiceRow(msgspec.Struct, frozen=True):
    """One service: its room, the topics that come in and those that it alone writes."""

    name: str
    purpose: str
    reads: tuple[Topic[Any], ...]
    writes: tuple[Topic[Any], ...]
    unread: frozenset[str] = frozenset()
    """Fields of what comes in that the room never looks at; a process of its own need not make them."""


SERVICES: Final = (
    ServiceRow("market", "sources → cleaned ticks", (), (CLEAN_TICKS, QUOTE_SNAPSHOTS)),
    ServiceRow("features", "ticks → rolling windows, indicators, bars", (CLEAN_TICKS,), (FEATURES, BARS)),
    ServiceRow("strategies", "plug-ins → signals", (CLEAN_TICKS, FEATURES, BARS), (SIGNALS,)),
    ServiceRow(
        "signals",
        "signals → opportunities",
        (SIGNALS, CLEAN_TICKS, FEATURES),
        (OPPORTUNITIES,),
        # Of features it follows the price and the ATR.
        unread=frozenset({"windows"}),
    ),
    ServiceRow("risk", "watches → alerts", (CLEAN_TICKS, FEATURES, SIGNALS, OPPORTUNITIES), (RISK_ALERTS,)),
    ServiceRow(
        "trading",
        "the order line: opportunities → orders → positions",
        # What is read of the line by its rooms (`DESK`, with what they write) and beside them (`PEOPLE`).
        (CLEAN_TICKS, QUOTE_SNAPSHOTS, BARS, OPPORTUNITIES, RISK_ALERTS),
        (),
    ),
    ServiceRow(
        "push",
        "live data to browsers and programs",
        (
            *(CLEAN_TICKS, QUOTE_SNAPSHOTS, FEATURES, BARS, SIGNALS, OPPORTUNITIES, RISK_ALERTS),
            *(*TOLD, NOTICES, CHAT, MODULES, JOBS),
        ),
        (),
    ),
    ServiceRow(
        "api",
        "REST, and the page",
        (CLEAN_TICKS, QUOTE_SNAPSHOTS, FEATURES, BARS, SIGNALS, OPPORTUNITIES, RISK_ALERTS),
        (),
    ),
    ServiceRow("quotes", "quotes to clients of system 000", (CLEAN_TICKS, QUOTE_SNAPSHOTS), ()),
    ServiceRow("control", "collector modules: jobs, schedules, results", (), (MODULES, JOBS)),
)

DESK: Final = (
    ServiceRow(
        "instructions",
        "opportunities, buttons → order requests",
        (CLEAN_TICKS, BARS, OPPORTUNITIES, POSITIONS, ACCOUNTS, ORDERS, REFUSED_ORDERS, FILLS, TRADING_STATES),
        (PLANS, INSTRUCTIONS, TRIGGERS, ORDER_REQUESTS, CANCEL_REQUESTS),
    ),
    ServiceRow(
        "pretrade",
        "order requests → approved or refused",
        (CLEAN_TICKS, ORDER_REQUESTS, CANCEL_REQUESTS, ORDERS, FILLS, POSITIONS, ACCOUNTS),
        (APPROVED_ORDERS, REFUSED_ORDERS, TRADING_STATES, LIMIT_WARNINGS),
    ),
    ServiceRow(
        "execution",
        "approved orders → broker → orders, fills",
        # Its own orders, to know that the journal has them; ticks for the exchange on paper.
        (CLEAN_TICKS, APPROVED_ORDERS, CANCEL_REQUESTS, TRADING_STATES, ORDERS),
        (ORDERS, FILLS),
    ),
    ServiceRow(
        "portfolio",
        "fills → positions, accounts",
        (CLEAN_TICKS, QUOTE_SNAPSHOTS, APPROVED_ORDERS, ORDERS, FILLS, CASH_MOVES, SETTLEMENTS, STATEMENT_REVIEWS),
        (BOOKINGS, DAY_RESULTS, POSITIONS, ACCOUNTS, CASH_MOVES, SETTLEMENTS, STATEMENT_REVIEWS),
    ),
    ServiceRow(
        "statistics",
        "fills, orders, positions, funds → sums and risk figures",
        # Ticks of what held options are on, and no others.
        (CLEAN_TICKS, ORDERS, FILLS, BOOKINGS, SETTLEMENTS, POSITIONS, ACCOUNTS),
        (TRADE_STATISTICS, ORDER_STATISTICS, POSITION_FIGURES, ACCOUNT_FIGURES, POSITION_GROUPS),
    ),
    ServiceRow("audit", "who did what → the chain, anchored elsewhere", (), (ACTS,)),
)
"""The rooms of the order line: one process holds them all, for what one has counted the next must know at once."""

PEOPLE: Final = (ServiceRow("notices", "journal, alerts → notices, e-mail; chat", (RISK_ALERTS,), (NOTICES, CHAT)),)
"""Where people are told and talk: in the process of the order line, whose journal it reads; push and pages hear it."""

ROWS: Final = tuple(service.name for service in SERVICES)
EDGES: Final = ("push", "api", "quotes")
"""Rows that write no topic."""
TRADING: Final = "trading"
"""The row of the order line: its rooms are those of `DESK`."""
CONTROL: Final = "control"
"""The row of the control server of collector modules; several may run, each at a port of its own."""
GATEWAY: Final = "gateway"
"""The one entry before the services: Nginx, which reads and writes no topic and so is no row of the map."""
PROGRAMS: Final = (*ROWS, GATEWAY)
"""What production mode starts, watches and stops."""


def row(name: str) -> ServiceRow:
    """Return the row of that name.

    Raises: KeyError: there is no such service.
    """
    for service in SERVICES:
        if service.name == name:
            return service
    raise KeyError(name)
