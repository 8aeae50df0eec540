"""For operators: the log, the alerts, the settings, what is stored, and replays of it beside the live line."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Request, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from tradewind.api.admission import caller_of, signed_in
from tradewind.api.injected import TheHouse
from tradewind.api.on_record import on_record
from tradewind.api.ops_desk import (
    AlertView,
    DataView,
    GapRow,
    Level,
    LogPage,
    LogQuestion,
    OpsDesk,
    ReplayForm,
    ReplayRooms,
    ReplayView,
    SettingView,
)
from tradewind.api.ports import House
from tradewind.domain.rights import Permission
from tradewind.errors import StateConflictError

_SYSTEM = signed_in(Permission.SYSTEM)
_OPERATE = signed_in(Permission.OPERATE)
_TAGS: Final = ["operations"]

OfService = Annotated[str, QueryParameter(max_length=40, description="Only lines of this service.")]
AtLeast = Annotated[Level, QueryParameter(description="The least important level that is wanted.")]
Words = Annotated[str, QueryParameter(max_length=200, description="Part of what happened or of a field.")]
Since = Annotated[
    str, QueryParameter(pattern=r"^[0-9T:.Z+\-]{0,40}$", description="ISO 8601 UTC; lines of that moment come too.")
]
Newest = Annotated[int, QueryParameter(ge=1, le=2_000, description="At most this many lines, the newest.")]


@get("/api/v1/ops/logs", opt=_OPERATE, tags=_TAGS)
async def logs(
    *,
    house: TheHouse,
    service: OfService = "",
    level: AtLeast = "debug",
    text: Words = "",
    since: Since = "",
    limit: Newest = 500,
) -> LogPage:
    """Return the newest log lines of every service, oldest first; secrets are blanked before they are written."""
    return await _ops(house).logs(LogQuestion(service=service, level=level, text=text, since=since, limit=limit))


@get("/api/v1/ops/alerts", opt=_SYSTEM, sync_to_thread=False, tags=_TAGS)
def alerts(house: TheHouse) -> list[AlertView]:
    """Return every alert of the handbook as it stands, judged here by the rules that Prometheus gets."""
    return _ops(house).alerts()


@get("/api/v1/ops/settings", opt=_OPERATE, sync_to_thread=False, tags=_TAGS)
def settings_in_force(house: TheHouse) -> list[SettingView]:
    """Return every setting: its value, its default, where the value comes from, what is allowed."""
    return _ops(house).settings()


@get("/api/v1/ops/data", opt=_SYSTEM, tags=_TAGS)
async def data(house: TheHouse) -> DataView:
    """Return the recorded days, the sizes of what is stored, and how full the disk is."""
    return await _ops(house).data()


@get("/api/v1/ops/data/{day:str}/gaps", opt=_SYSTEM, tags=_TAGS)
async def gaps(house: TheHouse, day: FromPath[str]) -> list[GapRow]:
    """Return what is missing in one recorded day."""
    return await _ops(house).gaps(day)


@get("/api/v1/ops/replays", opt=signed_in(Permission.MARKET), sync_to_thread=False, tags=["replay"])
def replays(house: TheHouse) -> list[ReplayView]:
    """List the replays that play beside the live line."""
    rooms = _ops(house).replays
    return [] if rooms is None else rooms.list()


@post("/api/v1/ops/replays", opt=_OPERATE, status_code=201, tags=["replay"])
async def start_replay(request: Request[Any, Any, Any], house: TheHouse, data: JSONBody[ReplayForm]) -> ReplayView:
    """Play a recorded day in a process of its own, without an order line; the list says where its pages are."""
    caller, rooms = caller_of(request), _rooms(house)
    await on_record(request, house, "start_replay", data.day, after=data)
    return await rooms.start(data, host=caller.headers.get("host", ""), by=caller.identity)


@delete("/api/v1/ops/replays/{replay_id:str}", opt=_OPERATE, tags=["replay"])
async def end_replay(request: Request[Any, Any, Any], house: TheHouse, replay_id: FromPath[str]) -> None:
    """End a replay for everybody who watches it."""
    rooms = _rooms(house)
    await on_record(request, house, "end_replay", replay_id, is_stop=True)
    await rooms.end(replay_id, by=caller_of(request).identity)


def _ops(house: House) -> OpsDesk:
    if house.ops is None:
        message = "this process does not tell of the platform as a whole; ask the gateway"
        raise StateConflictError(message)
    return house.ops


def _rooms(house: House) -> ReplayRooms:
    ops = _ops(house)
    if ops.replays is None:
        why = (
            "the gateway lets nobody through to the doors of a replay"
            if ops.no_replays == "gateway"
            else "this is a replay itself, and beside it none is started"
        )
        message = f"{why}; run `tradewind run --set market.source=replay --set market.replay.path=…` on other ports"
        raise StateConflictError(message)
    return ops.replays


OPS_ROUTES = (logs, alerts, settings_in_force, data, gaps, replays, start_replay, end_replay)
