"""What the services say of themselves at their health doors."""

from __future__ import annotations

import http.client
import os
import ssl
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.api.ports import ServiceView
from tradewind.runtime.gateway.places import reachable
from tradewind.runtime.lifecycle.leftovers import parent_of
from tradewind.runtime.lifecycle.programs import number_of, service_of
from tradewind.runtime.services import GATEWAY

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings

TOKEN_VARIABLE: Final = "TRADEWIND_TOKEN"  # noqa: S105 - the name of a variable
"""Environment variable with the access token, for installations whose seed doors are closed."""
_PATIENCE_S: Final = 2.0


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of a health door; a door that only says that it is there leaves the rest empty."""

    status: str = "ok"
    pid: int = 0
    version: str = ""
    bus: str = ""
    reason: str = ""
    positions: dict[str, str] = {}
    shards: tuple[int, ...] = ()
    rates: dict[str, float] = {}
    services: list[ServiceView] = []

    @property
    def trouble(self) -> str:
        """Return in one line what is not well, empty where all is."""
        if self.reason and self.bus != "standby":
            return self.reason
        return next((f"{each.name}: {each.last_error}" for each in self.services if each.last_error), "")


def credentials() -> dict[str, str]:
    """Return the header that opens closed doors, if the operator gave the token."""
    token = os.environ.get(TOKEN_VARIABLE, "")
    return {"Authorization": f"Bearer {token}"} if token else {}


def ask(program: str, settings: TradewindSettings, *, patience_s: float = _PATIENCE_S) -> Health | None:
    """Return what a process of a service says, `None` where nobody answers."""
    service = service_of(program)
    host = settings.api.host if service == "api" else settings.services.host
    port = settings.services.health_port(service, number_of(program))
    connection = http.client.HTTPConnection(reachable(host), port, timeout=patience_s)
    answer = _answer_of(connection, "/health")
    if answer is None or service != GATEWAY:
        return answer
    # A worker of Nginx answers; what was started, and is looked after, is its master.
    return msgspec.structs.replace(answer, pid=parent_of(answer.pid))


def ask_entry(settings: TradewindSettings, *, patience_s: float = _PATIENCE_S) -> bool:
    """Tell whether the signal API answers through the gateway, be it that not all behind is well."""
    gateway = settings.gateway
    host = reachable(gateway.host)
    if gateway.certificate:
        # It is made for the names that clients use, not for this machine's own.
        context = ssl._create_unverified_context()  # noqa: S323, SLF001 - nothing is told or believed here
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, gateway.port, timeout=patience_s, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, gateway.port, timeout=patience_s)
    return _answer_of(connection, "/health") is not None


def _answer_of(connection: http.client.HTTPConnection, path: str) -> Health | None:
    try:
        connection.request("GET", path, headers=credentials())
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    if answer.status not in {200, 503}:
        return Health() if answer.status in {401, 403} else None
    try:
        return msgspec.json.decode(body, type=Health)
    except msgspec.DecodeError:
        return None
