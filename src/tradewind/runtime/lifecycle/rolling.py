"""Every process of an installation anew, one after another, each only once the one before it is well.

Who reads goes before who writes: a newer reader knows what an older writer says, and the other way round nobody has
promised. Of several processes of a service the last goes first, since the first is the one that most likely works:
when its turn comes another one, of the new release, stands by. The gateway stays: Nginx is no part of the release, and
every connection goes through it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.errors import TransientError
from tradewind.runtime.lifecycle.programs import in_order, service_of
from tradewind.runtime.services import GATEWAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.runtime.lifecycle.crew import Crew, Outcome


def turns(programs: Iterable[str]) -> tuple[str, ...]:
    """Return the programs in the order of their turns; the gateway has none."""
    return tuple(sorted((each for each in programs if service_of(each) != GATEWAY), key=in_order, reverse=True))


def roll(crew: Crew, services: Iterable[str], *, on_turn: Callable[[Outcome], None]) -> bool:
    """Renew what runs of these services, telling of each as it is done; return whether all of it is well.

    The first that does not get well ends it: what has not had its turn runs on as it was.

    Raises: TransientError: nothing runs, or supervisord does not do as it should.
    """
    wanted = set(services)
    running = [name for name, info in crew.programs().items() if info.is_wanted and service_of(name) in wanted]
    if not running:
        message = "nothing of it runs; `tradewind start` begins"
        raise TransientError(message)
    for program in turns(running):
        outcome = crew.renew(program)
        on_turn(outcome)
        if not outcome.is_well:
            return False
    return True
