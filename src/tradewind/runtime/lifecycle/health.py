"""What the services say of themselves at their health doors."""

from __future__ import annotations

import http.client
import os
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.api.ports import ServiceView
from tradewind.runtime.lifecycle.programs import number_of, service_of

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings

TOKEN_VARIABLE: Final = "TRADEWIND_TOKEN"  # noqa: S105 - the name of a variable
"""Environment variable with the access token, for installations whose seed doors are closed."""
_PATIENCE_S: Final = 2.0
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to ask, not where to listen


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of a health door; a door that only says that it is there leaves the rest empty."""

    status: str = "ok"
    pid: int = 0
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


def reachable(host: str) -> str:
    """Return where somebody on this machine finds what listens on `host`."""
    return _ANYWHERE.get(host, host)


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
    try:
        connection.request("GET", "/health", headers=credentials())
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
