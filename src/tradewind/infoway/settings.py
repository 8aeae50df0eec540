"""How the provider is reached and how much of it the key may use: shared by all that ask it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tradewind.infoway.codes import Market
from tradewind.kernel.settings import SECRET

PlanName = Literal["free", "basic", "advanced", "professional"]


class Plan(msgspec.Struct, frozen=True):
    """What a key may use: requests a second, a minute and a day; live connections and codes on each."""

    per_second: int
    per_minute: int
    per_day: int
    connections: int
    codes_each: int


PLANS: Final[dict[PlanName, Plan]] = {
    "free": Plan(2, 120, 10_000, 1, 10),
    "basic": Plan(5, 300, 30_000, 2, 100),
    "advanced": Plan(10, 600, 50_000, 4, 200),
    "professional": Plan(20, 1_200, 100_000, 10, 500),
}


class InfowaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The data provider Infoway, for `market.source = "infoway"` and for collectors."""

    api_key: Annotated[
        str, Meta(max_length=200, description="key of the account at the provider", extra={SECRET: True})
    ] = ""
    base_url: Annotated[str, Meta(description="where it is asked over REST; https, or a server on this machine")] = (
        "https://data.infoway.io"
    )
    live_url: Annotated[str, Meta(description="where it pushes over WebSocket; wss, or a server on this machine")] = (
        "wss://data.infoway.io/ws"
    )
    plan: Annotated[PlanName, Meta(description="the account's plan, which says how much may be asked")] = "free"
    per_second: Annotated[int, Meta(ge=0, le=1_000, description="requests a second; 0: as the plan says")] = 0
    per_minute: Annotated[int, Meta(ge=0, le=60_000, description="requests a minute; 0: as the plan says")] = 0
    per_day: Annotated[int, Meta(ge=0, description="requests a day (UTC); 0: as the plan says")] = 0
    budget: Annotated[
        Literal["process", "redis"],
        Meta(description="who counts requests: each process for itself, or all that share the Redis of bus.url"),
    ] = "process"
    batch: Annotated[int, Meta(ge=1, le=100, description="codes asked for in one request at most")] = 100
    requests_at_once: Annotated[int, Meta(ge=1, le=32, description="requests under way at the same time")] = 4
    connect_s: Annotated[float, Meta(gt=0, le=120, description="seconds a connection may take to come about")] = 5.0
    timeout_s: Annotated[float, Meta(gt=0, le=120, description="seconds one answer may take")] = 15.0
    tries: Annotated[int, Meta(ge=1, le=10, description="how often one request is sent before it is given up")] = 4
    patience_s: Annotated[
        float, Meta(ge=0, le=3_600, description="seconds one request may wait for its turn before it is given up")
    ] = 60.0
    max_answer_bytes: Annotated[int, Meta(ge=1_024, le=1 << 28, description="a larger answer is refused")] = 8 << 20
    retry_scale: Annotated[
        float, Meta(gt=0, le=10, description="factor on the waits before trying again (1, 2, 4 … seconds)")
    ] = 1.0
    heartbeat_s: Annotated[
        float, Meta(gt=0, le=55, description="seconds between two heartbeats of a live connection")
    ] = 30.0
    markets: Annotated[
        dict[str, Market],
        Meta(description='markets of codes whose form does not say it, as `{USOIL = "common"}`'),
    ] = {}

    def __repr__(self) -> str:
        """Show what may be shown."""
        return f"InfowaySettings(base_url={self.base_url!r}, plan={self.plan!r})"

    def limits(self) -> Plan:
        """Return what the key may use: the plan's, except where the settings say otherwise."""
        plan = PLANS[self.plan]
        return Plan(
            self.per_second or plan.per_second,
            self.per_minute or plan.per_minute,
            self.per_day or plan.per_day,
            plan.connections,
            plan.codes_each,
        )
