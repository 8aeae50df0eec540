"""How a setting is told to people: what it accepts in words, and the table of `tradewind config doc`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import inspect

if TYPE_CHECKING:
    from collections.abc import Iterable


class Leaf(msgspec.Struct, frozen=True):
    """One setting: its dotted path, its type as msgspec sees it, its default and what it means."""

    path: str
    type: inspect.Type
    annotation: Any
    default: Any
    description: str
    is_secret: bool = False
    """True for what is never shown; of an address, the part that says who comes."""
    kept_in: str = ""
    """Where a secret may stand that neither file nor command line may hold; empty: anywhere."""


_SIMPLE: Final[dict[type[inspect.Type], str]] = {
    inspect.BoolType: "true or false",
    inspect.DictType: "table",
    inspect.NoneType: "nothing",
    inspect.StructType: "table",
}


_BLANK: Final = "***"


def describe_type(kind: inspect.Type) -> str:
    """Say in a few words what a setting accepts: `whole number 1 … 65535`, `one of: simulator, replay`."""
    match kind:
        case inspect.Metadata():
            return describe_type(kind.type)
        case inspect.IntType(ge=low, le=high, gt=above):
            return "whole number" + _range(above if low is None else low, high)
        case inspect.FloatType(ge=low, le=high, gt=above):
            return "number" + _range(above if low is None else low, high)
        case inspect.LiteralType(values=values):
            return "one of: " + ", ".join(str(value) for value in values)
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            return f"list of {describe_type(item)}"
        case inspect.UnionType(types=types):
            return " or ".join(describe_type(part) for part in types)
        case _:
            return _SIMPLE.get(type(kind), "text")


def shown(leaf: Leaf, value: object) -> object:
    """Return a value fit for every eye: secrets blanked, of an address only who it names."""
    if not leaf.is_secret or not value:
        return value
    if isinstance(value, str) and "://" in value:
        return without_credentials(value)
    return _BLANK


def without_credentials(url: str) -> str:
    """Return an address without what may be a password: before its last `@`, or behind a `?`."""
    address, mark, _ = url.partition("?")
    if "@" in url and "@" not in address:
        # A password with a question mark in it.
        address, mark = url, ""
    head, at, place = address.rpartition("@")
    if at:
        scheme, is_url, _ = head.partition("://")
        address = f"{scheme}://{_BLANK}@{place}" if is_url else f"{_BLANK}@{place}"
    return f"{address}?{_BLANK}" if mark else address


def as_toml(value: object) -> str:
    """Write a value the way it would stand in `tradewind.toml`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {as_toml(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(as_toml(item) for item in value) + "]"
    if value is None:
        return '""'
    if isinstance(value, int | float):
        return str(value)
    return msgspec.json.encode(value).decode()


def as_markdown(leaves: Iterable[Leaf]) -> str:
    """Return the reference page of every setting, one table per room."""
    lines: list[str] = []
    room = None
    for leaf in leaves:
        head = leaf.path.rpartition(".")[0]
        if head != room:
            room = head
            lines += ["", f"## `[{room}]`" if room else "## Top level", ""]
            lines += ["| key | default | allowed | meaning |", "|---|---|---|---|"]
        cells = (f"`{leaf.path}`", f"`{as_toml(leaf.default)}`", describe_type(leaf.type), leaf.description)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines).strip() + "\n"


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    return f" {'…' if low is None else f'{low:g} …'}{'' if high is None else f' {high:g}'}"
