"""How a route speaks to the trading desk: in its messages, signed by whoever called, as far as their rights reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Request

from tradewind.api.admission import caller_of
from tradewind.api.error_map import InvalidError
from tradewind.api.ports import House, TradingDesk
from tradewind.api.strictness import strictly
from tradewind.domain import desk
from tradewind.domain.rights import Reach
from tradewind.errors import SwitchedOffError

_KEY_HEADER: Final = "idempotency-key"
_LONGEST_KEY: Final = 64
Web = Request[Any, Any, Any]


async def ask(request: Web, house: House, question: desk.Question) -> object:
    """Return the desk's answer. Raises: as `api.ports.TradingDesk.answer`."""
    return await the_desk(house).answer(question, reach_of(request, question))


async def carry_out(
    request: Web, house: House, kind: Callable[..., desk.Command], form: msgspec.Struct | None, **more: object
) -> object:
    """Give a command of this kind with the form's fields; return what came of it.

    Raises: InvalidError: the form, or the Idempotency-Key. As `api.ports.TradingDesk.carry_out`.
    """
    fields = msgspec.structs.asdict(await strictly(request, form)) if form is not None else {}
    command = kind(**signed(request), **fields, **more)
    return await the_desk(house).carry_out(command, reach_of(request, command))


def signed(request: Web) -> dict[str, str]:
    """Return who gives a command, by which door, under which id.

    Raises: InvalidError: no key, or one that cannot be.
    """
    key = request.headers.get(_KEY_HEADER, "")
    if not 0 < len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable():
        message = (
            f"header Idempotency-Key must be 1 to {_LONGEST_KEY} printable ASCII characters, new for each act,"
            f" was {len(key)} long"
        )
        raise InvalidError(message, field=_KEY_HEADER)
    caller = caller_of(request)
    return {"actor": caller.identity, "source": f"api {caller.peer}", "request_id": key}


def reach_of(request: Web, message: desk.Question | desk.Command) -> Reach:
    """Return what the caller may do this with."""
    return caller_of(request).principal.reach(desk.needs(message))


def the_desk(house: House) -> TradingDesk:
    """Return the desk. Raises: SwitchedOffError: there is none here."""
    if house.desk is None:
        message = "there is no trading desk here: trading.enabled is off, or a recording plays"
        raise SwitchedOffError(message)
    return house.desk
