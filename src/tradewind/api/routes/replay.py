"""The replay's remote control; 409 while the source is something else."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.params import JSONBody

from tradewind.api.admission import signed_in
from tradewind.api.injected import TheHouse
from tradewind.api.line_ports import ReplayCommands
from tradewind.api.models import SeekForm, SpeedForm, StepForm
from tradewind.api.on_record import on_record
from tradewind.api.ports import House
from tradewind.domain.rights import Permission
from tradewind.errors import StateConflictError

Web = Request[Any, Any, Any]
_OPERATE = signed_in(Permission.OPERATE)


@get("/api/v1/replay", opt=signed_in(Permission.MARKET), tags=["replay"])
async def replay_status(house: TheHouse) -> Any:  # noqa: ANN401 - the market room's own status struct
    """Say where the replay is."""
    return await _replay(house).status()


@post("/api/v1/replay/pause", opt=_OPERATE, status_code=200, tags=["replay"])
async def replay_pause(request: Web, house: TheHouse) -> Any:  # noqa: ANN401 - the market room's own status struct
    """Stand still before the next tick."""
    replay = _replay(house)
    await on_record(request, house, "pause_replay", "the line", is_stop=True)
    return await replay.pause()


@post("/api/v1/replay/resume", opt=_OPERATE, status_code=200, tags=["replay"])
async def replay_resume(request: Web, house: TheHouse) -> Any:  # noqa: ANN401 - the market room's own status struct
    """Go on from where it stands."""
    replay = _replay(house)
    await on_record(request, house, "resume_replay", "the line")
    return await replay.resume()


@post("/api/v1/replay/step", opt=_OPERATE, status_code=200, tags=["replay"])
async def replay_step(request: Web, house: TheHouse, data: JSONBody[StepForm | None] = None) -> Any:  # noqa: ANN401 - the market room's own status struct
    """Play some ticks (one, if the body says nothing) and stand still after them."""
    replay = _replay(house)
    await on_record(request, house, "step_replay", "the line")
    return await replay.step((data or StepForm()).n)


@post("/api/v1/replay/speed", opt=_OPERATE, status_code=200, tags=["replay"])
async def replay_speed(request: Web, house: TheHouse, data: JSONBody[SpeedForm]) -> Any:  # noqa: ANN401 - the market room's own status struct
    """Play at another speed from now on."""
    replay = _replay(house)
    await on_record(request, house, "speed_replay", "the line", after=data)
    return await replay.set_speed(data.speed)


@post("/api/v1/replay/seek", opt=_OPERATE, status_code=200, tags=["replay"])
async def replay_seek(request: Web, house: TheHouse, data: JSONBody[SeekForm]) -> Any:  # noqa: ANN401 - the market room's own status struct
    """Go on from another place; a place behind begins the recording anew and hurries there."""
    replay = _replay(house)
    await on_record(request, house, "seek_replay", "the line", after=data)
    return await replay.seek(percent=data.percent, ts=data.ts)


def _replay(house: House) -> ReplayCommands:
    if house.replay is None:
        message = f"the source is a {house.system.source().kind}, not a replay; start with market.source=replay"
        raise StateConflictError(message)
    return house.replay


REPLAY_ROUTES = (replay_status, replay_pause, replay_resume, replay_step, replay_speed, replay_seek)
