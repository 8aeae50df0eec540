"""The processes of a line apart when a replay goes back: what each has to do, and with what it begins anew.

What one process does by itself, building everything anew and hurrying there, all processes of the line do together
(`bus.redis.passages`): market, rooms and push are built anew where they run, so nothing of the time ahead is left in
them, and the other edges forget what they have heard.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

import msgspec

from tradewind.bus.redis.links import AWAY
from tradewind.bus.redis.passages import FollowedPassage, HeardPassages, LedPassages
from tradewind.bus.redis.room_bus import MARKET
from tradewind.bus.redis.room_session import room_lease
from tradewind.bus.redis.room_streams import durable_key, mark_key
from tradewind.kernel.log import get_log
from tradewind.runtime.going_back import asked_to_go_back, settings_from_before
from tradewind.runtime.services import CONTROL, EDGES, SERVICES, row

if TYPE_CHECKING:
    from tradewind.bus.redis.passages import Passages
    from tradewind.runtime.apart import AloneProcess
    from tradewind.runtime.room_process import RoomProcess
    from tradewind.runtime.settings import TradewindSettings

_LOG = get_log("runtime")
_AGAIN_S: Final = 0.2
_PUSH: Final = "push"
_ROOMS: Final = tuple(each.name for each in SERVICES if each.writes and each.name not in {MARKET, CONTROL})


def passages_of(name: str, settings: TradewindSettings) -> FollowedPassage | HeardPassages | LedPassages | None:
    """Return how a service follows the passages of a replay through the line; `None` where nobody goes back."""
    if settings.market.source != "replay" or settings.bus.kind != "redis":
        return None
    if name != MARKET:
        # Push has what its clients were told last, and so it is built anew as well.
        return FollowedPassage() if name in {*_ROOMS, _PUSH} else HeardPassages() if name in EDGES else None
    shards = settings.bus.shards
    streams = [
        key
        for room in (MARKET, *_ROOMS)
        for shard in range(shards)
        for key in (mark_key(room, shard, shards), *(durable_key(each, shard, shards) for each in row(room).writes))
    ]
    return LedPassages(leases=[room_lease(each, shard) for each in _ROOMS for shard in range(shards)], streams=streams)


async def next_passage(
    process: AloneProcess, passages: Passages | None, settings: TradewindSettings
) -> TradewindSettings:
    """Wait until a passage ends, end it here, and return with what to begin the next one."""
    if isinstance(passages, FollowedPassage):
        await passages.is_over.wait()
        # An edge sees nobody off: whoever is cut off comes again at once.
        await getattr(process, "break_off", process.leave)()
        return settings
    if isinstance(passages, LedPassages):
        return await _lead_back(cast("RoomProcess", process), passages, settings)
    await asyncio.Event().wait()
    return settings


async def _lead_back(process: RoomProcess, passages: LedPassages, settings: TradewindSettings) -> TradewindSettings:
    await asked_to_go_back(process.replay)
    while True:
        try:
            await passages.end(process.links.control)
            break
        except AWAY as error:
            _LOG.warning("passage_not_ended_yet", reason=str(error))
            await asyncio.sleep(_AGAIN_S)
    # What was played is to be written before the streams are emptied.
    await process.settle()
    going = settings_from_before(settings, process.replay)
    # The same member, so that the lease is still ours: somebody standing by would play from another place.
    return msgspec.structs.replace(going, bus=msgspec.structs.replace(going.bus, member=process.links.member))
