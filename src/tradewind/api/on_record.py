"""Puts what somebody does by REST on the record of acts, where the room that does it keeps none of its own.

The wish is recorded before it is carried out, as the desk does: what was refused is worth knowing too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.api.idempotency import signed
from tradewind.errors import StoreError, TransientError
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from litestar import Request

    from tradewind.api.ports import House

_LOG = get_log("api")


async def on_record(
    request: Request[Any, Any, Any],
    house: House,
    action: str,
    subject: str,
    *,
    after: object = None,
    is_stop: bool = False,
) -> None:
    """Record that the caller wants `action` done to `subject`; durable when this returns.

    What only stops something (`is_stop`) is done where nothing can be recorded too, and the log tells of it. Where
    nobody but the access token's holder comes in there is no record, only the log.

    Raises: StoreError, TransientError: it cannot be recorded now, so it must not be done.
    """
    if house.identity is None:
        return
    who = signed(request)
    try:
        await house.identity.note(who, action, subject, after=after)
    except (StoreError, TransientError) as error:
        if not is_stop:
            raise
        _LOG.error("act_not_recorded", action=action, subject=subject, actor=who.actor, reason=str(error))
