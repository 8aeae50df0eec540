"""Asks a true CTP binding for its surface: `python -m tradewind.testing.ctp_front.surface_of openctp_ctp`.

It writes JSON: of every struct a request or a callback carries, the fields in their order with their types; of every
request and callback, the struct; and the constants. `data/surface.json` is its answer for openctp-ctp 6.7.11.0; the
suite compares the two wherever the true binding is installed. Importing that one without its locale ends the process.
"""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from types import ModuleType

_ARRAY: Final = re.compile(r"char \[(\d+)\]")
_FAR_TOO_LONG: Final = "x" * 5_000


def struct_fields(struct: type) -> str:
    """Return the fields of a struct as `Name:type …`: `9s` text, `c i h d` as `struct` has them, `501r` raw bytes."""
    instance = struct()
    return " ".join(f"{name}:{_type_of(instance, name)}" for name in struct.__annotations__)


def _type_of(instance: object, name: str) -> str:
    value = getattr(instance, name)
    letter = "r" if isinstance(value, bytes) else "s"
    if isinstance(value, float):
        return "d"
    if isinstance(value, int):
        return "h" if _is_short(instance, name) else "i"
    try:
        setattr(instance, name, _FAR_TOO_LONG)
    except TypeError as refused:
        found = _ARRAY.search(str(refused))
        return f"{found[1]}{letter}" if found else "c"
    message = f"{type(instance).__name__}.{name} takes a text of any length"
    raise ValueError(message)


def _is_short(instance: object, name: str) -> bool:
    try:
        setattr(instance, name, 1 << 20)
    except (TypeError, OverflowError):
        return True
    return False


def calls(source: str, owner: str, prefix: str) -> dict[str, str]:
    """Return the methods of a class that begin so, each with the struct it carries; empty where it carries none.

    Read in the module's text: what SWIG puts in the place of its methods has no signature.
    """
    body = source.partition(f"\nclass {owner}(")[2].partition("\nclass ")[0]
    found: dict[str, str] = {}
    for name, arguments in re.findall(rf"    def ({prefix}\w+)\((.*)\) -> ", body):
        structs = re.findall(r'"(CThostFtdc\w+)"', arguments)
        found[name] = structs[0] if structs else ""
    return found


def surface(module: ModuleType, family: str) -> dict[str, Any]:
    """Return what one of the two modules shows; `family` is `Md` or `Trader`."""
    source = Path(str(module.__file__)).read_text()
    requests, callbacks = calls(source, f"CThostFtdc{family}Api", "Req"), calls(source, f"CThostFtdc{family}Spi", "On")
    api = getattr(module, f"CThostFtdc{family}Api")
    structs = {*requests.values(), *callbacks.values(), "CThostFtdcRspInfoField"} - {""}
    if family == "Trader":
        structs |= {"CThostFtdcFrontInfoField", "CThostFtdcUserSystemInfoField"}
    return {
        "requests": requests,
        "callbacks": callbacks,
        "others": sorted(name for name in vars(api) if name[0].isupper() and not name.startswith("Req")),
        "structs": sorted(structs),
    }


def main() -> None:
    """Write the surface of the binding named on the command line."""
    package = importlib.import_module(sys.argv[1])
    halves = {"mdapi": surface(package.mdapi, "Md"), "tdapi": surface(package.tdapi, "Trader")}
    structs = sorted({name for half in halves.values() for name in half.pop("structs")})
    constants = {name: value for name, value in vars(package.tdapi).items() if name.startswith("THOST")}
    answer = {
        "version": package.__version__,
        **halves,
        "structs": {name: struct_fields(getattr(package.tdapi, name)) for name in structs},
        "constants": constants,
    }
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer), indent=1).decode())


if __name__ == "__main__":
    main()
