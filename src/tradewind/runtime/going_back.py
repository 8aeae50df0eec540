"""Going back in a replay: time on the line never does, so all is built anew and hurries to the place. Decision 28."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from tradewind.market.control import ReplayControl
    from tradewind.runtime.settings import TradewindSettings

_ANSWER_S: Final = 0.1


async def asked_to_go_back(control: ReplayControl | None) -> None:
    """Return when a replay is to go on from a place behind; never where there is none."""
    if control is None:
        await asyncio.Event().wait()
        return
    control.can_go_back = True
    await control.begin_anew.wait()
    # Whoever asked is to have the answer.
    await asyncio.sleep(_ANSWER_S)


def settings_from_before(settings: TradewindSettings, control: ReplayControl | None) -> TradewindSettings:
    """Return the settings with which the recording is begun anew and hurries to the place asked for."""
    if control is None:
        return settings
    begin = "" if control.place_behind is None else str(control.place_behind)
    market = settings.market
    replay = msgspec.structs.replace(market.replay, begin=begin, speed=control.speed, start_paused=control.is_paused)
    return msgspec.structs.replace(settings, market=msgspec.structs.replace(market, replay=replay))
