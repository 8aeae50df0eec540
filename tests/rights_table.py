"""Who may do what, written down a second time and by hand: the matrix tests hold the platform to this, not to itself.

Whoever adds a route or a topic adds it here, or the matrix fails.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

from desk_stage import AU

MAY: Final[dict[str, set[str]]] = {
    "administrator": {
        "market", "view", "instruct", "approve", "trade", "plan", "cash", "halt", "release", "chat", "system",
        "operate", "audit", "administer",
    },
    "fund_manager": {"market", "view", "instruct", "approve", "plan", "halt", "chat"},
    "trader": {"market", "view", "trade", "halt", "chat"},
    "risk_officer": {"market", "view", "approve", "halt", "release", "chat", "system", "audit"},
    "viewer": {"market", "view", "chat"},
    "strategy_developer": {"market", "view", "plan", "chat", "system"},
}  # fmt: skip
GRANTS: Final[dict[str, list[tuple[str, str]]]] = {
    "every": [("*", "*")],
    "one": [("fund_a", "*")],
    "other": [("fund_b", "*")],
    "none": [],
}
COVERED: Final[dict[str, set[str]]] = {
    "every": {"fund_a", "fund_b"},
    "one": {"fund_a"},
    "other": {"fund_b"},
    "none": set(),
}
ONLY_WHOLE: Final = {"system", "operate", "audit", "administer"}
"""Permissions that belong to no product."""
ACCOUNT: Final = {"fund_a": "A1", "fund_b": "B1", "fund_x": "X9"}
Whose = Literal["nobody", "fund", "platform"]


class Case(NamedTuple):
    """One request: what it needs, whose the thing is that it names, and how it may end where it is allowed."""

    method: str
    route: str
    needs: str
    whose: Whose = "nobody"
    query: str = ""
    body: Any = None
    ends: tuple[int, ...] = (200,)

    def path(self, fund: str) -> str:
        """Return the address with the names of that fund."""
        path = self.route
        for name, example in (
            ("{instrument_id:str}", AU), ("{opportunity_id:str}", "opp-1"), ("{session_id:str}", "nobody"),
            ("{name:str}", f"plan_{fund}"), ("{view:str}", "trades"), ("{path:str}", "x"),
        ):  # fmt: skip
            path = path.replace(name, example)
        return f"{path}{self.query.format(**_names(fund))}"

    def json(self, fund: str) -> Any:
        """Return the body with the names of that fund."""
        return _filled(self.body, _names(fund))


def is_allowed(needs: str, whose: Whose, *, role: str, scope: str, fund: str) -> bool:
    """Say whether somebody with that role for these products may do it with something of `fund`."""
    if needs == "whoever":
        return True
    if needs not in MAY[role] or scope == "none":
        return False
    if needs in ONLY_WHOLE or whose == "platform":
        return scope == "every"
    return whose == "nobody" or fund in COVERED[scope] or scope == "every"


def _names(fund: str) -> dict[str, str]:
    return {"fund": fund, "account": ACCOUNT[fund], "instrument": AU}


def _filled(value: Any, names: dict[str, str]) -> Any:
    match value:
        case str():
            return value.format(**names)
        case dict():
            return {key: _filled(each, names) for key, each in value.items()}
        case list():
            return [_filled(each, names) for each in value]
        case _:
            return value


_LINE: Final = {"instrument_id": "{instrument}", "side": "buy", "quantity": 1}
_WISH: Final = {"account_id": "{account}", "product_code": "{fund}", "strategy": "hand", "lines": [_LINE]}
_HELD: Final = {"account_id": "{account}", "instrument_id": "{instrument}", "direction": "long", "book": "{fund}/hand"}
_ON_MERITS: Final = (200, 409, 422)
"""A command that is allowed is done, or refused for what it is about."""

CASES: Final = (
    Case("GET", "/opportunities", "market"),
    Case("GET", "/health", "whoever"),
    Case("GET", "/gateway/health", "whoever"),
    Case("GET", "/metrics", "system"),
    Case("GET", "/api/v1/openapi.json", "whoever"),
    Case("GET", "/api/v1/openapi.json/openapi.json", "whoever"),
    Case("GET", "/api/v1/openapi.json/{path:str}", "whoever", ends=(404,)),
    Case("POST", "/api/v1/session", "whoever", body={"token": "x"}, ends=(401,)),
    Case("GET", "/api/v1/session", "whoever"),
    Case("DELETE", "/api/v1/session", "whoever", ends=(204,)),
    Case("GET", "/api/v1/sessions", "administer"),
    Case("DELETE", "/api/v1/sessions/{session_id:str}", "administer", ends=(404,)),
    Case("GET", "/api/v1/instruments", "market"),
    Case("GET", "/api/v1/instruments/{instrument_id:str}", "market", ends=(404,)),
    Case("GET", "/api/v1/quotes", "market"),
    Case("GET", "/api/v1/quotes/{instrument_id:str}", "market"),
    Case("POST", "/api/v1/quotes/{instrument_id:str}/test", "operate", ends=(202,)),
    Case("GET", "/api/v1/features", "market"),
    Case("GET", "/api/v1/features/{instrument_id:str}", "market", ends=(404,)),
    Case("GET", "/api/v1/bars/{instrument_id:str}", "market"),
    Case("GET", "/api/v1/signals", "market"),
    Case("GET", "/api/v1/opportunities", "market"),
    Case("GET", "/api/v1/opportunities/{opportunity_id:str}", "market"),
    Case("GET", "/api/v1/alerts", "market"),
    Case("GET", "/api/v1/strategies", "market"),
    Case("GET", "/api/v1/quality", "system"),
    Case("GET", "/api/v1/system", "system"),
    Case("GET", "/api/v1/market/feed", "system"),
    Case("GET", "/api/v1/market/feed/quarantine", "system"),
    Case("GET", "/api/v1/main-contract", "market"),
    Case("POST", "/api/v1/main-contract", "operate", body={"symbol": "au2612"}),
    Case("GET", "/api/v1/replay", "market"),
    Case("POST", "/api/v1/replay/pause", "operate"),
    Case("POST", "/api/v1/replay/resume", "operate"),
    Case("POST", "/api/v1/replay/step", "operate"),
    Case("POST", "/api/v1/replay/speed", "operate", body={"speed": 2}),
    *(
        Case("POST", f"/hsapi/wsapp/data/{table}", "view", body={})
        for table in ("strategy_position", "strategy_account", "trade_statistic", "order_statistic", "all")
    ),
    Case("GET", "/hsapi/wsapp/api/contract-list", "market"),
    Case("POST", "/hsapi/wsapp/api/contract-list", "operate", body={"search": "au"}),
    Case("GET", "/hsapi/wsapp/api/contract-list/{instrument_id:str}", "market"),
    Case("GET", "/api/v1/accounts", "view"),
    Case("GET", "/api/v1/positions", "view"),
    Case("GET", "/api/v1/orders", "view"),
    Case("GET", "/api/v1/order-queue", "view"),
    Case("GET", "/api/v1/instructions", "view"),
    Case("GET", "/api/v1/plans", "view"),
    Case("GET", "/api/v1/triggers", "view"),
    Case("GET", "/api/v1/limits", "view"),
    Case("GET", "/api/v1/trading-states", "view"),
    Case("GET", "/api/v1/equity", "view", "fund", "?account={account}&book={fund}/hand"),
    Case(
        "GET",
        "/api/v1/lots",
        "view",
        "fund",
        "?account={account}&book={fund}/hand&instrument={instrument}&direction=long",
    ),
    Case("POST", "/api/v1/what-if", "view", "fund", body=_WISH),
    Case("POST", "/api/v1/close/preview", "view", "fund", body=_HELD),
    Case("POST", "/api/v1/close", "trade", "fund", body={**_HELD, "confirmation": "x"}, ends=_ON_MERITS),
    Case("POST", "/api/v1/instructions", "trade", "fund", body=_WISH, ends=_ON_MERITS),
    Case(
        "POST", "/api/v1/instructions/cancel", "trade", "fund", body={"instruction_id": "M:rest {fund}"},
        ends=_ON_MERITS,
    ),
    Case(
        "POST", "/api/v1/orders/cancel", "trade", "fund", body={"client_order_id": "M:rest {fund}-0-1"}, ends=_ON_MERITS
    ),
    Case(
        "POST",
        "/api/v1/plans",
        "plan",
        "fund",
        body={"name": "plan_{fund}", "params": {"account_id": "{account}", "product_code": "{fund}"}},
        ends=_ON_MERITS,
    ),
    Case("POST", "/api/v1/plans/{name:str}/start", "plan", "fund", ends=_ON_MERITS),
    Case("POST", "/api/v1/plans/{name:str}/swap", "plan", "fund", ends=_ON_MERITS),
    Case("POST", "/api/v1/plans/{name:str}/stop", "plan", "fund", ends=_ON_MERITS),
    Case("POST", "/api/v1/cash", "cash", "fund", body={"account_id": "{account}", "amount": "1"}, ends=_ON_MERITS),
    Case(
        "POST",
        "/api/v1/trading-states",
        "halt",
        "fund",
        body={"mode": "reducing", "scope": "product", "key": "{fund}"},
        ends=_ON_MERITS,
    ),
    Case(
        "POST",
        "/api/v1/trading-states",
        "release",
        "fund",
        body={"mode": "active", "scope": "product", "key": "{fund}", "phrase": "x"},
        ends=_ON_MERITS,
    ),
    Case("POST", "/api/v1/emergency-stop", "halt", "platform", body={"confirm": "STOP"}, ends=_ON_MERITS),
    Case("GET", "/api/v1/records/{view:str}", "view"),
    Case("GET", "/api/v1/records/{view:str}/csv", "view"),
)  # fmt: skip

VIEWS: Final[dict[str, tuple[str, Whose]]] = {
    "trades": ("view", "nobody"),
    "orders": ("view", "nobody"),
    "triggers": ("view", "nobody"),
    "instructions": ("view", "nobody"),
    "equity": ("view", "nobody"),
    "settlements": ("view", "nobody"),
    "accounts": ("view", "nobody"),
    "positions": ("view", "nobody"),
    "strategy_configs": ("view", "platform"),
    "journal": ("audit", "platform"),
    "anchors": ("audit", "platform"),
}
"""Each view of the record: what it needs; those of the platform have rows of nobody in particular."""

TOPICS: Final[dict[str, str]] = {
    "quotes": "market",
    "features": "market",
    "bars": "market",
    "signals": "market",
    "opportunities": "market",
    "risk_alerts": "market",
    "positions": "view",
    "accounts": "view",
    "position_figures": "view",
    "account_figures": "view",
    "trade_statistics": "view",
    "order_statistics": "view",
    "position_groups": "view",
    "orders": "view",
    "fills": "view",
    "instructions": "view",
    "plans": "view",
    "triggers": "view",
    "trading_states": "view",
    "limit_warnings": "view",
    "system": "system",
}
"""Each topic of push: what it needs."""

CHANNELS: Final[dict[str, str]] = {
    "stock": "market",
    "pos": "view",
    "acc": "view",
    "trade_statistic": "view",
    "order_statistic": "view",
    "pos_group_statistic": "view",
    "chat": "chat",
}
"""Each channel of system 004: what it needs."""
