"""Argon2id in threads of its own: the loop never waits for a hash, and a flood of sign-ins cannot eat the machine."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from tradewind.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from argon2 import PasswordHasher

    from tradewind.identity.settings import PasswordSettings

R = TypeVar("R")


class Hashing:
    """Makes and judges password hashes, so many at once and no more."""

    def __init__(self, settings: PasswordSettings) -> None:
        self._settings = settings
        self._pool: ThreadPoolExecutor | None = None
        self._hasher: PasswordHasher | None = None
        self._nobodys = ""
        self._under_way = 0

    async def hash(self, password: str) -> str:
        """Return what may be kept of a password. Raises: TransientError: too many wait."""
        return await self._run(lambda: self._made().hash(password))

    async def verify(self, stored: str, password: str) -> bool:
        """Say whether this is the password; without one in `stored` the same work is done in vain.

        Raises: TransientError: too many wait.
        """
        return await self._run(lambda: self._verify(stored, password))

    def is_outdated(self, stored: str) -> bool:
        """Say whether this hash was made with other settings than those of now."""
        return self._made().check_needs_rehash(stored)

    def hash_now(self, password: str) -> str:
        """Return what may be kept of a password; for the command line, which has no loop."""
        return self._made().hash(password)

    def close(self) -> None:
        """Let the threads go."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _verify(self, stored: str, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - only for who signs in so

        hasher = self._made()
        if not self._nobodys:
            self._nobodys = hasher.hash("nobody has this password, and whoever tries waits as long as for one")
        try:
            hasher.verify(stored or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return bool(stored)

    def _made(self) -> PasswordHasher:
        if self._hasher is None:
            from argon2 import PasswordHasher  # noqa: PLC0415 - only for who signs in with a password

            settings = self._settings
            self._hasher = PasswordHasher(time_cost=settings.passes, memory_cost=settings.memory_kib, parallelism=1)
        return self._hasher

    async def _run(self, work: Callable[[], R]) -> R:
        settings = self._settings
        if self._under_way >= settings.at_once + settings.waiting:
            message = f"{self._under_way} sign-ins are under way (access.passwords.waiting); try again in a moment"
            raise TransientError(message)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(settings.at_once, thread_name_prefix="argon2")
        self._under_way += 1
        future: Any = asyncio.get_running_loop().run_in_executor(self._pool, work)
        # Counted until the thread is done with it, also where whoever asked has gone.
        future.add_done_callback(self._done)
        result: R = await asyncio.shield(future)
        return result

    def _done(self, _future: object) -> None:
        self._under_way -= 1
