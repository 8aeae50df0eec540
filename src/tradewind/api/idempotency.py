"""Who does something over REST, under the key that makes it happen once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.api.admission import caller_of
from tradewind.api.error_map import InvalidError
from tradewind.identity.keeping import Who

if TYPE_CHECKING:
    from litestar import Request

KEY_HEADER: Final = "idempotency-key"
_LONGEST: Final = 64


def signed(request: Request[Any, Any, Any], *, needs_key: bool = False) -> Who:
    """Return who does this, by which door; what is made anew (`needs_key`) says under which key.

    Raises: InvalidError: no key, or one that cannot be.
    """
    caller = caller_of(request)
    key = request.headers.get(KEY_HEADER, "")
    if (needs_key or key) and not (0 < len(key) <= _LONGEST and key.isascii() and key.isprintable()):
        message = (
            f"header Idempotency-Key must be 1 to {_LONGEST} printable ASCII characters, new for each act,"
            f" was {len(key)} long"
        )
        raise InvalidError(message, field=KEY_HEADER)
    # The same key at another route is another act.
    return Who(caller.identity, f"api {caller.peer}", f"{request.url.path} {key}" if key else "")
