"""How often something may be done, counted in Redis over all processes that do it: in a second, a minute and a day.

Redis counts by its own clock, so that wrong clocks of ours do no harm. Keys end by themselves.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol

from tradewind.bus.redis.address import address_of
from tradewind.bus.redis.control import Control
from tradewind.bus.redis.link import open_link
from tradewind.bus.redis.resp import ReplyError
from tradewind.bus.redis.sentinel import locate
from tradewind.errors import TransientError

if TYPE_CHECKING:
    from tradewind.bus.redis.link import Link
    from tradewind.bus.settings import BusSettings

_SECOND_MS: Final = 1_100
_MINUTE_MS: Final = 61_000
"""A little more than what is promised: what left us evenly may arrive less so."""
# Moments of the last minute in a sorted set, and a number per day (UTC). Answers how many ms to wait, 0 when counted.
_TAKE: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local second, minute, whole = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local second_ms, minute_ms = tonumber(ARGV[4]), tonumber(ARGV[5])
local day = KEYS[2] .. ':' .. math.floor(time[1] / 86400)
if tonumber(redis.call('GET', day) or '0') >= whole then return (86400 - time[1] % 86400) * 1000 end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - minute_ms)
local wait = 0
for _, rule in ipairs({{second, second_ms}, {minute, minute_ms}}) do
  local oldest = redis.call('ZREVRANGE', KEYS[1], rule[1] - 1, rule[1] - 1, 'WITHSCORES')
  if oldest[2] then wait = math.max(wait, tonumber(oldest[2]) + rule[2] - now) end
end
if wait > 0 then return wait end
local number = redis.call('INCR', day)
redis.call('EXPIRE', day, 172800)
redis.call('ZADD', KEYS[1], now, now .. '-' .. number)
redis.call('PEXPIRE', KEYS[1], minute_ms)
return 0
"""
_CLOSE_DAY: Final = """
local day = KEYS[1] .. ':' .. math.floor(redis.call('TIME')[1] / 86400)
redis.call('SET', day, 1000000000000, 'EX', 172800)
return 0
"""


class Allowance(Protocol):
    """How much is allowed."""

    @property
    def per_second(self) -> int:
        """Return how often in a second."""
        ...

    @property
    def per_minute(self) -> int:
        """Return how often in a minute."""
        ...

    @property
    def per_day(self) -> int:
        """Return how often in a day."""
        ...


class RedisQuota:
    """Counts by a mark; every process that asks the same Redis shares the count."""

    def __init__(self, settings: BusSettings) -> None:
        """Connect nothing yet.

        Raises: ConfigError: the url is none.
        """
        self._settings = settings
        self._address = address_of(settings)
        self._control = Control(timeout_s=settings.timeout_s)
        self._link: Link | None = None
        self._turn = asyncio.Lock()

    async def take(self, mark: str, plan: Allowance) -> float:
        """Count one and return 0.0, or count nothing and return the wait in seconds.

        Raises: TransientError: Redis does not answer; nobody knows what the others have used.
        """
        keys = (f"tradewind:quota:{mark}", f"tradewind:quota:{mark}:day")
        limits = (plan.per_second, plan.per_minute, plan.per_day, _SECOND_MS, _MINUTE_MS)
        return int(await self._call("EVAL", _TAKE, 2, *keys, *limits)) / 1_000

    async def close_day(self, mark: str) -> None:
        """Count nothing more today."""
        await self._call("EVAL", _CLOSE_DAY, 1, f"tradewind:quota:{mark}:day")

    async def close(self) -> None:
        """Close the connection."""
        self._drop()

    async def _call(self, *arguments: str | int) -> Any:  # noqa: ANN401 - replies are of any kind
        async with self._turn:
            if self._link is None:
                self._link = await self._connected()
        try:
            return await self._control.call(*arguments)
        except (ConnectionError, TimeoutError, ReplyError) as error:
            self._drop()
            message = f"Redis at {self._address.shown} cannot say how much of the budget is left ({error})"
            raise TransientError(message) from error

    async def _connected(self) -> Link:
        timeout_s = self._settings.timeout_s
        self._address = await locate(address_of(self._settings), timeout_s=timeout_s)
        link = await open_link(
            self._address, name="quota", timeout_s=timeout_s, drain=self._control.drain, on_lost=self._lost
        )
        self._control.attach(link)
        return link

    def _lost(self) -> None:
        self._link = None
        self._control.detach()

    def _drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()
        self._control.detach()
