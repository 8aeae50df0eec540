"""What the client raises, each with the platform's own code and sentence; all of them are of the tree in `errors`.

RefusedError               the platform says no: `code` for programs, the sentence for people
├── NotSignedInError         401: the key or password is wrong, or over
├── ForbiddenError           403: known, and no
├── NotFoundError            404: there is no such thing, or not for you
├── ConflictError            409: somebody was faster, look again
├── InvalidError             400, 422: mend what you sent; `field` and `allowed` say how
├── TooManyError             429: come back in `wait_s`
└── UnavailableError         5xx: not now
AwayError                  nothing was sent: nobody answers there
LostAnswerError            it was sent, and no answer came
└── OutcomeUnknownError      the same of an act: it may have been done; `key` finds out
StrangerError              whoever answers there is no Tradewind, or a later one than this client knows
ClosedForGoodError         push has closed the connection, and coming again would not help
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import (
    ConfigError,
    InputError,
    NotAllowedError,
    NotAuthenticatedError,
    StateConflictError,
    TooFastError,
    TradewindError,
    TransientError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_BROKEN: Final = 500


class Problem(msgspec.Struct, frozen=True):
    """What went wrong, for programs (`code`) and for people (`message`)."""

    code: str = "refused"
    message: str = ""
    field: str | None = None
    allowed: list[object] | None = None


class _Body(msgspec.Struct, frozen=True):
    error: Problem


class RefusedError(TradewindError):
    """The platform says no; `code` is stable, `str()` is its sentence, `status` HTTP's number (0 over push)."""

    def __init__(self, problem: Problem, *, status: int = 0, wait_s: float = 0.0) -> None:
        allowed = f"; allowed: {', '.join(map(str, problem.allowed))}" if problem.allowed else ""
        super().__init__(f"{problem.message or f'the answer was {status}'}{allowed} ({problem.code})")
        self.code: str = problem.code  # type: ignore[misc]  # each refusal brings the platform's own
        self.sentence = problem.message
        self.field = problem.field
        self.allowed = problem.allowed
        self.status = status
        self.wait_s = wait_s
        """How long to wait at least before coming again, in seconds; 0: it was not said."""


class NotSignedInError(RefusedError, NotAuthenticatedError):
    """Who asks is not known, or not any more."""


class ForbiddenError(RefusedError, NotAllowedError):
    """Who asks is known, and may not."""


class NotFoundError(RefusedError, InputError):
    """There is no such thing, or none that the asker may see."""


class ConflictError(RefusedError, StateConflictError):
    """It has changed since it was looked at."""


class InvalidError(RefusedError, InputError):
    """What was sent cannot be; `field` says which part."""


class TooManyError(RefusedError, TooFastError):
    """Too much in a while."""


class UnavailableError(RefusedError, TransientError):
    """The platform, or a part of it, cannot now."""


class AwayError(TransientError):
    """Nobody answers at the address; nothing was sent."""

    code = "away"


class LostAnswerError(TransientError):
    """Something was sent, and its answer never came."""

    code = "answer_lost"


class OutcomeUnknownError(LostAnswerError):
    """An act was sent and may have been done. It is never sent again by itself; the same `key` is the same act."""

    code = "outcome_unknown"

    def __init__(self, message: str, *, key: str) -> None:
        super().__init__(message)
        self.key = key


class StrangerError(ConfigError):
    """What answers is no Tradewind, or one whose words this client does not know."""

    code = "stranger"


class ClosedForGoodError(NotAllowedError):
    """Push has closed the connection for a reason that another try does not mend."""

    code = "closed_for_good"


_KINDS: Final[Mapping[int, type[RefusedError]]] = {
    400: InvalidError,
    401: NotSignedInError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: InvalidError,
    415: InvalidError,
    422: InvalidError,
    429: TooManyError,
}
_BY_CODE: Final[Mapping[str, type[RefusedError]]] = {"not_allowed": ForbiddenError}


def refusal_of(status: int, body: bytes, *, wait_s: float = 0.0) -> RefusedError:
    """Return what an answer that is no success means; a body of nobody's form is told by its number."""
    try:
        problem = msgspec.json.decode(body, type=_Body).error
    except msgspec.DecodeError:
        problem = handshake_problem(body)
    kind = _KINDS.get(status, UnavailableError if status >= _BROKEN else RefusedError)
    return kind(problem, status=status, wait_s=wait_s)


def handshake_problem(body: bytes) -> Problem:
    """Return what a refused handshake says: there the problem is the whole body."""
    try:
        return msgspec.json.decode(body, type=Problem)
    except msgspec.DecodeError:
        return Problem()


def refusal_over_push(problem: Problem) -> RefusedError:
    """Return what push's `error` means: a right that is missing, or a wish that cannot be."""
    return _BY_CODE.get(problem.code, InvalidError)(problem)
