"""A test tick through a platform in one process: REST sends it and times the rooms, we wait for it as a client."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

from tradewind.api.trials import TrialView
from tradewind.client.calls import act
from tradewind.kernel.clock import monotonic_s
from tradewind.runtime.lifecycle.trial import Hop, TrialReport
from tradewind.runtime.terminal.follower import Follower, Wish

if TYPE_CHECKING:
    from tradewind.runtime.terminal.door import Door

_ROUTE: Final = "/api/v1/system/trial"
_PUSH: Final = "the opportunity at a WebSocket client"
_API: Final = "the answer to who asked for it"


async def run_trigger(door: Door, *, patience_s: float) -> TrialReport:
    """Send one test tick and wait until push tells its opportunity, or `patience_s` are over.

    Raises: TransientError, NotAuthenticatedError, NotAllowedError, StateConflictError: as `Door.ask`.
    """
    ear = _Ear()
    follower = Follower(door, {"opportunities": Wish()}, on_events=ear.take)
    following = asyncio.ensure_future(follower.run())
    try:
        async with asyncio.timeout(patience_s):
            await _first(following, ear.is_ready)
            begun_s = monotonic_s()
            view: TrialView = await asyncio.to_thread(door.ask, act(_ROUTE, TrialView))
            answered_s = monotonic_s()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.05, patience_s - (answered_s - begun_s))):
                    while view.opportunity_id and view.opportunity_id not in ear.seen:
                        await _first(following, ear.is_heard)
                        ear.is_heard.clear()
    except TimeoutError:
        return TrialReport(0, [], f"push told nothing of opportunities within {patience_s:g} s; see `tradewind doctor`")
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
    return _report(view, ear, begun_s=begun_s, answered_s=answered_s)


async def _first(following: asyncio.Future[None], event: asyncio.Event) -> None:
    """Wait for `event`, or raise what ended the following."""
    waiting = asyncio.ensure_future(event.wait())
    either: set[asyncio.Future[Any]] = {following, waiting}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    if following.done():
        following.result()


class _Ear:
    """Notes when opportunities were heard."""

    def __init__(self) -> None:
        self.is_ready = asyncio.Event()
        self.is_heard = asyncio.Event()
        self.seen: dict[str, float] = {}

    def take(self, _topic: str, events: list[dict[str, Any]], is_snapshot: bool) -> None:  # noqa: FBT001 - the follower's call
        now_s = monotonic_s()
        if is_snapshot:
            self.is_ready.set()
            return
        for event in events:
            self.seen.setdefault(event["opportunity_id"], now_s)
        self.is_heard.set()


def _report(view: TrialView, ear: _Ear, *, begun_s: float, answered_s: float) -> TrialReport:
    hops = [
        Hop(hop.service, hop.sees, None if hop.after_us is None else round(hop.after_us / 1e3, 3)) for hop in view.hops
    ]
    heard_s = ear.seen.get(view.opportunity_id)
    hops.append(Hop("push", _PUSH, None if heard_s is None else round((heard_s - begun_s) * 1e3, 2)))
    hops.append(Hop("api", _API, round((answered_s - begun_s) * 1e3, 2)))
    silent = next((hop for hop in hops if hop.after_ms is None), None)
    failure = "" if silent is None else f"{silent.service} did not answer: {silent.sees} was not seen"
    return TrialReport(view.seq, hops, failure)
