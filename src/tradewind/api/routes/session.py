"""Signing in and out, and what the page needs to begin."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.params import FromPath, JSONBody

from tradewind import __version__
from tradewind.api.admission import ACCESS, WHOEVER, RefusedError, caller_of, signed_in
from tradewind.api.answers import found
from tradewind.api.headers import host_name_of
from tradewind.api.injected import TheHouse
from tradewind.api.models import SessionEntry, SessionView, SignInForm
from tradewind.api.ports import House
from tradewind.domain.access import Access, Refused
from tradewind.domain.rights import ADMINISTRATOR, Permission, Principal

_OWN = signed_in(WHOEVER)
_ADMINISTER = signed_in(Permission.ADMINISTER)


@post("/api/v1/session", opt={ACCESS: Access.PUBLIC}, status_code=200, sync_to_thread=False, tags=["session"])
def sign_in(request: Request[Any, Any, Any], house: TheHouse, data: JSONBody[SignInForm]) -> Response[SessionView]:
    """Exchange the access token for a session cookie."""
    caller = caller_of(request)
    answer = house.gate.sign_in(data.token, headers=caller.headers, peer=caller.peer)
    if isinstance(answer, Refused):
        raise RefusedError(answer)
    view = _view(house, caller.headers, principal=ADMINISTRATOR, session_id=answer.session_id, csrf=answer.csrf)
    return Response(view, headers={"set-cookie": answer.set_cookie})


@get("/api/v1/session", opt=_OWN, sync_to_thread=False, tags=["session"])
def who_am_i(request: Request[Any, Any, Any], house: TheHouse) -> SessionView:
    """Say who the caller is and where things are."""
    caller = caller_of(request)
    csrf = house.gate.csrf_for(caller.headers) if caller.session_id else ""
    return _view(house, caller.headers, principal=caller.principal, session_id=caller.session_id, csrf=csrf)


@delete("/api/v1/session", opt=_OWN, sync_to_thread=False, tags=["session"])
def sign_out(request: Request[Any, Any, Any], house: TheHouse) -> Response[None]:
    """End this browser session; its sockets close within a second."""
    caller = caller_of(request)
    if caller.session_id:
        house.sessions.end(caller.session_id)
    return Response(None, status_code=204, headers={"set-cookie": house.gate.clearing_cookie()})


@get("/api/v1/sessions", opt=_ADMINISTER, sync_to_thread=False, tags=["session"])
def list_sessions(request: Request[Any, Any, Any], house: TheHouse) -> list[SessionEntry]:
    """List the open browser sessions, newest first."""
    current = caller_of(request).session_id
    return [
        SessionEntry(
            session_id=session.session_id,
            identity=session.identity,
            created_at=session.created_at,
            used_at=session.used_at,
            peer=session.peer,
            user_agent=session.user_agent,
            is_current=session.session_id == current,
        )
        for session in house.sessions.live()
    ]


@delete("/api/v1/sessions/{session_id:str}", opt=_ADMINISTER, sync_to_thread=False, tags=["session"])
def end_session(house: TheHouse, session_id: FromPath[str]) -> None:
    """End any browser session."""
    found(house.sessions.end(session_id) or None, what="session", name=session_id)


def _view(
    house: House, headers: dict[str, str], *, principal: Principal, session_id: str | None, csrf: str
) -> SessionView:
    host = headers.get("host", "")
    return SessionView(
        identity=principal.username,
        session_id=session_id,
        csrf=csrf,
        push_url=house.push_url_for(host) or f"ws://{host_name_of(host)}:{house.push_port}/ws",
        version=__version__,
        source=house.system.source(),
        features={"replay": house.replay is not None, "test_quotes": house.tests is not None},
        reconnect_tries=house.reconnect_tries,
        permissions={name: sorted(reach.pairs) for name, reach in sorted(principal.reaches.items()) if reach},
    )


SESSION_ROUTES = (sign_in, who_am_i, sign_out, list_sessions, end_session)
