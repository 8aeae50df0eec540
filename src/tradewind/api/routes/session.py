"""Signing in and out, and what the page needs to begin."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, JSONBody

from tradewind import __version__
from tradewind.api.admission import ACCESS, WHOEVER, Caller, RefusedError, caller_of, signed_in
from tradewind.api.answers import found
from tradewind.api.headers import host_name_of
from tradewind.api.injected import TheHouse
from tradewind.api.models import SessionEntry, SessionView, SignInForm
from tradewind.api.ports import House
from tradewind.api.strictness import strictly
from tradewind.domain.access import Access, Refused
from tradewind.domain.rights import Permission, Principal
from tradewind.identity.ports import SignedIn
from tradewind.identity.reception import Proof
from tradewind.stores.people import Session

_OWN = signed_in(WHOEVER)
_NO_USERS = Refused(503, "sign_in_unavailable", "nobody signs in by name here; use the access token")


@post("/api/v1/session", opt={ACCESS: Access.PUBLIC}, status_code=200, tags=["session"])
async def sign_in(
    request: Request[Any, Any, Any], house: TheHouse, data: JSONBody[SignInForm]
) -> Response[SessionView]:
    """Exchange the access token, or name and password, for a session cookie."""
    caller, form = caller_of(request), await strictly(request, data)
    if form.token:
        answer = house.gate.sign_in(form.token, headers=caller.headers, peer=caller.peer)
        if house.identity is not None:
            # Other processes look for it in the store; with that away it is known here alone, until it is written.
            await house.identity.sessions_changed()
    elif house.reception is None:
        answer = _NO_USERS
    else:
        proof = Proof(username=form.username, password=form.password, code=form.code)
        answer = await house.reception.sign_in(proof, headers=caller.headers, peer=caller.peer)
    if isinstance(answer, Refused):
        raise RefusedError(answer)
    view = _view(house, caller.headers, principal=answer.principal, session_id=answer.session_id, csrf=answer.csrf)
    return Response(view, headers={"set-cookie": answer.set_cookie}, cookies=_marked(answer))


@get("/api/v1/session", opt=_OWN, sync_to_thread=False, tags=["session"])
def who_am_i(request: Request[Any, Any, Any], house: TheHouse) -> SessionView:
    """Say who the caller is and where things are."""
    caller = caller_of(request)
    csrf = house.gate.csrf_for(caller.headers) if caller.session_id else ""
    return _view(house, caller.headers, principal=caller.principal, session_id=caller.session_id, csrf=csrf)


@delete("/api/v1/session", opt=_OWN, tags=["session"])
async def sign_out(request: Request[Any, Any, Any], house: TheHouse) -> Response[None]:
    """End this browser session; its sockets close within a second."""
    caller = caller_of(request)
    if caller.session_id:
        house.sessions.end(caller.session_id, source=f"api {caller.peer}")
        if house.identity is not None:
            await house.identity.sessions_changed()
    return Response(None, status_code=204, headers={"set-cookie": house.gate.clearing_cookie()})


@get("/api/v1/sessions", opt=_OWN, sync_to_thread=False, tags=["session"])
def list_sessions(request: Request[Any, Any, Any], house: TheHouse) -> list[SessionEntry]:
    """List open browser sessions, newest first: one's own, or everybody's for who may administer."""
    caller = caller_of(request)
    return [
        SessionEntry(
            session_id=session.session_id,
            identity=session.identity,
            created_at=session.created_at,
            used_at=session.used_at,
            peer=session.peer,
            user_agent=session.user_agent,
            is_current=session.session_id == caller.session_id,
        )
        for session in house.sessions.live()
        if _may_see(caller, session)
    ]


@delete("/api/v1/sessions/{session_id:str}", opt=_OWN, tags=["session"])
async def end_session(request: Request[Any, Any, Any], house: TheHouse, session_id: FromPath[str]) -> None:
    """End a browser session: one of one's own, or any for who may administer."""
    caller = caller_of(request)
    mine = any(each.session_id == session_id and _may_see(caller, each) for each in house.sessions.live())
    source = f"api {caller.peer}"
    is_ended = mine and house.sessions.end(session_id, actor=caller.identity, source=source)
    found(is_ended or None, what="session", name=session_id)
    if house.identity is not None:
        await house.identity.sessions_changed()


def _may_see(caller: Caller, session: Session) -> bool:
    may_administer = caller.principal.may_somewhere(Permission.ADMINISTER)
    return may_administer or (session.user_id > 0 and session.user_id == caller.principal.user_id)


def _marked(signed: SignedIn) -> list[Cookie]:
    device = signed.device
    if device is None:
        return []
    return [
        Cookie(
            key=device.name, value=device.value, path="/", max_age=device.max_age_s, secure=device.is_secure,
            httponly=True, samesite="strict",
        )
    ]  # fmt: skip


def _view(
    house: House, headers: dict[str, str], *, principal: Principal, session_id: str | None, csrf: str
) -> SessionView:
    host = headers.get("host", "")
    return SessionView(
        identity=principal.username,
        name=principal.name or principal.username,
        session_id=session_id,
        csrf=csrf,
        push_url=house.push_url_for(host) or f"ws://{host_name_of(host)}:{house.push_port}/ws",
        version=__version__,
        source=house.system.source(),
        features={
            "replay": house.replay is not None,
            "test_quotes": house.tests is not None,
            "history": house.history is not None,
        },
        reconnect_tries=house.reconnect_tries,
        permissions={name: sorted(reach.pairs) for name, reach in sorted(principal.reaches.items()) if reach},
        is_alone=not principal.user_id and (house.identity is None or not house.identity.has_approvers()),
    )


SESSION_ROUTES = (sign_in, who_am_i, sign_out, list_sessions, end_session)
