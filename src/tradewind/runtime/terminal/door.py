"""REST of a running installation, asked by its operator's terminal: where it is, who asks, what no answer means."""

from __future__ import annotations

import http.client
import os
import ssl
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

import msgspec

from tradewind.errors import (
    ConfigError,
    InputError,
    NotAllowedError,
    NotAuthenticatedError,
    StateConflictError,
    TooFastError,
    TradewindError,
    TransientError,
)
from tradewind.runtime.gateway.places import reachable
from tradewind.runtime.lifecycle.frozen import with_gateway
from tradewind.runtime.lifecycle.health import TOKEN_VARIABLE

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings

_PATIENCE_S: Final = 5.0
_REFUSALS: Final[dict[int, type[TradewindError]]] = {
    401: NotAuthenticatedError,
    403: NotAllowedError,
    404: InputError,
    409: StateConflictError,
    422: InputError,
    429: TooFastError,
}
_NO_TOKEN: Final = (
    f"nobody says who asks: put the access token of the first start, or an API key, into {TOKEN_VARIABLE} "
    "(`tradewind token new` makes a new access token)"
)


class Refusal(msgspec.Struct, frozen=True):
    """What our doors say when they refuse."""

    code: str = ""
    message: str = ""


class Refused(msgspec.Struct, frozen=True):
    """The body of such an answer."""

    error: Refusal = Refusal()


class Session(msgspec.Struct, frozen=True):
    """Who we are there, and where push is."""

    push_url: str
    version: str = ""
    identity: str = ""
    features: dict[str, bool] = {}


class Door:
    """One installation. Every call makes a connection of its own and waits; call it in a thread."""

    def __init__(self, address: str, token: str, *, context: ssl.SSLContext | None = None) -> None:
        """Raises: ConfigError: the address is none, or there is no token."""
        place = urlsplit(address)
        if place.scheme not in {"http", "https"} or not place.hostname or place.username:
            message = f"--url must be http://host:port or https://host, was {place.scheme}://{place.hostname or ''}"
            raise ConfigError(message)
        if not token:
            raise ConfigError(_NO_TOKEN)
        self.address = f"{place.scheme}://{place.netloc}"
        self._place = place
        self._headers = {"Authorization": f"Bearer {token}"}
        self.context = context or (ssl.create_default_context() if place.scheme == "https" else None)

    @property
    def headers(self) -> dict[str, str]:
        """Return what says who asks; for our own connections alone."""
        return self._headers

    def session(self) -> Session:
        """Return who we are, with the address of push made whole. Raises: as `ask`."""
        found = msgspec.convert(self.ask("GET", "/api/v1/session"), Session)
        scheme = "wss" if self._place.scheme == "https" else "ws"
        whole = urljoin(f"{scheme}://{self._place.netloc}", found.push_url)
        return msgspec.structs.replace(found, push_url=whole)

    def ask(self, method: str, path: str) -> Any:  # noqa: ANN401 - JSON, as it comes
        """Return what a route answers.

        Raises:
            TransientError: nobody answers, or not now.
            NotAuthenticatedError, NotAllowedError, StateConflictError, InputError: we are refused.
        """
        try:
            status, body = self._exchange(method, path)
        except (OSError, http.client.HTTPException) as error:
            said = str(error) or type(error).__name__
            message = (
                f"nothing answers at {self.address} ({said}); start it (`tradewind run`, `tradewind start`), or say "
                "where it is with --url"
            )
            raise TransientError(message) from error
        if status >= http.client.BAD_REQUEST:
            raise _refused(status, body)
        try:
            return msgspec.json.decode(body)
        except msgspec.DecodeError as error:
            message = f"what answers at {self.address} is no Tradewind; say where it is with --url"
            raise ConfigError(message) from error

    def _exchange(self, method: str, path: str) -> tuple[int, bytes]:
        place = self._place
        connection: http.client.HTTPConnection
        if place.scheme == "https":
            connection = http.client.HTTPSConnection(
                place.hostname or "", place.port, timeout=_PATIENCE_S, context=self.context
            )
        else:
            connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_PATIENCE_S)
        try:
            connection.request(method, path, headers=self._headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def door_of(settings: TradewindSettings, url: str = "") -> Door:
    """Return the door at `url`, else that of the installation the settings describe, on this machine.

    Raises: ConfigError: there is no token, the address is none, or the settings leave the port to the system.
    """
    token = os.environ.get(TOKEN_VARIABLE, "")
    if url:
        return Door(url, token)
    gateway = with_gateway(settings).gateway
    if settings.bus.kind == "redis" and gateway.is_before_us:
        context = None
        if gateway.certificate:
            # Its own certificate is what this machine's own gateway must show; it is made for the clients' names.
            context = ssl.create_default_context(cafile=gateway.certificate)
            context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
            context.check_hostname = False
        return Door(_address("https" if context else "http", gateway.host, gateway.port), token, context=context)
    port = settings.services.api_port if settings.bus.kind == "redis" else settings.api.port
    if not port:
        message = "api.port is 0, so that only the running process knows its port; say it with --url"
        raise ConfigError(message)
    return Door(_address("http", settings.api.host, port), token)


def _address(scheme: str, host: str, port: int) -> str:
    found = reachable(host)
    return f"{scheme}://[{found}]:{port}" if ":" in found else f"{scheme}://{found}:{port}"


def _refused(status: int, body: bytes) -> TradewindError:
    try:
        told = msgspec.json.decode(body, type=Refused).error
    except msgspec.DecodeError:
        told = Refusal()
    said = told.message or f"the answer was {status}"
    kind = _REFUSALS.get(status, TransientError)
    hint = f"; look at {TOKEN_VARIABLE}" if status == http.client.UNAUTHORIZED else ""
    return kind(f"{said}{hint}")
