"""Who may do what, written down a second time and by hand: the matrix tests hold the platform to this, not to itself.

Whoever adds a route or a topic adds it here, or the matrix fails.
"""

from __future__ import annotations

import base64
from typing import Any, Final, Literal, NamedTuple

from desk_stage import AU

MAY: Final[dict[str, set[str]]] = {
    "administrator": {
        "market", "view", "instruct", "approve", "trade", "plan", "cash", "settle", "halt", "release", "chat",
        "system", "operate", "audit", "administer",
    },
    "fund_manager": {"market", "view", "instruct", "approve", "plan", "halt", "chat"},
    "trader": {"market", "view", "trade", "settle", "halt", "chat"},
    "risk_officer": {"market", "view", "approve", "settle", "halt", "release", "chat", "system", "audit"},
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
INSTRUCTION: Final = {"fund_a": "B000001", "fund_b": "B000002", "fund_x": "B999999"}
"""What each fund has in the instruction book, handed in at version 2; of fund_x there is nothing anywhere."""
ADJUSTMENT: Final = {"fund_a": "1000", "fund_b": "2000", "fund_x": "999999000"}
"""The first line of these, by the number that system 004's clients know it by."""
MESSAGE: Final = {"fund_a": "1", "fund_b": "2", "fund_x": "999"}
"""What was written in each fund's room of the chat."""
MODULE: Final = "m0"
"""A collector module that is never retired by anybody but the last case about it."""
JOB: Final = "j0"
PASSWORD: Final = "长城-correct-horse-9"  # noqa: S105 - of nobody
NEW_PASSWORD: Final = "昆仑-battery-staple-7"  # noqa: S105 - as above
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
            ("{name:str}", f"plan_{fund}"), ("{view:str}", "trades"), ("{path:str}", "x"), ("{code:str}", fund),
            ("{username:str}", "zhou"), ("{grant_id:int}", "1"), ("{key_id:str}", "zhou-key"), ("{room:str}", fund),
            ("{delivery_id:int}", "2"), ("{message_id:int}", MESSAGE[fund]),
            ("{instruction_id:str}", INSTRUCTION[fund]), ("{module_id:str}", MODULE), ("{job_id:str}", JOB),
            ("{workflow_id:str}", "w1"),
            ("{day:str}", "20260105:simulator"), ("{replay_id:str}", "r1"), ("{position_id:int}", ADJUSTMENT[fund]),
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
    if needs == "somebody":
        return scope != "none"
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
_DRAFT: Final = {"wishes": [{"instrument_id": "{instrument}", "delta": 1}]}
_DRAFTED: Final = {"account_id": "{account}", "product_code": "{fund}", "draft": _DRAFT}
_BASKET: Final = {
    "account_id": "{account}",
    "product_code": "{fund}",
    "file_name": "orders.csv",
    "content": base64.b64encode(f"instrument_id,delta\n{AU},1\n".encode()).decode(),
}
_FOLLOWED: Final = {"account_id": "{account}", "product_code": "{fund}", "opportunity_id": "opp-1", "quantity": 1}
_SEEN: Final = {"expected_version": 2}
_FILL: Final = {"adjustment": 0, "trade_id": "T {fund}", "quantity": 1, "price": "600", "offset": "open"}
_GROUP: Final = {"group": "traders", "role": "trader", "product_code": "fund_a"}
_BOOK: Final = "/api/v1/instruction-book"
_ENTRY: Final = "/api/v1/instruction-book/{instruction_id:str}"
_OLDER: Final = "/hsapi/wsapp/api"
_ADJUST: Final = {
    "account_id": "{account}",
    "product_code": "{fund}",
    "positions": [{"c_instrument_id": "{instrument}", "adjusted_position": 77}],
}
_USERS: Final = "/api/v1/admin/users"
_OF_A_BOOK: Final = "?account={account}&book={fund}/hand"
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
    Case("GET", "/api/v1/sessions", "whoever"),
    Case("DELETE", "/api/v1/sessions/{session_id:str}", "whoever", ends=(404,)),
    Case("GET", "/api/v1/instruments", "market"),
    Case("GET", "/api/v1/instruments/{instrument_id:str}", "market", ends=(404,)),
    Case("GET", "/api/v1/quotes", "market"),
    Case("GET", "/api/v1/calendar/sessions", "market", query="?instrument_id={instrument}", ends=(404,)),
    Case("GET", "/api/v1/history/days", "market"),
    Case("GET", "/api/v1/history/ticks", "market", query="?instrument_id={instrument}"),
    Case("GET", "/api/v1/history/bars", "market", query="?instrument_id={instrument}"),
    Case(
        "GET", "/api/v1/history/main-contracts", "market", query="?product_id=au&exchange=SHFE"
    ),
    Case("GET", "/api/v1/quality/{instrument_id:str}", "market"),
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
    Case("POST", "/api/v1/strategies/{name:str}/start", "plan", "platform"),
    Case("POST", "/api/v1/strategies/{name:str}/stop", "plan", "platform"),
    Case("POST", "/api/v1/strategies/{name:str}/params", "plan", "platform", body={"params": {"window": "60s"}}),
    Case("POST", "/api/v1/strategies/{name:str}/reset", "plan", "platform"),
    Case("GET", "/api/v1/quality", "system"),
    Case("GET", "/api/v1/system", "system"),
    Case("POST", "/api/v1/system/trial", "operate"),
    Case("GET", "/api/v1/market/feed", "system"),
    Case("GET", "/api/v1/market/feed/quarantine", "system"),
    Case("GET", "/api/v1/main-contract", "market"),
    Case("POST", "/api/v1/main-contract", "operate", body={"symbol": "au2612"}),
    Case("GET", "/api/v1/replay", "market"),
    Case("POST", "/api/v1/replay/pause", "operate"),
    Case("POST", "/api/v1/replay/resume", "operate"),
    Case("POST", "/api/v1/replay/step", "operate"),
    Case("POST", "/api/v1/replay/speed", "operate", body={"speed": 2}),
    Case("POST", "/api/v1/replay/seek", "operate", body={"percent": 50}),
    Case("GET", "/api/v1/ops/logs", "operate"),
    Case("GET", "/api/v1/ops/alerts", "system"),
    Case("GET", "/api/v1/ops/settings", "operate"),
    Case("GET", "/api/v1/ops/data", "system"),
    Case("GET", "/api/v1/ops/data/{day:str}/gaps", "system"),
    Case("GET", "/api/v1/ops/replays", "market"),
    Case("POST", "/api/v1/ops/replays", "operate", body={"day": "20260105:simulator"}, ends=(201,)),
    Case("DELETE", "/api/v1/ops/replays/{replay_id:str}", "operate", ends=(204,)),
    *(
        Case("POST", f"/hsapi/wsapp/data/{table}", "view", body={})
        for table in ("strategy_position", "strategy_account", "trade_statistic", "order_statistic", "all")
    ),
    Case("GET", "/hsapi/wsapp/api/contract-list", "market"),
    Case("POST", "/hsapi/wsapp/api/contract-list", "market", body={"search": "au"}),
    Case("GET", "/hsapi/wsapp/api/contract-list/{instrument_id:str}", "market"),
    Case("GET", f"{_OLDER}/user", "whoever"),
    Case("GET", f"{_OLDER}/instructions", "view"),
    Case("GET", f"{_OLDER}/instructions/{{instruction_id:str}}", "view", "fund"),
    Case("GET", f"{_OLDER}/instructions/{{instruction_id:str}}/positions", "view", "fund"),
    Case("POST", f"{_OLDER}/instructions", "instruct", "fund", body=_ADJUST, ends=(201,)),
    Case("POST", f"{_OLDER}/instructions/adjustment", "instruct", "fund", body=_ADJUST, ends=(201,)),
    Case(
        "PUT", f"{_OLDER}/instructions/{{instruction_id:str}}/status", "trade", "fund", body={"status": "accepted"},
        ends=_ON_MERITS,
    ),
    Case("POST", f"{_OLDER}/positions", "view", body={}),
    Case(
        "PUT", f"{_OLDER}/positions/{{position_id:int}}/status", "trade", "fund", body={"status": "waived"},
        ends=_ON_MERITS,
    ),
    Case("GET", f"{_OLDER}/trade-details", "view"),
    Case("GET", f"{_OLDER}/contracts", "view"),
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
    Case(
        "POST", "/api/v1/broker-account", "trade", "fund", body={"account_id": "{account}", "wish": "compare"},
        ends=_ON_MERITS,
    ),
    Case("POST", "/api/v1/cash", "cash", "fund", body={"account_id": "{account}", "amount": "1"}, ends=_ON_MERITS),
    Case("GET", "/api/v1/statements", "view"),
    Case(
        "POST", "/api/v1/statements", "settle", "fund", body={"account_id": "{account}", "text": "x"}, ends=_ON_MERITS
    ),
    Case(
        "POST",
        "/api/v1/statements/confirm",
        "settle",
        "fund",
        body={"account_id": "{account}", "trading_day": 20260105, "digest": "x"},
        ends=_ON_MERITS,
    ),
    Case("GET", "/api/v1/records/{view:str}", "view"),
    Case("GET", "/api/v1/records/{view:str}/totals", "view"),
    Case("GET", "/api/v1/records/{view:str}/csv", "view"),
    Case("GET", "/api/v1/records/{view:str}/xlsx", "view"),
    Case("GET", "/api/v1/account/days", "view", "fund", _OF_A_BOOK),
    Case("GET", "/api/v1/account/day", "view", "fund", _OF_A_BOOK),
    Case("GET", "/api/v1/account/attribution", "view", "fund", _OF_A_BOOK),
    Case("GET", "/api/v1/account/statistics", "view", "fund", _OF_A_BOOK),
    Case("GET", "/api/v1/account/sheet", "view", "fund", f"{_OF_A_BOOK}&table=days"),
    # the instruction book: who wants positions changed instructs, somebody else approves, a trader trades
    Case("GET", _BOOK, "view"),
    Case("GET", f"{_BOOK}/to-adjust", "view"),
    Case("GET", f"{_BOOK}/to-trade", "view"),
    Case("GET", _ENTRY, "view", "fund"),
    Case("GET", f"{_ENTRY}/timeline", "view", "fund"),
    Case("GET", f"{_ENTRY}/details", "view", "fund"),
    Case("GET", f"{_ENTRY}/what-if", "view", "fund"),
    Case("GET", f"{_ENTRY}/sheet", "view", "fund"),
    Case("POST", f"{_BOOK}/drafts", "instruct", "fund", body=_DRAFTED),
    Case("POST", f"{_BOOK}/baskets", "instruct", "fund", body=_BASKET),
    Case("POST", f"{_BOOK}/from-opportunity", "instruct", "fund", body=_FOLLOWED, ends=_ON_MERITS),
    Case("POST", f"{_ENTRY}/submit", "instruct", "fund", body={}, ends=(409,)),
    Case("POST", f"{_ENTRY}/approve", "approve", "fund", body=_SEEN),
    Case("POST", f"{_ENTRY}/reject", "approve", "fund", body={**_SEEN, "reason": "x"}, ends=_ON_MERITS),
    Case("POST", f"{_ENTRY}/accept", "trade", "fund", body={}, ends=_ON_MERITS),
    Case("POST", f"{_ENTRY}/fills", "trade", "fund", body=_FILL, ends=_ON_MERITS),
    Case("POST", f"{_ENTRY}/sends", "trade", "fund", body={"adjustment": 0}, ends=_ON_MERITS),
    Case("POST", f"{_ENTRY}/sends/stop", "trade", "fund", body={"send": 0}, ends=_ON_MERITS),
    Case("POST", f"{_ENTRY}/sends/resume", "trade", "fund", body={"send": 0}, ends=_ON_MERITS),
    Case("POST", f"{_ENTRY}/waive", "trade", "fund", body={"adjustment": 0}, ends=_ON_MERITS),
    Case("POST", f"{_ENTRY}/reassign", "trade", "fund", body={"trader": "zhou"}, ends=_ON_MERITS),
    Case("POST", f"{_ENTRY}/decline", "trade", "fund", body={}, ends=_ON_MERITS),
    Case("POST", f"{_ENTRY}/close", "trade", "fund", body={}, ends=_ON_MERITS),
    Case("POST", f"{_ENTRY}/amend", "instruct", "fund", body={**_SEEN, "draft": _DRAFT}, ends=_ON_MERITS),
    Case("POST", f"{_ENTRY}/withdraw", "instruct", "fund", body={}, ends=_ON_MERITS),
    # notices are everybody's own; what is on its way to everybody is the operators'
    Case("GET", "/api/v1/notices", "whoever"),
    Case("GET", "/api/v1/notices/unread", "whoever"),
    Case("POST", "/api/v1/notices/read", "whoever", body={"through": 1000}),
    Case("GET", "/api/v1/notices/preferences", "whoever"),
    Case("POST", "/api/v1/notices/preferences", "whoever", body={"wishes": {}, "version": 0}),
    Case("GET", "/api/v1/deliveries", "system"),
    Case("POST", "/api/v1/deliveries/{delivery_id:int}/retry", "system"),
    # the chat: a product's room is for who may chat about it
    Case("GET", "/api/v1/chat/rooms", "chat"),
    Case("GET", "/api/v1/chat/rooms/{room:str}/messages", "chat", "fund"),
    Case("POST", "/api/v1/chat/rooms/{room:str}/messages", "chat", "fund", body={"text": "早"}),
    Case("POST", "/api/v1/chat/rooms/{room:str}/read", "chat", "fund", body={"through": 1}),
    Case("POST", "/api/v1/chat/messages/{message_id:int}/edit", "chat", "fund", body={"text": "晚", "version": 1}),
    Case("POST", "/api/v1/chat/messages/{message_id:int}/delete", "chat", "fund"),
    Case("GET", "/api/v1/chat/messages/{message_id:int}/history", "audit"),
    # collector modules: whoever may operate the platform tells them what to do
    Case("GET", "/api/v1/modules", "system"),
    Case("GET", "/api/v1/modules/kinds", "system"),
    Case("GET", "/api/v1/modules/{module_id:str}", "system"),
    Case("PUT", "/api/v1/modules/{module_id:str}", "operate", body={"name": "m", "version": 1}, ends=_ON_MERITS),
    Case("POST", "/api/v1/modules/{module_id:str}/admit", "operate", ends=_ON_MERITS),
    Case("POST", "/api/v1/modules/{module_id:str}/close", "operate", ends=_ON_MERITS),
    Case("POST", "/api/v1/modules/{module_id:str}/shutdown", "operate", ends=_ON_MERITS),
    Case("GET", "/api/v1/control-servers", "system"),
    Case("GET", "/api/v1/jobs", "system"),
    Case("POST", "/api/v1/jobs", "operate", body={"plan": {"codes": ["TSLA.US"]}}, ends=(202,)),
    Case("GET", "/api/v1/jobs/{job_id:str}", "system"),
    Case("POST", "/api/v1/jobs/{job_id:str}/cancel", "operate"),
    Case("GET", "/api/v1/schedules", "system"),
    Case("POST", "/api/v1/schedules/reload", "operate"),
    Case(
        "PUT", "/api/v1/schedules/{name:str}", "operate", ends=_ON_MERITS,
        body={"cadence": {"every": "cron", "cron": "0 9 * * *"}, "plan": {"codes": ["TSLA.US"]}},
    ),
    Case("DELETE", "/api/v1/schedules/{name:str}", "operate", query="?version=1", ends=_ON_MERITS),
    Case("GET", "/api/v1/workflows", "system"),
    Case(
        "POST", "/api/v1/workflows", "operate", ends=(201,),
        body={"name": "w", "steps": [{"plan": {"codes": ["TSLA.US"]}}]},
    ),
    Case("POST", "/api/v1/workflows/{workflow_id:str}/execute", "operate", ends=(202, 422)),
    Case("GET", "/api/v1/workflow-runs", "system"),
    Case("DELETE", "/api/v1/workflows/{workflow_id:str}", "operate", ends=_ON_MERITS),
    Case("POST", "/api/v1/modules/{module_id:str}/retire", "operate"),
    # users, roles, products
    Case("GET", _USERS, "administer"),
    Case("POST", _USERS, "administer", body={"username": "neu", "password": NEW_PASSWORD}, ends=(201,)),
    Case("PUT", f"{_USERS}/{{username:str}}", "administer", body={"version": 1, "chinese_name": "周"}),
    Case("POST", f"{_USERS}/{{username:str}}/password", "administer", body={"password": NEW_PASSWORD}),
    Case("GET", f"{_USERS}/{{username:str}}/preview", "administer"),
    Case("GET", "/api/v1/admin/groups/{username:str}", "administer", ends=(422,)),
    Case("GET", "/api/v1/admin/roles", "administer"),
    Case("PUT", "/api/v1/admin/roles/{name:str}", "administer", body={"permissions": ["view"]}),
    Case("DELETE", "/api/v1/admin/roles/{name:str}", "administer", query="?version=1", ends=(204,)),
    Case("GET", "/api/v1/admin/products", "administer"),
    Case("PUT", "/api/v1/admin/products/{code:str}", "administer", body={"name": "一号", "version": 1}),
    Case("GET", "/api/v1/admin/group-grants", "administer"),
    Case("POST", "/api/v1/admin/group-grants", "administer", body=_GROUP, ends=(201,)),
    Case("PUT", "/api/v1/admin/group-grants/{grant_id:int}", "administer", body={**_GROUP, "version": 1}),
    Case("DELETE", "/api/v1/admin/group-grants/{grant_id:int}", "administer", query="?version=2", ends=(204,)),
    Case("POST", "/api/v1/admin/group-grants/preview", "administer", body={"group_grants": []}),
    Case("GET", "/api/v1/admin/keys", "administer"),
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
    # oneself; somebody else's key is none of one's own
    Case("GET", "/api/v1/people", "view"),
    Case("GET", "/api/v1/me", "whoever"),
    Case("POST", "/api/v1/tickets", "whoever", ends=(201,)),
    Case("GET", "/api/v1/me/desk", "whoever"),
    # The second of the same version finds the first one's.
    Case("PUT", "/api/v1/me/desk", "whoever", body={"version": 0, "desk": {}}, ends=(200, 409)),
    Case("GET", "/api/v1/me/keys", "whoever"),
    Case("POST", "/api/v1/me/keys", "whoever", body={"name": "k", "permissions": ["market"]}, ends=(201, 403)),
    Case("DELETE", "/api/v1/me/keys/{key_id:str}", "whoever", ends=(422,)),
    Case("DELETE", "/api/v1/admin/keys/{key_id:str}", "administer", ends=(204,)),
    Case("POST", "/api/v1/me/totp/confirm", "whoever", body={"code": "000000"}, ends=(422,)),
    Case("POST", "/api/v1/me/totp", "whoever"),
    Case("POST", "/api/v1/me/totp/remove", "whoever", body={"password": PASSWORD}, ends=(204,)),
    Case(
        "POST", "/api/v1/me/password", "whoever", body={"password": PASSWORD, "new_password": NEW_PASSWORD},
        ends=(204,),
    ),
    Case("DELETE", "/api/v1/session", "whoever", ends=(204,)),
)  # fmt: skip
"""In an order in which each can still be done: who has signed out asks for nothing more."""

VIEWS: Final[dict[str, tuple[str, Whose]]] = {
    "trades": ("view", "nobody"),
    "orders": ("view", "nobody"),
    "triggers": ("view", "nobody"),
    "instructions": ("view", "nobody"),
    "position_adjustments": ("view", "nobody"),
    "instruction_details": ("view", "nobody"),
    "instruction_steps": ("view", "nobody"),
    "equity": ("view", "nobody"),
    "settlements": ("view", "nobody"),
    "accounts": ("view", "nobody"),
    "positions": ("view", "nobody"),
    "day_results": ("view", "nobody"),
    "day_parts": ("view", "nobody"),
    "trade_results": ("view", "nobody"),
    "opportunities": ("market", "nobody"),
    "alerts": ("market", "nobody"),
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
    "notices": "somebody",
    "chat": "chat",
    "modules": "system",
    "jobs": "system",
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
