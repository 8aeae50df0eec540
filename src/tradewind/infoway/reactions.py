"""The provider's numbers for trouble and what each asks of us. The same number means another thing at each door.

508 from REST is an unknown symbol and concerns one code; 508 on a live connection is an expired key and ends all.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class Reaction(StrEnum):
    """What to do about an answer."""

    TAKE = "take"
    """It is good."""
    RETRY = "retry"
    """Ask again, later each time."""
    DAY_OVER = "day_over"
    """The key has used up its day: ask nothing before the next one."""
    REFUSE_CODES = "refuse_codes"
    """These codes are not to be had with this key; asking again changes nothing."""
    REFUSE_REQUEST = "refuse_request"
    """We asked wrongly; asking again changes nothing."""
    STOP_KEY = "stop_key"
    """The key itself is refused: asking on may get it, or our address, banned."""
    RECONNECT = "reconnect"
    """Connect again, later each time."""
    SUBSCRIBE_AGAIN = "subscribe_again"
    """The connection is good; send the subscriptions again in a while."""
    STOP_LINE = "stop_line"
    """Connecting again cannot help before somebody changes something."""


class Meaning(msgspec.Struct, frozen=True):
    """What a number means in words, and what it asks for."""

    reaction: Reaction
    text: str


_R = Reaction
REST: Final[Mapping[int, Meaning]] = {
    200: Meaning(_R.TAKE, "good"),
    400: Meaning(_R.REFUSE_REQUEST, "the request is malformed"),
    401: Meaning(_R.STOP_KEY, "the key is missing or unknown"),
    403: Meaning(_R.STOP_KEY, "the key is not allowed here"),
    404: Meaning(_R.REFUSE_REQUEST, "there is no such address; look at infoway.base_url"),
    429: Meaning(_R.RETRY, "too many requests"),
    500: Meaning(_R.RETRY, "trouble at the provider's"),
    501: Meaning(_R.RETRY, "too many requests in this minute"),
    502: Meaning(_R.DAY_OVER, "the key has used up its requests of the day"),
    503: Meaning(_R.REFUSE_REQUEST, "more bars than one request may ask for"),
    504: Meaning(_R.REFUSE_REQUEST, "more depth than one request may ask for"),
    505: Meaning(_R.REFUSE_REQUEST, "more codes than one request may ask for"),
    506: Meaning(_R.REFUSE_REQUEST, "a parameter is wrong"),
    507: Meaning(_R.REFUSE_REQUEST, "a parameter is missing"),
    508: Meaning(_R.REFUSE_CODES, "the provider does not know the symbol, or not behind this door"),
    509: Meaning(_R.STOP_KEY, "the key has expired"),
    510: Meaning(_R.REFUSE_REQUEST, "too many live connections"),
    511: Meaning(_R.REFUSE_REQUEST, "a live connection sent no heartbeat"),
    512: Meaning(_R.REFUSE_REQUEST, "a live connection was ended"),
    513: Meaning(_R.REFUSE_REQUEST, "the time asked for lies outside the plan"),
    514: Meaning(_R.REFUSE_CODES, "the plan does not hold this market"),
    524: Meaning(_R.RETRY, "the provider did not answer its own gateway in time"),
}
"""`ret` of an answer over REST."""

LIVE: Final[Mapping[int, Meaning]] = {
    500: Meaning(_R.RECONNECT, "trouble at the provider's"),
    501: Meaning(_R.RECONNECT, "too many messages in this minute"),
    502: Meaning(_R.STOP_LINE, "the key has used up its messages of the day"),
    503: Meaning(_R.REFUSE_REQUEST, "more bars than one subscription may ask for"),
    504: Meaning(_R.REFUSE_REQUEST, "more depth than one subscription may ask for"),
    505: Meaning(_R.REFUSE_CODES, "more codes than one connection may have"),
    506: Meaning(_R.REFUSE_REQUEST, "a parameter is wrong"),
    507: Meaning(_R.REFUSE_REQUEST, "a parameter is missing"),
    508: Meaning(_R.STOP_KEY, "the key has expired"),
    509: Meaning(_R.STOP_KEY, "the key is unknown"),
    510: Meaning(_R.STOP_KEY, "there is no key"),
    511: Meaning(_R.STOP_KEY, "the key is on the provider's black list"),
    512: Meaning(_R.STOP_LINE, "the key has as many live connections as it may have"),
    513: Meaning(_R.RECONNECT, "the provider missed our heartbeat"),
    514: Meaning(_R.STOP_LINE, "the address is wrong; look at infoway.live_url"),
    515: Meaning(_R.REFUSE_REQUEST, "a message of ours was no JSON"),
    516: Meaning(_R.SUBSCRIBE_AGAIN, "more codes than all connections of the key may have"),
    517: Meaning(_R.STOP_KEY, "there is no key"),
    518: Meaning(_R.STOP_KEY, "the key is unknown"),
    519: Meaning(_R.STOP_KEY, "the plan does not hold this market"),
    520: Meaning(_R.STOP_LINE, "the market is unknown, or the key is connected to it already"),
    521: Meaning(_R.STOP_LINE, "the key has as many live connections as it may have"),
}
"""`code` of a message on a live connection, from 500 to below 10000."""

_WRAPPED: Final = (
    ("request frequency exceed the limit", 501),
    ("request frequency for the day upper limit", 502),
    ("kline quantity exceeds the limit", 503),
    ("orderbook depth exceeds the limit", 504),
    ("products quantity exceeds the limit", 505),
    ("param error", 506),
    ("param lost", 507),
    ("all product not exists", 508),
    ("the token permission has expired", 509),
    ("timestamp limit error", 513),
    ("no permission", 514),
)
"""A `ret` of 500 may carry another number's words."""
_SERVER_ERRORS: Final = 500
_BEYOND: Final = 600


def of_rest(ret: int, told: str = "") -> Meaning:
    """Return what a `ret` means; unknown ones refuse the request, since nobody knows that asking again is harmless."""
    if ret == _SERVER_ERRORS:
        words = told.strip().lower()
        ret = next((number for start, number in _WRAPPED if words.startswith(start)), ret)
    return REST.get(ret, Meaning(_R.REFUSE_REQUEST, f"an answer of a kind we do not know, {ret}"))


def of_http(status: int) -> Meaning:
    """Return what a bare HTTP status means: a gateway's, which knows nothing of the provider's numbers."""
    if _SERVER_ERRORS <= status < _BEYOND:
        return Meaning(_R.RETRY, f"the provider's gateway answered {status}")
    if status in {401, 403, 404, 429}:
        return REST[status]
    return Meaning(_R.REFUSE_REQUEST, f"the provider's gateway answered {status}")


def of_live(code: int) -> Meaning:
    """Return what an error on a live connection means; after an unknown one we connect again."""
    return LIVE.get(code, Meaning(_R.RECONNECT, f"an error of a kind we do not know, {code}"))
