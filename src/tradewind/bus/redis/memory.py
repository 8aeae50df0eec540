"""How full Redis is: near its limit the writer must take care that nothing overtakes what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.bus.redis.resp import ReplyError
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from tradewind.bus.redis.control import Control

_LOG = get_log("bus.redis")
_NEARLY: Final = 0.8
"""Part of `maxmemory` from which a refusal may come within the second until the next look."""
_SAFE_POLICY: Final = "noeviction"


class MemoryWatch:
    """Looks at a server's memory again and again; says once when it would rather throw our streams away."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    async def is_nearly_full(self, control: Control) -> bool:
        """Tell whether writes may soon be refused; false where Redis has no limit or does not let us ask.

        Raises: ConnectionError, TimeoutError: there is no answer.
        """
        try:
            raw: bytes = await control.call("INFO", "memory")
        except ReplyError:
            return False
        facts = dict(line.partition(":")[::2] for line in raw.decode(errors="replace").splitlines())
        limit = int(facts.get("maxmemory", "0") or 0)
        policy = facts.get("maxmemory_policy", _SAFE_POLICY)
        if limit and policy != _SAFE_POLICY and policy not in self._told:
            self._told.add(policy)
            _LOG.warning("redis_may_evict", policy=policy, advice=f"set maxmemory-policy {_SAFE_POLICY}")
        return bool(limit) and int(facts.get("used_memory", "0")) > limit * _NEARLY
