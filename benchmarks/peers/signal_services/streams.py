"""What every service does alike: connect, read a stream through its group, run on uvloop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import redis.asyncio as redis
import uvloop
from contracts import BATCH, BLOCK_MS

Client = redis.Redis


def connect() -> Client:
    """Return a client of the Redis that `REDIS_URL` names."""
    return redis.from_url(os.environ.get("REDIS_URL", "redis://localhost:6379"))


async def payloads(client: Client, stream: str, group: str) -> AsyncIterator[list[bytes]]:
    """Yield batches of payloads, each acknowledged when the next is asked for."""
    try:
        await client.xgroup_create(stream, group, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
    while True:
        answer = await client.xreadgroup(group, "one", {stream: ">"}, count=BATCH, block=BLOCK_MS)
        for _, entries in answer or ():
            yield [fields[b"payload"] for _, fields in entries]
            await client.xack(stream, group, *(entry_id for entry_id, _ in entries))


def run(service: Coroutine[Any, Any, None]) -> None:
    """Run a service until it is stopped."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(service)
