"""`python -m tradewind.runtime.rights_page` writes docs/rights.md: who may do what, and what each door asks for."""

from __future__ import annotations

import ast
import inspect
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from tradewind.api.admission import ACCESS, PERMISSION, WHOEVER
from tradewind.api.routes import ALL_ROUTES
from tradewind.domain.access import Access
from tradewind.domain.rights import BUILT_IN_ROLES, WHOLE, Permission
from tradewind.push.topics import PUSH_TOPICS
from tradewind.stores.asking import permission_of
from tradewind.stores.sql.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HEAD: Final = """# Rights

Made by `make docs` from `domain/rights.py`, the routes, the views of the record and the topics of push; do not edit.
Why it is so: [decisions/0016-rights.md](decisions/0016-rights.md).

A permission of a person is a role's, for one product and one account or for `*`, all there are and will be. Who has no
grant may do nothing. What somebody's permission does not cover is answered as if it did not exist.

## Permissions

| permission | what it allows |
|---|---|
"""
_ROLES: Final = """
## Built-in roles

An administrator may add others. Permissions marked ◆ belong to no product: they count only where role, product and
account are granted as a whole.

"""
_ROUTES: Final = """
## Routes

`whoever`: signed in is enough, the answer is about the caller or each row is judged. Behind `/api/v1/trading-states`
stands `halt` or, to let trading go on, `release`; behind the records the permission of the view.

| permission | route | |
|---|---|---|
"""
_VIEWS: Final = """
## Views of the record

| view | permission | rows |
|---|---|---|
"""
_TOPICS: Final = """
## Topics of push

The quotes port and the older stream of opportunities ask for `market`; test quotes for `operate`, except from programs
on this machine at the doors of the replaced systems.

| topic | permission | values |
|---|---|---|
"""


def page() -> str:
    """Return the text of docs/rights.md."""
    words = meanings()
    lines = [_HEAD.rstrip("\n"), *(f"| `{each}` | {words[each]} |" for each in Permission)]
    lines += [_ROLES.rstrip("\n") + "\n", *_roles()]
    lines += [_ROUTES.rstrip("\n"), *sorted(_routes())]
    lines += [_VIEWS.rstrip("\n"), *(f"| `{name}` | {_shown(permission_of(name))} | {_rows(name)} |" for name in VIEWS)]
    lines += [_TOPICS.rstrip("\n"), *_topics()]
    return "\n".join(lines) + "\n"


def meanings() -> Mapping[Permission, str]:
    """Return what stands under each permission where it is declared."""
    (declared,) = ast.parse(inspect.getsource(Permission)).body
    found: dict[Permission, str] = {}
    body = declared.body if isinstance(declared, ast.ClassDef) else []
    for member, text in pairwise(body):
        match member, text:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str() as said)):
                found[Permission[name]] = " ".join(said.split())
            case _:
                pass
    return found


def _shown(permission: Permission) -> str:
    return f"`{permission}` ◆" if permission in WHOLE else f"`{permission}`"


def _roles() -> Iterator[str]:
    yield "| permission | " + " | ".join(f"`{role}`" for role in BUILT_IN_ROLES) + " |"
    yield "|---" * (1 + len(BUILT_IN_ROLES)) + "|"
    for permission in Permission:
        marks = ("✓" if permission in permissions else "" for permissions in BUILT_IN_ROLES.values())
        yield f"| {_shown(permission)} | " + " | ".join(marks) + " |"


def _routes() -> Iterator[str]:
    for handler in ALL_ROUTES:
        need: Any = handler.opt.get(PERMISSION, WHOEVER)
        asked = "–" if handler.opt[ACCESS] is Access.PUBLIC else f"`{need}`" if need == WHOEVER else _shown(need)
        said = (inspect.getdoc(handler.fn) or "").partition("\n")[0]
        for method in sorted(handler.http_methods):
            yield from (f"| {asked} | `{method} {path}` | {said} |" for path in sorted(handler.paths))


def _rows(view: str) -> str:
    return "all, to a whole grant" if VIEWS[view].account is None else "those whose product and account it covers"


def _topics() -> Iterator[str]:
    for topic in PUSH_TOPICS:
        viewers = topic.viewers
        asked = f"`{WHOEVER}`" if viewers.permission is None else _shown(viewers.permission)
        yield f"| `{topic.name}` | {asked} | {viewers.which} |"


if __name__ == "__main__":
    sys.stdout.write(page())
