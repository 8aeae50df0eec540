"""What Redis says of the line: whether it is there, and how far behind the newest entry each service is."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import msgspec

from tradewind.bus.codec import UNREADABLE
from tradewind.bus.line_order import LineKey, tick_place
from tradewind.bus.packs import body_codec, is_pack, unpack
from tradewind.bus.redis.address import address_of
from tradewind.bus.redis.control import Control
from tradewind.bus.redis.keys import entry_id
from tradewind.bus.redis.link import open_link
from tradewind.bus.redis.resp import ReplyError, payload_of
from tradewind.bus.redis.roll_call import present
from tradewind.bus.redis.room_streams import durable_key, mark_key, mark_of
from tradewind.bus.redis.sentinel import locate
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.release import Mixture, mixture_of
from tradewind.errors import ConfigError, TransientError
from tradewind.kernel.clock import monotonic_s
from tradewind.runtime.services import CONTROL, EDGES, SERVICES, TRADING, row

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from tradewind.bus.redis.address import RedisAddress
    from tradewind.bus.settings import BusSettings
    from tradewind.bus.topics import Topic


class RedisFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Redis as this machine sees it at one moment."""

    address: str
    is_here: bool
    reason: str = ""
    answer_ms: float = 0.0
    newest: dict[str, str] = {}
    """Last entry ever added to each stream of the line."""
    done: dict[str, int] = {}
    """Room → milliseconds between the newest tick and the last one it is through with."""
    mixed: Mixture | None = None
    """Which releases run side by side on it, in whichever installation; `None` while all agree."""


def look(settings: BusSettings) -> RedisFacts:
    """Ask Redis once; its absence is an answer.

    Raises: ConfigError: the url is none.
    """
    shown = address_of(settings).shown
    try:
        return asyncio.run(_look(settings))
    except (TransientError, ConfigError, OSError, TimeoutError, ReplyError) as error:
        return RedisFacts(address=shown, is_here=False, reason=str(error) or "Redis does not answer")


def check_admits(settings: BusSettings) -> None:
    """Refuse to start what Redis would turn away; that it is not there yet is no reason.

    Raises: ConfigError: the url is none, the password is wrong, what answers is no Redis or too old.
    """
    with contextlib.suppress(TransientError, OSError, TimeoutError, ReplyError):
        asyncio.run(_greet(settings))


async def _greet(settings: BusSettings) -> None:
    async with asking(settings, name="start"):
        return


@contextlib.asynccontextmanager
async def asking(settings: BusSettings, *, name: str) -> AsyncIterator[tuple[Control, RedisAddress]]:
    """Give a connection to ask Redis over, and where it leads.

    Raises:
        ConfigError: Redis will not have us.
        TransientError: it is not there.
    """
    control = Control(timeout_s=settings.timeout_s)
    address = await locate(address_of(settings), timeout_s=settings.timeout_s)
    link = await open_link(
        address, name=name, timeout_s=settings.timeout_s, drain=control.drain, on_lost=control.detach
    )
    control.attach(link)
    try:
        yield control, address
    finally:
        link.close()


def behind_ms(positions: Mapping[str, str], newest: Mapping[str, str]) -> int | None:
    """Return how far behind the newest entries a reader is, `None` where it says nothing of them."""
    ages = [
        entry_id(newest[key].encode())[0] - entry_id(position.encode())[0]
        for key, position in positions.items()
        if key in newest and entry_id(position.encode()) < entry_id(newest[key].encode())
    ]
    if not any(key in newest for key in positions):
        return None
    return max(ages, default=0)


async def _look(settings: BusSettings) -> RedisFacts:
    async with asking(settings, name="status") as (control, address):
        begun_s = monotonic_s()
        await control.call("PING")
        took_ms = round((monotonic_s() - begun_s) * 1_000, 2)
        keys = {
            durable_key(topic, shard, settings.shards): shard
            for service in SERVICES
            for topic in service.writes
            for shard in range(settings.shards)
        }
        newest = {key: last for key in keys if (last := await _last_id(control, key))}
        done = {
            service.name: behind
            for service in SERVICES
            if service.name not in {"market", TRADING, CONTROL, *EDGES}
            and (behind := await _room_behind(control, service.name, settings, newest)) is not None
        }
        mixed = mixture_of(await present(control.call))
    return RedisFacts(address=address.shown, is_here=True, answer_ms=took_ms, newest=newest, done=done, mixed=mixed)


async def _last_id(control: Control, key: str) -> str:
    try:
        facts: list[Any] = await control.call("XINFO", "STREAM", key)
    except ReplyError:
        return ""
    last: bytes = dict(zip(facts[::2], facts[1::2], strict=False)).get(b"last-generated-id", b"")
    return last.decode()


async def _room_behind(control: Control, room: str, settings: BusSettings, newest: Mapping[str, str]) -> int | None:
    """Return how far a room is behind the newest tick, of all shards the worst."""
    worst: int | None = None
    for shard in range(settings.shards):
        mark = await _newest_mark(control, room, shard, settings)
        last = newest.get(durable_key(CLEAN_TICKS, shard, settings.shards))
        if not mark or last is None:
            continue
        tick = tick_place(entry_id(last.encode()))
        behind = max(0, tick[0] - mark[0]) if mark[:2] < tick else 0
        worst = behind if worst is None else max(worst, behind)
    return worst


async def _newest_mark(control: Control, room: str, shard: int, settings: BusSettings) -> LineKey:
    """Return the mark through which a room is done, written by itself or riding with its events; `()` for none."""
    written = await _newest(control, mark_key(room, shard, settings.shards))
    found = [mark_of(fields) or () for fields in written]
    for topic in row(room).writes:
        entries = await _newest(control, durable_key(topic, shard, settings.shards))
        found += [_riding(topic, payload_of(fields) or b"") for fields in entries]
    return max(found, default=())


async def _newest(control: Control, key: str) -> list[list[bytes]]:
    entries: list[Any] = await control.call("XREVRANGE", key, "+", "-", "COUNT", 1)
    return [fields for _, fields in entries]


def _riding(topic: Topic[Any], payload: bytes) -> LineKey:
    with contextlib.suppress(*UNREADABLE):
        if is_pack(payload):
            return unpack(body_codec(topic), payload, (0, 0), is_tick=False)[2] or ()
    return ()
