"""The only place where errors become HTTP: `{"error": {"code", "message", "allowed"?}}`, and never a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException, ValidationException

from tradewind.api.admission import RefusedError
from tradewind.domain.access import Refused
from tradewind.errors import (
    InputError,
    NotAllowedError,
    NotAuthenticatedError,
    StateConflictError,
    StoreError,
    TooFastError,
    TradewindError,
    TransientError,
    UnknownInstrumentError,
)
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar import Request

_LOG = get_log("api")
_STATUS: Final[tuple[tuple[type[TradewindError], int], ...]] = (
    (UnknownInstrumentError, 404),
    (InputError, 422),
    (NotAuthenticatedError, 401),
    (NotAllowedError, 403),
    (StateConflictError, 409),
    (TooFastError, 429),
    (TransientError, 503),
    (StoreError, 503),
)
"""The first that fits counts: narrower classes stand first."""
_OLDER: Final = "/hsapi/"
_CODES: Final[Mapping[int, str]] = {
    400: "malformed",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "state_conflict",
    413: "too_large",
    415: "not_json",
    422: "invalid",
    426: "websocket_elsewhere",
    429: "too_many_requests",
    503: "unavailable",
}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong, for programs (`code`) and for people (`message`)."""

    code: str
    message: str
    field: str | None = None
    allowed: list[str] | None = None


class ProblemAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every answer that is no success; `detail` is where programs of system 004 look for the message."""

    error: Problem
    detail: str = ""


class InvalidError(HTTPException):
    """A request names something that may not stand there; says which field and what is allowed."""

    def __init__(self, message: str, *, field: str, allowed: list[str] | None = None, status: int = 422) -> None:
        super().__init__(detail=message, status_code=status)
        self.problem = Problem(_CODES[status], message, field, allowed)


def problem_body(code: str, message: str) -> bytes:
    """Return the JSON of a problem for answers that are made outside the framework."""
    return msgspec.json.encode(ProblemAnswer(Problem(code, message)))


def refusal_headers(refused: Refused) -> dict[str, str]:
    """Return what a refusal must say besides its body: how to prove oneself, when to come back."""
    headers = {}
    if refused.status == 401:  # noqa: PLR2004 - HTTP's own number
        headers["www-authenticate"] = 'Bearer realm="tradewind"'
    if refused.retry_after_s:
        headers["retry-after"] = str(refused.retry_after_s)
    return headers


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[ProblemAnswer]:
    """Turn whatever a route raised into an answer."""
    status, problem, headers = _judge(request, error)
    body = ProblemAnswer(problem, problem.message if request.url.path.startswith(_OLDER) else "")
    return Response(body, status_code=status, headers=headers, media_type="application/json")


def _judge(request: Request[Any, Any, Any], error: Exception) -> tuple[int, Problem, dict[str, str]]:
    match error:
        case RefusedError(refused=refused):
            return refused.status, Problem(refused.code, refused.message), refusal_headers(refused)
        case InvalidError(problem=problem):
            return error.status_code, problem, {}
        case ValidationException():
            return 422, _invalid(error), {}
        case NotFoundException():
            return 404, Problem("not_found", str(error.detail or "no such thing")), {}
        case MethodNotAllowedException():
            message = f"{request.method} is not offered here"
            return 405, Problem("method_not_allowed", message), dict(error.headers or {})
        case HTTPException() if error.status_code < 500:  # noqa: PLR2004 - HTTP's own border between their fault and ours
            code = _CODES.get(error.status_code, "refused")
            return error.status_code, Problem(code, str(error.detail)), dict(error.headers or {})
        case TradewindError():
            return _judge_ours(request, error)
        case _:
            return _broken(request, error)


def _judge_ours(request: Request[Any, Any, Any], error: TradewindError) -> tuple[int, Problem, dict[str, str]]:
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return status, Problem(error.code, str(error)), {}
    return _broken(request, error)


def _broken(request: Request[Any, Any, Any], error: Exception) -> tuple[int, Problem, dict[str, str]]:
    """Log our own failure with all there is, and tell the caller nothing of it."""
    _LOG.error("request_failed", method=request.method, path=request.url.path, exc_info=error)
    return 500, Problem("internal", "the server failed on this request; its log says how"), {}


def _invalid(error: ValidationException) -> Problem:
    extra: Any = error.extra
    first = extra[0] if isinstance(extra, list) and extra else {}
    field = str(first.get("key", "")) if isinstance(first, dict) else ""
    reason = str(first.get("message", error.detail)) if isinstance(first, dict) else str(error.detail)
    return Problem("invalid", f"{field}: {reason}" if field else reason, field or None)
