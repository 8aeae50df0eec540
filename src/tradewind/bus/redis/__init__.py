"""The bus over Redis: streams that are kept and acknowledged, Pub/Sub for what is worth nothing later.

Reads and writes the topics of `bus.topics` under their wire names, and the seeds' older keys (`mirrors`); the promises
and how each is kept stand in `bus`. Main types: `RedisBus`, `BusHealth`, `GapRecord`.
"""

from __future__ import annotations

from tradewind.bus.redis.bus import RedisBus
from tradewind.bus.redis.gaps import GapRecord
from tradewind.bus.redis.health import BusHealth

__all__ = ["BusHealth", "GapRecord", "RedisBus"]
