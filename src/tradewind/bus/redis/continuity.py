"""Whether what Redis holds is still what was read from it: it may have been emptied, or a replica have taken its place.

A replica that takes over lacks the newest entries, and rooms may have handled those already. Then a cursor stands
where nothing is, and ordinals counted beyond that point mean something else from now on. Who finds that out ends the
turn, and all who count (`edge_session`) begin anew with what is there; an emptied Redis begins another life by itself.
An entry's id must never come again: where ids go back behind a cursor, the stream is lifted to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.bus.redis.gaps import GapRecord
from tradewind.bus.redis.keys import EPOCH_KEY
from tradewind.kernel.ids import new_epoch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.bus.redis.control import Control
    from tradewind.bus.redis.gaps import GapReason

_WHOLE: Final = "whole"
_GONE: Final = "gone"
_TRIMMED: Final = "trimmed"
_TURN: Final = "."
"""Between an epoch's life, which an emptied Redis ends, and its turn, which a loss of the newest entries ends."""
# Of the entry at a cursor: whole; gone with its stream; trimmed with all before it; lost though older ones are there.
_FATE: Final = """
local function parts(id)
  local ms, n = string.match(id, '^(%d+)-?(%d*)$')
  return tonumber(ms), tonumber(n) or 0
end
local function is_before(one, other)
  local a, b = parts(one)
  local c, d = parts(other)
  return a < c or (a == c and b < d)
end
local cursor = ARGV[1]
if redis.call('EXISTS', KEYS[1]) == 0 then return 'gone' end
if #redis.call('XRANGE', KEYS[1], cursor, cursor) == 1 then return 'whole' end
local facts, last, first = redis.call('XINFO', 'STREAM', KEYS[1]), '0-0', nil
for i = 1, #facts, 2 do
  if facts[i] == 'last-generated-id' then last = facts[i + 1]
  elseif facts[i] == 'first-entry' then first = facts[i + 1] end
end
if is_before(last, cursor) then
  redis.call('XSETID', KEYS[1], cursor)
  return 'lost'
end
if first and is_before(cursor, first[1]) then return 'trimmed' end
return 'lost'
"""
_END_TURN: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) end
return redis.call('GET', KEYS[1]) or ''
"""
_UNREAD: Final = b"0-0"


async def find_losses(
    control: Control, cursors: Mapping[bytes, bytes], *, reader: str, known: str, epoch: str
) -> list[GapRecord]:
    """Return what a reader with these cursors can no longer get, having read until now in the epoch `known`."""
    losses = []
    for key, cursor in cursors.items():
        if cursor == _UNREAD or not known:
            continue
        fate = (await control.call("EVAL", _FATE, 1, key, cursor)).decode()
        if not is_same_life(known, epoch):
            # Read again before this look was taken: the entry at the cursor is whole and of the new life.
            fate = _GONE
        if fate != _WHOLE:
            reason: GapReason = "trimmed" if fate == _TRIMMED else "stream_lost"
            losses.append(GapRecord(key.decode(), reader, reason, cursor.decode(), None))
    return losses


async def learn_epoch(control: Control) -> str:
    """Return the name of this life and turn of the streams, given now if they have none."""
    await control.call("SET", EPOCH_KEY, new_epoch(), "NX")
    raw: bytes = await control.call("GET", EPOCH_KEY)
    return raw.decode()


async def end_turn(control: Control, epoch: str) -> str:
    """End a turn because entries read in it are lost; return the epoch then, another's if somebody else was first."""
    life = epoch.partition(_TURN)[0]
    raw: bytes = await control.call("EVAL", _END_TURN, 1, EPOCH_KEY, epoch, f"{life}{_TURN}{new_epoch()}")
    return raw.decode()


def is_same_life(one: str, other: str) -> bool:
    """Tell whether Redis has kept its data between these two epochs, all but the newest entries at worst."""
    return one.partition(_TURN)[0] == other.partition(_TURN)[0]
