"""Structs as the true binding shows them: memory of C's layout behind attributes, with SWIG's own habits.

An unknown attribute is taken without a word; a text too long or a value of another kind raises `TypeError`; texts are
written in UTF-8 and read in GB18030; and after a callback the memory belongs to somebody else.
"""

from __future__ import annotations

import ctypes
import struct
from functools import cache
from typing import Any, Final

from tradewind.testing.ctp_front.surface import surface

_SIZES: Final = {"d": 8, "i": 4, "h": 2}
_GARBAGE: Final = b"\xcd\x7f\x31\xe8"


class Memory:
    """The `this` of a struct: its number is the address of its bytes."""

    __slots__ = ("_view", "buffer")

    def __init__(self, size: int) -> None:
        self.buffer = ctypes.create_string_buffer(size)
        self._view = memoryview(self.buffer).cast("B")

    def read(self, at: int, length: int) -> bytes:
        """Return bytes of it."""
        return bytes(self._view[at : at + length])

    def write(self, at: int, data: bytes) -> None:
        """Write bytes into it."""
        self._view[at : at + len(data)] = data

    def __int__(self) -> int:
        """Return the address."""
        return ctypes.addressof(self.buffer)


class CtpStruct:
    """What every struct is made of."""

    _layout_size = 0
    _fields: dict[str, Field]

    def __init__(self) -> None:
        self.this = Memory(self._layout_size)

    @property
    def thisown(self) -> bool:
        """Always: the memory is Python's."""
        return True


class Field:
    """One attribute: a place in the memory and what it takes."""

    def __init__(self, owner: str, name: str, kind: str, offset: int) -> None:
        self.name = name
        self.letter = kind[-1]
        self.length = int(kind[:-1]) if kind[:-1] else 1
        self.offset = offset
        self._argument = f"char [{self.length}]" if self.letter in "sr" else "TThostFtdcType"
        self._method = f"{owner}_{name}_set"
        self._code = None if self.letter in "src" else struct.Struct(self.letter)

    @property
    def size(self) -> int:
        """Return the bytes it takes."""
        return self.length * _SIZES.get(self.letter, 1)

    @property
    def empty(self) -> str | bytes | int | float:
        """Return what it is when nobody has set it."""
        empty: dict[str, str | bytes | float] = {"s": "", "c": "", "r": b"", "d": 0.0}
        return empty.get(self.letter, 0)

    def __get__(self, instance: CtpStruct | None, owner: type) -> Any:  # noqa: ANN401 - by the field's type
        """Read it."""
        if instance is None:
            return self
        if self._code is not None:
            return self._code.unpack_from(instance.this.buffer, self.offset)[0]
        raw = instance.this.read(self.offset, self.length).split(b"\0", 1)[0]
        return raw if self.letter == "r" else decoded(raw)

    def __set__(self, instance: CtpStruct, value: Any) -> None:  # noqa: ANN401 - as SWIG: looked at here
        """Write it.

        Raises: TypeError: it does not take that.
        """
        if self._code is not None:
            self._set_number(instance, self._code, value)
        elif self.letter == "c" and type(value) is int:
            instance.this.write(self.offset, bytes((value & 0xFF,)))
        else:
            self._set_text(instance, value)

    def put(self, memory: Memory, value: Any) -> None:  # noqa: ANN401 - as the front sent it
        """Write what the front says: texts in its own encoding, cut to what fits."""
        if self._code is not None:
            self._code.pack_into(memory.buffer, self.offset, value)
            return
        raw = value if isinstance(value, bytes) else str(value).encode("gb18030")
        room = self.length if self.letter == "c" else self.length - 1
        memory.write(self.offset, raw[:room])

    def _set_number(self, instance: CtpStruct, code: struct.Struct, value: object) -> None:
        is_whole = isinstance(value, int)
        if not is_whole and not (self.letter == "d" and isinstance(value, float)):
            raise self._refusal()
        try:
            code.pack_into(instance.this.buffer, self.offset, value)
        except struct.error as error:
            raise OverflowError(str(error)) from error

    def _set_text(self, instance: CtpStruct, value: object) -> None:
        if value is None and self.letter != "c":
            value = ""
        if not isinstance(value, str):
            raise self._refusal()
        raw = value.encode()
        if len(raw) > (1 if self.letter == "c" else self.length - 1):
            raise self._refusal()
        instance.this.write(self.offset, raw.ljust(self.length, b"\0"))

    def _refusal(self) -> TypeError:
        message = f"in method '{self._method}', argument 2 of type '{self._argument}'"
        return TypeError(message)


def decoded(raw: bytes) -> str:
    """Return a text of the front as the true binding does: cut short before half a character, empty where broken."""
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError as error:
        return raw[: error.start].decode("gb18030") if error.reason.startswith("incomplete") else ""


@cache
def struct_class(name: str) -> type[CtpStruct]:
    """Return the class of that name; the same one for both halves of the binding.

    Raises: AttributeError: there is no such struct.
    """
    try:
        written = surface().structs[name]
    except KeyError:
        message = f"no struct {name}"
        raise AttributeError(message) from None
    fields: dict[str, Field] = {}
    end = 0
    for part in written.split():
        field_name, _, kind = part.partition(":")
        align = _SIZES.get(kind[-1], 1)
        found = Field(name, field_name, kind, -(-end // align) * align)
        fields[field_name] = found
        end = found.offset + found.size
    widest = max((_SIZES.get(found.letter, 1) for found in fields.values()), default=1)
    size = -(-end // widest) * widest
    return type(name, (CtpStruct,), {**fields, "_fields": fields, "_layout_size": size})


def filled(name: str, values: dict[str, Any]) -> CtpStruct:
    """Return a struct with what the front sent in it."""
    made = struct_class(name)()
    for field_name, value in values.items():
        made._fields[field_name].put(made.this, value)
    return made


def said(given: CtpStruct) -> dict[str, Any]:
    """Return the fields of a request that are not empty, as the front hears them."""
    values = ((name, getattr(given, name), found.empty) for name, found in given._fields.items())
    return {name: value for name, value, empty in values if value != empty}


def spoil(given: CtpStruct) -> None:
    """Fill it with what the library's next packet might leave there: whoever kept it reads nonsense."""
    size = given._layout_size  # noqa: SLF001 - under a name that no field of CTP has
    ctypes.memmove(given.this.buffer, (_GARBAGE * (size // len(_GARBAGE) + 1))[:size], size)
