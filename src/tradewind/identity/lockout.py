"""Soft lock-out: after some wrong tries an address or account has to wait, twice as long each time; never for good.

Here for the access token, which is 256 random bits and not guessed: a count of each process is enough. Passwords are
counted in the store (`identity.tries`). Signed-in sessions are never asked, so a stranger who guesses from a trader's
address cannot throw the trader out; and a browser that somebody signed in from before has a count of its own, so that
no stranger makes it wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from tradewind.identity.settings import AccessSettings
    from tradewind.kernel.clock import Clock


def wait_after(settings: AccessSettings, tries: int) -> int:
    """Return for how many ns nothing more is judged after so many wrong tries; 0 while they cost nothing."""
    excess = tries - settings.lockout_after
    if excess < 0:
        return 0
    return min(settings.lockout_first_s << min(excess, 20), settings.lockout_max_s) * NS_PER_S


class _Failures(msgspec.Struct):
    count: int
    free_at_ns: int


class LockOut:
    """Counts wrong tokens per address; when full it forgets the address that has been quiet for longest."""

    def __init__(self, settings: AccessSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._addresses: dict[str, _Failures] = {}

    def __len__(self) -> int:
        return len(self._addresses)

    def wait_s(self, address: str) -> int:
        """Return for how many whole seconds, rounded up, this address may not try; 0 if it may."""
        failures = self._addresses.get(address)
        if failures is None:
            return 0
        return max(0, -((self._clock.now_ns() - failures.free_at_ns) // NS_PER_S))

    def failed(self, address: str) -> None:
        """Count one wrong token from this address."""
        settings = self._settings
        # Taken out and put back at the end: the dict's order is then the order of being quiet.
        failures = self._addresses.pop(address, None) or _Failures(0, 0)
        failures.count += 1
        wait_ns = wait_after(settings, failures.count)
        if wait_ns:
            failures.free_at_ns = self._clock.now_ns() + wait_ns
        self._addresses[address] = failures
        if len(self._addresses) > settings.lockout_addresses:
            del self._addresses[next(iter(self._addresses))]

    def succeeded(self, address: str) -> None:
        """Forget what this address got wrong."""
        self._addresses.pop(address, None)

    def forgive(self, address: str) -> None:
        """Take one failure back that was counted before it was known: nobody could judge it."""
        failures = self._addresses.get(address)
        if failures is not None:
            failures.count -= 1
            failures.free_at_ns = 0
            if failures.count <= 0:
                del self._addresses[address]
