"""The surface of the true binding, as `data/surface.json` keeps it: structs, requests, callbacks, constants."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec


class Half(msgspec.Struct, frozen=True):
    """`mdapi` or `tdapi`: each request and callback with the struct it carries, and the Api's other methods."""

    requests: dict[str, str]
    callbacks: dict[str, str]
    others: tuple[str, ...]


class Surface(msgspec.Struct, frozen=True):
    """Both halves. A struct is `Field:type …` in the order of memory; see `surface_of.struct_fields`."""

    version: str
    mdapi: Half
    tdapi: Half
    structs: dict[str, str]
    constants: dict[str, int | str]


@cache
def surface() -> Surface:
    """Return it."""
    data = files("tradewind.testing.ctp_front").joinpath("data/surface.json").read_bytes()
    return msgspec.json.decode(data, type=Surface)


@cache
def field_names(struct: str) -> frozenset[str]:
    """Return the names of a struct's fields."""
    return frozenset(part.partition(":")[0] for part in surface().structs[struct].split())
