"""`python -m tradewind.runtime.rest_page` writes docs/rest.md: every route with what it asks for, takes and answers."""

from __future__ import annotations

import re
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from tradewind.api.admission import ACCESS, PERMISSION, WHOEVER
from tradewind.api.app import create_app
from tradewind.api.routes import ALL_ROUTES
from tradewind.api.settings import ApiSettings
from tradewind.domain.access import Access

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tradewind.api.admission import Admission
    from tradewind.api.ports import House
    from tradewind.api.views import ApiViews

_HEAD: Final = """# REST reference

Made by `make docs` from the routes; do not edit. A running platform tells the same as OpenAPI 3.1 at
`/api/v1/openapi.json`. Who may do what: [rights.md](rights.md); words for programs: [topics.md](topics.md).

**Who asks.** `Authorization: Bearer TOKEN` (the access token, or a key of `POST /api/v1/me/keys`), or the cookie of a
signed-in page; then every request that changes something carries the session's `X-CSRF-Token` too. Behind each route
stands the permission it asks for; `whoever`: signed in is enough; `–`: nobody is asked for.

**Once only.** What sends, moves or makes something takes `Idempotency-Key` (1 to 64 characters): the same key again is
answered, not done again.

**Refused.** `{"error": {"code", "message", …}}` with a fitting status: the code is for programs and stays as it is, the
message says what was wrong, what it was and what is allowed. 422: the request is not as described here; 401: nobody is
signed in; 403: not allowed; 404: not there, or not to be seen by you; 409: things have moved on since you looked; 429:
too often, `Retry-After` seconds; 503: a part is away, and whether anything was done.
"""
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_PLAIN: Final[Mapping[str, str]] = {"string": "text", "integer": "whole number", "object": "object", "null": "null"}

Schema = dict[str, Any]


def page() -> str:
    """Return the text of docs/rest.md."""
    described = _described()
    asked = _asked()
    forms: set[str] = set()
    lines = [_HEAD.rstrip("\n")]
    for tag, routes in sorted(_by_tag(described).items()):
        lines += ["", f"## {tag.capitalize()}"]
        for method, path, route in routes:
            lines += ["", f"**`{method.upper()} {path}`** · {asked[method, path]}", "", *_route(route, forms)]
    lines += ["", "## What is sent along", "", "Fields in **bold** must be there.", *_forms(described, forms)]
    return "\n".join(lines) + "\n"


def _described() -> Schema:
    # Nothing is asked of the rooms here: the routes alone make the description.
    nobody = SimpleNamespace(guard=lambda _connection, _handler: None)
    app = create_app(
        settings=ApiSettings(),
        views=cast("ApiViews", None),
        house=cast("House", None),
        admission=cast("Admission", nobody),
    )
    described: Schema = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    return described


def _asked() -> Mapping[tuple[str, str], str]:
    """Return what each route asks for, by method and path as OpenAPI writes it."""
    found = {}
    for handler in ALL_ROUTES:
        is_public = handler.opt[ACCESS] is Access.PUBLIC
        for method in handler.http_methods:
            for path in handler.paths:
                plain = re.sub(r"{(\w+):\w+}", r"{\1}", path)
                found[method.lower(), plain] = "–" if is_public else f"`{handler.opt.get(PERMISSION, WHOEVER)}`"
    return found


def _by_tag(described: Schema) -> dict[str, list[tuple[str, str, Schema]]]:
    found: dict[str, list[tuple[str, str, Schema]]] = {}
    for path, methods in sorted(described["paths"].items()):
        for method in _METHODS:
            if method in methods:
                tag = (methods[method].get("tags") or ["other"])[0]
                found.setdefault(tag, []).append((method, path, methods[method]))
    return found


def _route(route: Schema, forms: set[str]) -> Iterator[str]:
    yield " ".join(route.get("description", "").split())
    parameters = [each for each in route.get("parameters", ()) if each["in"] != "path"]
    body = route.get("requestBody", {}).get("content", {})
    answer = _answer(route)
    if parameters or body or answer:
        yield ""
    for each in parameters:
        forms.update(_names(each["schema"]))
        yield f"- {each['in']} {_field(each['name'], each['schema'], is_needed=each['required'])}"
    for kind, content in sorted(body.items()):
        schema = content.get("schema", {})
        forms.update(_names(schema))
        yield f"- body: {_type(schema)}" + ("" if kind == "application/json" else f" (`{kind}`)")
    if answer:
        yield f"- answer: {answer}"


def _answer(route: Schema) -> str:
    for status, response in sorted(route["responses"].items()):
        if status.startswith("2"):
            schemas = [content["schema"] for content in response.get("content", {}).values() if content.get("schema")]
            said = " ".join(_type(schema, is_linked=False) for schema in schemas)
            return f"{status} {said}".strip() if said or status != "200" else ""
    return ""


def _forms(described: Schema, forms: set[str]) -> Iterator[str]:
    """Yield the structures that requests carry, and those inside them, each once."""
    schemas = described["components"]["schemas"]
    done: set[str] = set()
    while todo := sorted(forms - done):
        done.update(todo)
        for name in todo:
            forms.update(_names(schemas[name]))
    for name in sorted(done, key=str.lower):
        schema = schemas[name]
        yield from ("", f"### {name}", "")
        if said := " ".join(schema.get("description", "").split()):
            yield said
        if "enum" in schema:
            yield f"One of {_listed(schema['enum'])}."
        needed = set(schema.get("required", ()))
        for field, of in schema.get("properties", {}).items():
            yield f"- {_field(field, of, is_needed=field in needed)}"


def _names(schema: Any) -> set[str]:  # noqa: ANN401 - any part of a description
    if isinstance(schema, dict):
        own = {schema["$ref"].rpartition("/")[2]} if "$ref" in schema else set()
        return own.union(*(_names(each) for each in schema.values()))
    if isinstance(schema, list):
        return set().union(*(_names(each) for each in schema))
    return set()


def _field(name: str, schema: Schema, *, is_needed: bool) -> str:
    shown = f"**`{name}`**" if is_needed else f"`{name}`"
    parts = [f"{shown}: {_type(schema)}{_bounds(schema)}"]
    if not is_needed and schema.get("default") not in (None, "", [], {}):
        parts.append(f"{msgspec.json.encode(schema['default']).decode()} unless said")
    if said := " ".join(schema.get("description", "").split()):
        parts.append(said)
    return "; ".join(parts)


def _type(schema: Schema, *, is_linked: bool = True) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if is_linked else f"`{name}`"
    if "enum" in schema:
        return _listed(schema["enum"])
    if alternatives := schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf"):
        # A list of any length is described with an empty alternative, which says nothing.
        return " or ".join(dict.fromkeys(_type(each, is_linked=is_linked) for each in alternatives if each))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}), is_linked=is_linked)}"
    kinds = kind if isinstance(kind, list) else [kind]
    return " or ".join(_PLAIN.get(each, each) for each in kinds)


def _bounds(schema: Schema) -> str:
    said = [
        f"{word} {schema[key]:.15g}"
        for key, word in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "<"),
            ("minLength", "length ≥"),
            ("maxLength", "length ≤"),
            ("minItems", "items ≥"),
            ("maxItems", "items ≤"),
        )
        if key in schema
    ]
    return f" ({', '.join(said)})" if said else ""


def _listed(values: list[Any]) -> str:
    return ", ".join(f"`{each}`" for each in values)


if __name__ == "__main__":
    sys.stdout.write(page())
