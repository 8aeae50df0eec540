"""Slow answers remembered in Redis, for all instances: never older than the last write of ours, and never required.

Every kind of answer has a version, a random word that each write replaces; answers are kept under the version that held
before they were asked for, so one that was made of what a write has changed is kept where nobody looks any more.
Without Redis, or while it is away, everything is asked anew.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.redis.links import AWAY
from tradewind.kernel.ids import new_epoch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tradewind.kernel.metrics import Metrics

PREFIX: Final = "tradewind:cache"


class AnswerCache:
    """What one process asks of the shared memory of answers."""

    def __init__(self, call: Callable[..., Awaitable[Any]], *, metrics: Metrics, kept_s: int) -> None:
        """`call` sends one command to Redis (`Control.call`); what is kept goes after `kept_s`."""
        self._call = call
        self._metrics = metrics
        self._kept_s = kept_s
        self._doubtful: set[str] = set()

    async def answer(self, kind: str, question: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """Return the remembered answer to a question, or make it and remember it. Raises: what `make` raises."""
        try:
            await self._settle_doubts(kind)
            name = await self._name(kind, question)
            known = await self._call("GET", name)
        except AWAY:
            self._metrics.cache_answers.add("away")
            return await make()
        if known is not None:
            self._metrics.cache_answers.add("hit")
            return bytes(known)
        self._metrics.cache_answers.add("miss")
        made = await make()
        try:
            await self._call("SET", name, made, "EX", self._kept_s)
        except AWAY:
            self._metrics.cache_answers.add("away")
        return made

    async def forget(self, kind: str) -> None:
        """After a write, before it is acknowledged: nothing remembered of this kind is told from now on.

        Where Redis is away, this process asks nothing of its memory until it could say so.
        """
        self._doubtful.add(kind)
        try:
            await self._settle_doubts(kind)
        except AWAY:
            self._metrics.cache_answers.add("away")

    async def _settle_doubts(self, kind: str) -> None:
        if kind in self._doubtful:
            await self._call("SET", _version_key(kind), new_epoch())
            self._doubtful.discard(kind)

    async def _name(self, kind: str, question: str) -> str:
        key = _version_key(kind)
        version = await self._call("GET", key)
        if version is None:
            # A version that was lost must not come back as one that older answers stand under.
            await self._call("SET", key, new_epoch(), "NX")
            version = await self._call("GET", key)
        digest = hashlib.sha256(question.encode()).hexdigest()[:32]
        return f"{PREFIX}:{kind}:{bytes(version or b'').decode()}:{digest}"


def _version_key(kind: str) -> str:
    return f"{PREFIX}:{kind}:version"
