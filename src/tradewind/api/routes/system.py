"""For operators and their tools: the state of the whole, metrics, and the description of this interface."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, Router, get, post

from tradewind.api.admission import WHOEVER, signed_in
from tradewind.api.injected import TheHouse
from tradewind.api.trials import TrialView
from tradewind.domain.rights import Permission
from tradewind.errors import StateConflictError

_SYSTEM = signed_in(Permission.SYSTEM)
_PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"


@get("/api/v1/system", opt=_SYSTEM, sync_to_thread=False, tags=["system"])
def system(house: TheHouse) -> Any:  # noqa: ANN401 - whatever struct the runtime describes itself with
    """Return services, counters, latency per hop, rates, source and memory."""
    return house.system.system()


@post("/api/v1/system/trial", opt=signed_in(Permission.OPERATE), status_code=200, tags=["system"])
async def send_trial(house: TheHouse) -> TrialView:
    """Send a marked test tick through the whole line, have the test strategy answer it, and time each hop (C-003-9)."""
    if house.trials is None:
        message = "services run apart here: run `tradewind test` on the machine that has their settings"
        raise StateConflictError(message)
    return await house.trials.send()


@get("/metrics", opt=_SYSTEM, sync_to_thread=False, tags=["system"])
def metrics(house: TheHouse) -> Response[bytes]:
    """Return every metric in Prometheus' text form."""
    return Response(house.prometheus(), media_type=_PROMETHEUS)


OPENAPI_ROUTER: Final = Router(
    "/api/v1/openapi.json", route_handlers=[], opt=signed_in(WHOEVER), include_in_schema=False
)
"""Where the framework puts its description of this interface; below that path it adds a page of its own, for nobody."""

SYSTEM_ROUTES = (system, send_trial, metrics)
