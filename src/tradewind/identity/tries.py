"""Wrong passwords, counted in the store: every process that lets people in counts together, and a restart forgets none.

A try is counted before it is judged, in the transaction that looks whether it may be made: many at once, at whatever
process, are counted one after the other. With the store away nobody can be let in by name anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.identity.lockout import wait_after
from tradewind.identity.tokens import digest_of
from tradewind.kernel.clock import NS_PER_S
from tradewind.stores.people import WrongTries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.identity.settings import AccessSettings
    from tradewind.kernel.clock import Clock
    from tradewind.stores.people import Book

_QUIET_NS: Final = 86_400 * NS_PER_S
"""What was wrong longer ago counts no more."""
_LOOK_EVERY: Final = 100
"""So many new counts of this process lie between two looks whether there are too many."""


class Tries:
    """What a transaction of the store does about wrong tries; each method returns the work for `store.change`."""

    def __init__(self, settings: AccessSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._made = 0

    def begun(self, names: Iterable[str]) -> Callable[[Book], int]:
        """Count a try under each name, unless one of them has to wait: the work returns for how many whole seconds."""
        keys, now_ns = [digest_of(name) for name in names], self._clock.now_ns()

        def work(book: Book) -> int:
            known = [book.find(WrongTries, key) for key in keys]
            wait_ns = max(one.free_at - now_ns if one is not None else 0 for one in known)
            if wait_ns > 0:
                return -(-wait_ns // NS_PER_S)
            for key, one in zip(keys, known, strict=True):
                is_new = one is None or now_ns - one.tried_at > _QUIET_NS
                tries = 1 if one is None or is_new else one.tries + 1
                wait_ns = wait_after(self._settings, tries)
                free_at = now_ns + wait_ns if wait_ns else 0
                book.put(WrongTries(counted_sha256=key, tries=tries, free_at=free_at, tried_at=now_ns))
                self._made += is_new
            self._forget(book)
            return 0

        return work

    def right(self, names: Iterable[str]) -> Callable[[Book], None]:
        """Forget what was wrong under these names."""
        keys = [digest_of(name) for name in names]

        def work(book: Book) -> None:
            for key in keys:
                book.remove(WrongTries, key)

        return work

    def forgiven(self, names: Iterable[str]) -> Callable[[Book], None]:
        """Take one try back under each name: nobody could judge it."""
        keys = [digest_of(name) for name in names]

        def work(book: Book) -> None:
            for key in keys:
                one = book.find(WrongTries, key)
                if one is None or one.tries <= 1:
                    book.remove(WrongTries, key)
                else:
                    book.put(WrongTries(counted_sha256=key, tries=one.tries - 1, free_at=0, tried_at=one.tried_at))

        return work

    def _forget(self, book: Book) -> None:
        """Forget those that were quiet for longest where there are more than `access.lockout_addresses`."""
        if self._made < min(_LOOK_EVERY, self._settings.lockout_addresses):
            return
        self._made = 0
        known = sorted(book.all(WrongTries), key=lambda one: one.tried_at)
        for one in known[: max(0, len(known) - self._settings.lockout_addresses)]:
            book.remove(WrongTries, one.counted_sha256)
