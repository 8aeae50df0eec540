"""Asks the gate and the rate limit before anything else is done for a request."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import msgspec
from litestar.exceptions import HTTPException

from tradewind.api.headers import RawHeaders, headers_of
from tradewind.domain.access import Access, Admitted, Refused
from tradewind.domain.rights import Permission, Principal, lacks
from tradewind.identity.ports import AccessRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from litestar.connection import ASGIConnection
    from litestar.handlers import BaseRouteHandler

    from tradewind.api.limits import RateLimit
    from tradewind.api.ports import Gate

ACCESS: Final = "access"
"""The key of a route's `opt` under which it declares what it asks of callers."""
PERMISSION: Final = "permission"
"""The key under which a route names the `Permission` that callers need."""
WHOEVER: Final = "whoever"
"""In place of a permission: whoever is signed in, since the route is about themselves or judges each row."""
REFUSED: Final = "tradewind.refused"
"""The key of a request's state under which a refusal waits that was decided before the application saw it."""
_STATE_KEY: Final = "tradewind.caller"
_NO_ACCESS_DECLARED: Final = Refused(403, "not_allowed", "this route declares no access, so nobody may use it")
_NO_PERMISSION_DECLARED: Final = Refused(403, "not_allowed", "this route names no permission, so nobody may use it")

Need = Permission | Literal["whoever"]
"""What a door asks of those who came in: a permission, or nothing more (`WHOEVER`)."""


class Demand(NamedTuple):
    """What a door asks: how somebody comes in, and what they must be permitted then."""

    access: Access
    need: Need


class Caller(msgspec.Struct, frozen=True):
    """Who makes a request, from where."""

    principal: Principal
    session_id: str | None
    headers: dict[str, str]
    peer: str

    @property
    def identity(self) -> str:
        """Return the name by which they are known and recorded."""
        return self.principal.username


class RefusedError(HTTPException):
    """Carries the gate's refusal to the place where errors become answers."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(detail=refused.message, status_code=refused.status)
        self.refused = refused


class Admission:
    """Decides per request; refusals count against the caller's rate like anything else."""

    def __init__(self, gate: Gate, limit: RateLimit) -> None:
        self._gate = gate
        self._limit = limit

    def admit(self, demand: Demand, method: str, target: str, raw_headers: RawHeaders, peer: str) -> Caller | Refused:
        """Return who calls, or why not; `target` is the path with its query."""
        access, need = demand
        headers, peer = self._gate.caller(headers_of(raw_headers), peer)
        answer = self._gate.decide(AccessRequest(access, method, target, headers, peer))
        session_id = answer.session_id if isinstance(answer, Admitted) else None
        wait_s = self._limit.wait_s(session_id or peer)
        if wait_s:
            message = "too many requests; slow down, or raise api.rate_per_s"
            return Refused(429, "too_many_requests", message, math.ceil(wait_s))
        if isinstance(answer, Refused):
            return answer
        if need != WHOEVER and access is not Access.PUBLIC and not answer.principal.may_somewhere(need):
            return Refused(403, "not_allowed", lacks(need))
        return Caller(answer.principal, session_id, headers, peer)

    async def guard(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Let a request through to its route, or raise.

        Raises: RefusedError: the gate or the rate limit said no, the caller lacks the route's permission, or the route
            declares no access or names no permission.
        """
        demand = demand_of(handler.opt)
        scope: Any = connection.scope
        caller: Caller | Refused
        if isinstance(demand, Refused):
            caller = demand
        else:
            caller = self.admit(demand, scope["method"], target_of(scope), scope["headers"], peer_of(scope))
        if isinstance(caller, Refused):
            raise RefusedError(caller)
        connection.scope["state"][_STATE_KEY] = caller


def signed_in(need: Need) -> dict[str, Any]:
    """Return the `opt` of a route for those who are signed in and have this permission for something."""
    return {ACCESS: Access.SESSION, PERMISSION: need}


def demand_of(opt: Mapping[str, Any]) -> Demand | Refused:
    """Return what a route asks by its `opt`; where it does not say, the answer to everybody."""
    access, need = opt.get(ACCESS), opt.get(PERMISSION)
    if not isinstance(access, Access):
        return _NO_ACCESS_DECLARED
    if access is Access.PUBLIC:
        return Demand(access, WHOEVER)
    if isinstance(need, Permission) or need == WHOEVER:
        return Demand(access, need)
    return _NO_PERMISSION_DECLARED


def target_of(scope: MutableMapping[str, Any]) -> str:
    """Return the path with its query, as the gate looks at them."""
    query: bytes = scope["query_string"]
    path: str = scope["path"]
    return f"{path}?{query.decode('latin-1')}" if query else path


def peer_of(scope: MutableMapping[str, Any]) -> str:
    """Return the address that the connection comes from."""
    client = scope["client"]
    return client[0] if client else ""


def caller_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    """Return who makes this request, as the guard found out."""
    caller: Caller = connection.scope["state"][_STATE_KEY]
    return caller
