"""One decision for every door of the house: is this caller who they must be, from where they may be?

Asked by REST and by push alike, so that no door has rules of its own. In order: no secret in the URL, a Host that is
ours (against DNS rebinding), an Origin that is ours; then who it is: access token, API key, browser session, a ticket
for a socket, or, at the doors of the replaced signal system only, any program on this machine. Everything else is
refused. What somebody may do is asked of the directory at each decision, so a change counts from the next request on.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from tradewind.domain.access import Access, Admitted, Refused
from tradewind.domain.rights import ADMINISTRATOR, ANONYMOUS, SEED_CLIENT, WATCHER, Principal
from tradewind.errors import ConfigError
from tradewind.identity.addresses import Neighbourhood, is_loopback
from tradewind.identity.cookies import cookie_of, csrf_of
from tradewind.identity.directory import Directory
from tradewind.identity.lockout import LockOut
from tradewind.identity.ports import AccessRequest, SignedIn
from tradewind.identity.sessions import KEY_PREFIX
from tradewind.identity.tickets import ticket_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.identity.cookies import Marking
    from tradewind.identity.entry import Entry
    from tradewind.identity.sessions import Sessions
    from tradewind.identity.settings import AccessSettings
    from tradewind.identity.tickets import Tickets
    from tradewind.identity.tokens import AccessTokens
    from tradewind.kernel.clock import Clock
    from tradewind.stores.people import Session

SEED_SOCKETS: Final = frozenset({"/ws/opportunities", "/health"})
"""What push serves that programs on this machine may have unnamed: the older stream, and word that it is well."""
_SECRET_PARAMETERS: Final = frozenset(
    {"token", "access_token", "auth", "authorization", "bearer", "api_key", "apikey", "key", "secret", "session"}
)
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_FETCH_SITES: Final = frozenset({"same-origin", "none"})
_PROXY_HEADERS: Final = frozenset({"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip"})
_NOBODY: Final = Refused(
    401, "not_authenticated", "say who you are: sign in at /login, or send the header `Authorization: Bearer TOKEN`"
)
_WRONG_TOKEN: Final = Refused(401, "wrong_token", "this is not the access token; `tradewind token new` makes a new one")
_WATCHES_ONLY: Final = Refused(403, "watches_only", "the watch token reads metrics; it changes and follows nothing")
_WRONG_KEY: Final = Refused(401, "wrong_key", "this API key is unknown, revoked or expired, or its owner is shut out")
_WRONG_TICKET: Final = Refused(401, "wrong_ticket", "this ticket was used, is too old, or never was: ask for a new one")
_ELSEWHERE: Final = Refused(
    403, "origin_not_allowed", "this request comes from a page that is not ours; allowed: our own page, access.origins"
)
_IN_URL: Final = Refused(
    400, "token_in_url", "a secret in the URL ends up in logs and histories: send `Authorization: Bearer TOKEN`"
)
_NO_CSRF: Final = Refused(
    403, "csrf", "the header X-CSRF-Token is missing or wrong; read it from GET /api/v1/session and send it back"
)


class Gate:
    """Decides; see the module's words. `count_refusal(code)` hears of every refusal."""

    def __init__(
        self,
        *,
        settings: AccessSettings,
        tokens: AccessTokens,
        sessions: Sessions,
        clock: Clock,
        directory: Directory | None = None,
        tickets: Tickets | None = None,
        api_address: tuple[str, int],
        push_address: tuple[str, int],
        quotes_address: tuple[str, int] | None = None,
        entry: Entry | None = None,
        watch: AccessTokens | None = None,
        prefix: str = "",
        public_port: int = 0,
        count_refusal: Callable[[str], None] = lambda _code: None,
    ) -> None:
        """Take the addresses the edges listen on: our own names and our own page follow from them.

        `entry` is the gateway before us, if there is one; `watch` keeps the token that only lets metrics be read.
        `prefix` and `public_port` are the path and the port of the host under which people find us; every process of
        an installation must be told the same, or they do not know each other's sessions.

        Raises: ConfigError: the plain cookie was asked for while listening beyond loopback, or a bad origin.
        """
        further = (push_address,) if quotes_address is None else (push_address, quotes_address)
        bound = (api_address[0], *(host for host, _ in further), *((entry.host,) if entry is not None else ()))
        if settings.cookie == "plain" and not all(is_loopback(host) for host in bound):
            message = f"access.cookie: `plain` is allowed only while listening on loopback, api.host was {bound[0]}"
            raise ConfigError(message)
        self._near = Neighbourhood(
            bound_to=bound,
            page_port=api_address[1],
            ports=[port for _, port in further],
            hosts=settings.hosts,
            origins=settings.origins,
            entry=entry,
        )
        self._entry = entry
        self._sole_peer = push_address[0] if is_loopback(push_address[0]) else ""
        self._tokens = tokens
        self._watch = watch
        self._sessions = sessions
        self._directory = directory or Directory()
        self._tickets = tickets
        self._lockout = LockOut(settings, clock)
        self._count_refusal = count_refusal
        self._has_seed_doors = settings.seed_clients == "loopback"
        self._cookie = cookie_of(settings, public_port, prefix)

    def admit(self, path: str, headers: Mapping[str, str], peer: str) -> Admitted | Refused:
        """Decide on a WebSocket handshake; `path` may carry its query, header names may have any case.

        An empty `peer` (not known yet) counts as this machine where push listens on nothing else.
        """
        access = Access.SEED if path.partition("?")[0] in SEED_SOCKETS else Access.SESSION
        lowered = {name.lower(): value for name, value in headers.items()}
        lowered, peer = self.caller(lowered, peer or self._sole_peer)
        return self.decide(AccessRequest(access, "GET", path, lowered, peer, is_websocket=True))

    def caller(self, headers: dict[str, str], peer: str) -> tuple[dict[str, str], str]:
        """Return headers and address of who called, where the connection comes from our own gateway."""
        return (headers, peer) if self._entry is None else self._entry.caller(headers, peer)

    def decide(self, request: AccessRequest) -> Admitted | Refused:
        """Decide on any request."""
        answer = self._from_nowhere_else(request) or self._who(request)
        if isinstance(answer, Refused):
            self._count_refusal(answer.code)
        return answer

    def sign_in(self, token: str, *, headers: Mapping[str, str], peer: str) -> SignedIn | Refused:
        """Exchange the access token for a new browser session; an older one of the same browser ends."""
        answer = self._by_token(token, peer)
        if isinstance(answer, Refused):
            self._count_refusal(answer.code)
            return answer
        return self.open_session(answer.identity, 0, headers=headers, peer=peer)

    def open_session(self, identity: str, user_id: int, *, headers: Mapping[str, str], peer: str) -> SignedIn:
        """Open a browser session for who proved who they are; an older one of the same browser ends."""
        previous = self.session_of(headers)
        if previous is not None:
            self._sessions.end(previous.session_id)
        secret = self._sessions.open(identity, peer=peer, user_agent=headers.get("user-agent", ""), user_id=user_id)
        opened = self._sessions.find(secret)
        principal = self._directory.principal_by_id(user_id) if user_id else ADMINISTRATOR
        return SignedIn(
            # Shut out in this very moment: their session ends with the next look.
            principal=principal or Principal(identity, {}, user_id),
            session_id=opened.session_id if opened is not None else "",
            set_cookie=self._cookie.setting(secret),
            csrf=csrf_of(secret),
        )

    def session_of(self, headers: Mapping[str, str]) -> Session | None:
        """Return the live session whose cookie these headers carry."""
        secret = self._cookie.secret_in(headers.get("cookie", ""))
        return self._sessions.find(secret) if secret else None

    def csrf_for(self, headers: Mapping[str, str]) -> str:
        """Return the token that requests with this cookie must repeat; empty without a cookie."""
        secret = self._cookie.secret_in(headers.get("cookie", ""))
        return csrf_of(secret) if secret else ""

    def token_handle(self) -> str:
        """Name what the access token in force opens."""
        return self._tokens.handle()

    def device_of(self, headers: Mapping[str, str]) -> str | None:
        """Return what marks the browser that sends these headers, if it was marked."""
        return self._cookie.device_in(headers.get("cookie", ""))

    def marking_cookie(self, secret: str) -> Marking:
        """Return the cookie that marks a browser."""
        return self._cookie.marking(secret)

    def clearing_cookie(self) -> str:
        """Return the `Set-Cookie` value that makes a browser forget its session."""
        return self._cookie.clearing()

    def _from_nowhere_else(self, request: AccessRequest) -> Refused | None:
        headers = request.headers
        if "?" in request.target and _has_secret(request.target):
            return _IN_URL
        host = headers.get("host", "")
        if not self._near.knows_host(host):
            return Refused(
                403, "host_not_allowed", f"unknown Host {host[:100]!r}; add it to access.hosts if it is ours"
            )
        origin = headers.get("origin")
        if origin is not None and origin not in self._near.origins:
            return _ELSEWHERE
        if request.method not in _SAFE_METHODS and headers.get("sec-fetch-site", "none") not in _OWN_FETCH_SITES:
            return _ELSEWHERE
        return None

    def _who(self, request: AccessRequest) -> Admitted | Refused:
        if request.access is Access.PUBLIC:
            return Admitted(ANONYMOUS)
        headers = request.headers
        authorization = headers.get("authorization")
        if authorization is not None:
            return self._by_authorization(authorization, request)
        if request.is_websocket and self._tickets is not None:
            ticket = ticket_in(headers.get("sec-websocket-protocol", ""))
            if ticket is not None:
                return self._by_ticket(ticket, self._tickets)
        if "cookie" in headers:
            session = self.session_of(headers)
            if session is not None:
                return self._by_session(session, request)
        if request.access is Access.SEED and self._is_seed_client(request):
            return Admitted(SEED_CLIENT)
        return _NOBODY

    def _by_token(self, token: str, peer: str, opened_with: str | None = None) -> Admitted | Refused:
        wait_s = self._lockout.wait_s(peer)
        if wait_s:
            message = f"too many wrong tokens from this address; try again in {wait_s} s"
            return Refused(429, "too_many_failures", message, wait_s)
        if not self._tokens.verify(token):
            self._lockout.failed(peer)
            return _WRONG_TOKEN
        self._lockout.succeeded(peer)
        return Admitted(ADMINISTRATOR, opened_with)

    def _by_authorization(self, authorization: str, request: AccessRequest) -> Admitted | Refused:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return _NOBODY
        token = token.strip()
        if token.startswith(KEY_PREFIX):
            return self._by_key(token, request.peer)
        if self._watch is not None and self._watch.verify(token):
            # It asks, and neither stays nor changes anything.
            is_question = request.method in _SAFE_METHODS and not request.is_websocket and not request.is_lasting
            return Admitted(WATCHER) if is_question else _WATCHES_ONLY
        # Asked before the token is judged: replaced in between, its socket ends instead of staying.
        opened_with = self._tokens.handle() if request.is_websocket or request.is_lasting else None
        return self._by_token(token, request.peer, opened_with)

    def _by_key(self, secret: str, peer: str) -> Admitted | Refused:
        # 256 random bits are not guessed, so nobody has to wait for a stranger's tries.
        key = self._sessions.find_key(secret, peer=peer)
        principal = None if key is None else self._directory.principal_of_key(key)
        if key is None or principal is None:
            return _WRONG_KEY
        return Admitted(principal, key.handle)

    def _by_ticket(self, ticket: str, tickets: Tickets) -> Admitted | Refused:
        opened_by = tickets.redeem(ticket)
        if opened_by is None:
            return _WRONG_TICKET
        if opened_by == self._tokens.handle():
            return Admitted(ADMINISTRATOR, opened_by)
        key = self._sessions.key_by_handle(opened_by)
        if key is not None:
            owner = self._directory.principal_of_key(key)
            return _WRONG_TICKET if owner is None else Admitted(owner, key.handle)
        session = self._sessions.by_digest(opened_by)
        principal = None if session is None else self._principal_of(session)
        return _WRONG_TICKET if session is None or principal is None else Admitted(principal, session.session_id)

    def _principal_of(self, session: Session) -> Principal | None:
        return self._directory.principal_by_id(session.user_id) if session.user_id else ADMINISTRATOR

    def _by_session(self, session: Session, request: AccessRequest) -> Admitted | Refused:
        headers = request.headers
        if request.is_websocket:
            # Browsers always name the page behind a WebSocket; a cookie without one was carried here by hand.
            if "origin" not in headers:
                return _ELSEWHERE
        elif headers.get("sec-fetch-site", "none") not in _OWN_FETCH_SITES:
            return _ELSEWHERE
        if request.method not in _SAFE_METHODS:
            sent = headers.get("x-csrf-token", "")
            if not hmac.compare_digest(sent.encode(), self.csrf_for(headers).encode()):
                return _NO_CSRF
        principal = self._principal_of(session)
        return _NOBODY if principal is None else Admitted(principal, session.session_id)

    def _is_seed_client(self, request: AccessRequest) -> bool:
        headers = request.headers
        return (
            self._has_seed_doors
            and request.method in _SAFE_METHODS
            and is_loopback(request.peer)
            and headers.get("host", "").lower() in self._near.loopback_hosts
            and headers.get("sec-fetch-site", "none") in _OWN_FETCH_SITES
            and not _came_through_proxy(headers)
        )


def _came_through_proxy(headers: Mapping[str, str]) -> bool:
    for name in headers:  # noqa: SIM110 - a loop costs a third of any(...) here, on the path of every polled list
        if name in _PROXY_HEADERS or name[:11] == "x-forwarded":
            return True
    return False


def _has_secret(target: str) -> bool:
    query = target.partition("?")[2]
    return any(unquote_plus(pair.partition("=")[0]).strip().lower() in _SECRET_PARAMETERS for pair in query.split("&"))
