"""Which member of a group reads which shard: one at a time, so that the order of an instrument's events holds.

Redis hands entries of a stream to whichever member of a group asks, and so two members would handle one instrument's
events side by side. Here each shard has a lease; the members that are alive share the shards evenly, and who finds
more members than before gives some back. With one shard one member works and the others stand by. A lease not renewed
for `reclaim_idle_s` goes to another member, which first takes over what its predecessor had in hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.bus.redis.keys import lease_key, members_key
from tradewind.kernel.clock import monotonic_s

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.bus.redis.control import Control
    from tradewind.bus.redis.resp import Argument

# One round of one member, at one instant of Redis' clock: say that it lives, renew what it holds, take what is free up
# to its share. Answers [share, shard, shard …].
_ROUND: Final = """
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local ttl = tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], ms, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ms - ttl)
redis.call('PEXPIRE', KEYS[1], ttl)
local shards = #KEYS - 1
local share = math.ceil(shards / redis.call('ZCARD', KEYS[1]))
local mine = {share}
local free = {}
for i = 2, #KEYS do
  local holder = redis.call('GET', KEYS[i])
  if holder == ARGV[1] then
    redis.call('PEXPIRE', KEYS[i], ttl)
    mine[#mine + 1] = i - 2
  elseif not holder then
    free[#free + 1] = i
  end
end
for _, i in ipairs(free) do
  if #mine > share then break end
  redis.call('SET', KEYS[i], ARGV[1], 'PX', ttl)
  mine[#mine + 1] = i - 2
end
return mine
"""
_RELEASE: Final = """
for i = 2, #KEYS do if redis.call('GET', KEYS[i]) == ARGV[1] then redis.call('DEL', KEYS[i]) end end
if ARGV[2] == 'leave' then redis.call('ZREM', KEYS[1], ARGV[1]) end
return 1
"""


class Ownership:
    """The shards that this member holds in one group."""

    def __init__(self, group: str, *, member: str, shards: int, lease_s: float, is_broadcast: bool) -> None:
        self._group = group
        self._member = member
        self._shards = shards
        self._lease_s = lease_s
        self._until_s = 0.0
        self._is_broadcast = is_broadcast
        self.term = 0
        """Goes up when a lease had lapsed before it was renewed: what was held till then may have been another's."""
        self.held: frozenset[int] = frozenset(range(shards)) if is_broadcast else frozenset()

    def holds(self, shard: int) -> bool:
        """Tell whether this member may handle events of the shard now: false as soon as its lease may have ended."""
        return self._is_broadcast or (shard in self.held and monotonic_s() < self._until_s)

    async def renew(self, control: Control) -> frozenset[int]:
        """Do one round; return the shards that must be given back because others came to share."""
        if self._is_broadcast:
            return frozenset()
        # Counted from before the question: the lease ends here no later than at Redis.
        until_s = monotonic_s() + self._lease_s
        leases = [lease_key(self._group, shard) for shard in range(self._shards)]
        keys: list[Argument] = [members_key(self._group), *leases]
        share, *mine = await control.call("EVAL", _ROUND, len(keys), *keys, self._member, round(self._lease_s * 1_000))
        if monotonic_s() >= self._until_s:
            self.term += 1
        self.held = frozenset(mine)
        self._until_s = until_s
        return frozenset(sorted(mine)[share:])

    async def release(self, control: Control, shards: Iterable[int], *, is_leaving: bool = False) -> None:
        """Give shards back, after everything handled of them has been acknowledged."""
        if self._is_broadcast:
            return
        given = sorted(shards)
        self.held -= frozenset(given)
        keys: list[Argument] = [members_key(self._group), *(lease_key(self._group, shard) for shard in given)]
        await control.call("EVAL", _RELEASE, len(keys), *keys, self._member, "leave" if is_leaving else "stay")
