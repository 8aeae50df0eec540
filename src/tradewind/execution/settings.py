"""What an operator may tune about sending orders; the defaults run on paper."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tradewind.execution.brokers.ctp.settings import CtpBrokerSettings
from tradewind.execution.brokers.paper.settings import PaperSettings


class ExecutionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the execution room."""

    broker: Annotated[
        str,
        Meta(min_length=1, description="Who carries the orders: paper, or ctp (a broker's front, by execution.ctp)"),
    ] = "paper"
    messages_per_s: Annotated[
        float, Meta(gt=0.0, le=10_000.0, description="Orders and cancels an account may send in a second, on average")
    ] = 50.0
    burst: Annotated[int, Meta(ge=1, le=10_000, description="Messages an account may send at once after a pause")] = 50
    max_queue: Annotated[
        int, Meta(ge=1, le=100_000, description="Orders of an account that may wait for their turn; more are rejected")
    ] = 1_000
    max_wait_s: Annotated[
        float,
        Meta(gt=0.0, le=3_600.0, description="Seconds after which an order that still waits to be sent is taken back"),
    ] = 30.0
    busy_wait_s: Annotated[
        float, Meta(gt=0.0, le=60.0, description="Pause after the broker said that it is busy, in seconds")
    ] = 0.2
    unknown_after_s: Annotated[
        float, Meta(gt=0.0, le=600.0, description="An order sent and not answered for so long is unknown and asked for")
    ] = 5.0
    alarm_after_s: Annotated[
        float, Meta(gt=0.0, le=3_600.0, description="An order unknown for so long calls for a person")
    ] = 10.0
    lost_after_s: Annotated[
        float,
        Meta(
            gt=0.0,
            le=3_600.0,
            description="Only a query asked so long after an order was sent may find that it does not exist",
        ),
    ] = 10.0
    cancel_after_s: Annotated[
        float, Meta(gt=0.0, le=600.0, description="A cancel not answered for so long is unknown and asked for")
    ] = 5.0
    cancel_tries: Annotated[
        int, Meta(ge=1, le=100, description="Cancels sent for one order before a person is called")
    ] = 3
    fills_after_s: Annotated[
        float, Meta(gt=0.0, le=600.0, description="Fills the exchange counted are asked for when missing so long")
    ] = 2.0
    query_after_s: Annotated[
        float, Meta(gt=0.0, le=600.0, description="A query not answered for so long is asked again")
    ] = 10.0
    reconcile_s: Annotated[
        float,
        Meta(gt=0.0, le=3_600.0, description="Seconds from one query for all orders and fills of the day to the next"),
    ] = 30.0
    max_orders: Annotated[
        int, Meta(ge=100, le=10_000_000, description="Orders kept in memory; beyond, the oldest finished are forgotten")
    ] = 20_000
    max_strange_fills: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Fills that wait for their order to be known; beyond, none waits")
    ] = 10_000
    recent_alarms: Annotated[
        int, Meta(ge=1, le=100_000, description="Latest alarms kept for queries; the oldest are forgotten")
    ] = 1_000
    paper: PaperSettings = PaperSettings()
    ctp: CtpBrokerSettings = CtpBrokerSettings()
