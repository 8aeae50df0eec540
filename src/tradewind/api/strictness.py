"""Refuses what no route asked for: query parameters nobody reads, bodies that are not JSON, "2" where 2 is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from tradewind.api.error_map import InvalidError

if TYPE_CHECKING:
    from litestar import Request
    from litestar.connection import ASGIConnection
    from litestar.handlers import BaseRouteHandler

F = TypeVar("F", bound=msgspec.Struct)
_INJECTED: Final = frozenset({"request", "house", "views", "settings", "data", "return"})
_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH"})
_JSON: Final = "application/json"


async def refuse_unasked(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: a misspelt parameter must not silently mean "all", nor a form be taken for JSON.

    Raises: InvalidError: 422 for a parameter nobody reads or given twice, 415 for a body of another kind.
    """
    scope = connection.scope
    if scope["query_string"]:
        known = _query_names(handler) - connection.path_params.keys()
        seen: set[str] = set()
        for name, _ in connection.query_params.multi_items():
            if name not in known:
                message = f"unknown query parameter {name[:100]!r}"
                raise InvalidError(message, field=name[:100], allowed=sorted(known))
            if name in seen:
                message = f"query parameter {name!r} is given twice"
                raise InvalidError(message, field=name)
            seen.add(name)
    if scope.get("method") in _UNSAFE and int(connection.headers.get("content-length") or 0):
        kind = connection.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() != _JSON:
            message = f"the body must be {_JSON}, was {kind[:100]!r}"
            raise InvalidError(message, field="content-type", allowed=[_JSON], status=415)


async def strictly(request: Request[Any, Any, Any], form: F) -> F:
    """Read a body again to the letter: the framework takes "2" for 2 and 1 for true, an order must not.

    Raises: InvalidError: 422 with the place of the first value of another kind.
    """
    try:
        return msgspec.json.decode(await request.body(), type=type(form))
    except msgspec.ValidationError as error:
        place = str(error).rpartition("`$.")[2].rstrip("`") or "body"
        raise InvalidError(str(error), field=place) from error


def _query_names(handler: BaseRouteHandler) -> set[str]:
    names = set()
    for name, field in handler.parsed_fn_signature.parameters.items():
        if name not in _INJECTED:
            # `state` means something else to the framework, so a route may take it under another name.
            names.add(getattr(field.kwarg_definition, "name", None) or name)
    return names
