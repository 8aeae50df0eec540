"""A client of the platform for Python programs: REST with types, push with resume, waiting or awaited.

Reads and writes: REST and push of a running installation, as whoever its key or password says. Imports the domain and
the kernel, msgspec and picows; nothing of the platform itself. Main types: `Client`, `AsyncClient`.
How it is used: docs/how-to/python-client.md.
"""

from tradewind.client.areas.platform import Condition
from tradewind.client.areas.trading import line
from tradewind.client.calls import new_key
from tradewind.client.clients import AsyncClient, Client
from tradewind.client.following import Gap, Place, Update, Wish
from tradewind.client.refusals import (
    AwayError,
    ClosedForGoodError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    LostAnswerError,
    NotFoundError,
    NotSignedInError,
    OutcomeUnknownError,
    RefusedError,
    StrangerError,
    TooManyError,
    UnavailableError,
)
from tradewind.client.stream import LinkState, Patience

__all__ = [
    "AsyncClient",
    "AwayError",
    "Client",
    "ClosedForGoodError",
    "Condition",
    "ConflictError",
    "ForbiddenError",
    "Gap",
    "InvalidError",
    "LinkState",
    "LostAnswerError",
    "NotFoundError",
    "NotSignedInError",
    "OutcomeUnknownError",
    "Patience",
    "Place",
    "RefusedError",
    "StrangerError",
    "TooManyError",
    "UnavailableError",
    "Update",
    "Wish",
    "line",
    "new_key",
]
