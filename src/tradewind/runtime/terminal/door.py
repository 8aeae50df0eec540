"""REST of a running installation, asked by its operator's terminal: where it is, who asks, what no answer means."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING, Final, TypeVar

from tradewind.client import AwayError
from tradewind.client import door as client
from tradewind.client.proof import Proof
from tradewind.errors import ConfigError, TransientError
from tradewind.runtime.gateway.places import reachable
from tradewind.runtime.lifecycle.frozen import with_gateway
from tradewind.runtime.lifecycle.health import TOKEN_VARIABLE

if TYPE_CHECKING:
    from tradewind.client.calls import Call
    from tradewind.runtime.settings import TradewindSettings

T = TypeVar("T")
_PATIENCE_S: Final = 5.0
_NO_TOKEN: Final = (
    f"nobody says who asks: put the access token of the first start, or an API key, into {TOKEN_VARIABLE} "
    "(`tradewind token new` makes a new access token)"
)


class Door(client.Door):
    """One installation, and its operator; what goes wrong is told with the remedy."""

    def __init__(self, address: str, token: str, *, context: ssl.SSLContext | None = None) -> None:
        """Raises: ConfigError: the address is none, or there is no token."""
        if not token:
            raise ConfigError(_NO_TOKEN)
        super().__init__(address, Proof(key=token), context=context, timeout_s=_PATIENCE_S)

    def ask(self, call: Call[T]) -> T:
        """Return what a route answers. Raises: as the client's own door; `TransientError` where nobody answers."""
        try:
            return super().ask(call)
        except AwayError as error:
            message = f"{error}; start it (`tradewind run`, `tradewind start`), or say where it is with --url"
            raise TransientError(message) from error


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
