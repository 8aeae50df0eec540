"""Events as flat bytes, for readers that are all ours: a tag and the value for each field, in the order of the class.

Only for events made of numbers, texts, tuples and structs of the same; what a field may hold is taken from its class,
so that a reader makes nothing of bytes that the vocabulary does not say. A whole number in a field of a price is
written as the price it means. Reads and writes several times faster than a form with names, and is no larger.
"""

from __future__ import annotations

import struct
import typing
from enum import IntFlag
from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import inspect

from tradewind.native import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOTHING, FLOAT, INT64, INT8, INT32, TEXT, TUPLE, STRUCT = range(8)
_LONGEST: Final = 65_535
_TIME_FIELD: Final = "ts_recv"
_NUMBERS: Final = {
    FLOAT: struct.Struct("<d"),
    INT64: struct.Struct("<q"),
    INT8: struct.Struct("<b"),
    INT32: struct.Struct("<i"),
    TEXT: struct.Struct("<H"),
}


class Holds(IntFlag):
    """What a field may hold.

    FIXED says that a tuple has a kind for each item and not one for all, UNREAD that it is read as an empty one.
    """

    NONE = 1
    FLOAT = 2
    INT = 4
    TEXT = 8
    TUPLE = 16
    STRUCT = 32
    FIXED = 64
    UNREAD = 128


_NEEDED: Final = (
    Holds.NONE,
    Holds.FLOAT,
    Holds.INT,
    Holds.INT,
    Holds.INT,
    Holds.TEXT,
    Holds.TUPLE,
    Holds.STRUCT,
)
"""What a field must be allowed to hold for each tag."""
Kind = tuple[int, Any, tuple[Any, ...]]
"""(what it may hold, its class if it is a struct, the kinds of its parts)."""


_PLAIN: Final[Mapping[type, Holds]] = {
    inspect.NoneType: Holds.NONE,
    inspect.FloatType: Holds.FLOAT,
    inspect.IntType: Holds.INT,
    inspect.StrType: Holds.TEXT,
}


class BodyCodec(Protocol):
    """Writes and reads the events of one topic."""

    def encode(self, event: Any, /) -> bytes:  # noqa: ANN401 - any topic's
        """Return an event's bytes."""
        ...

    def decode(self, data: bytes, /) -> Any:  # noqa: ANN401 - any topic's
        """Return the event of bytes.

        Raises: ValueError: they are none of this class.
        """
        ...


def flat_codec(event: type, unread: frozenset[str] = frozenset()) -> BodyCodec | None:
    """Return the codec of a class of events; `None` if it holds more than flat bytes can say.

    Tuples in the fields `unread` are passed over and read as empty: to make them costs more than all other fields.
    """
    kind = kind_of(inspect.type_info(event))
    if kind is None or not kind[0] & Holds.STRUCT:
        return None
    kind = without(kind, unread)
    if compiled is not None:
        fields = event.__struct_fields__  # type: ignore[attr-defined]
        return compiled.FlatCodec(kind, fields.index(_TIME_FIELD) if _TIME_FIELD in fields else -1)
    return PlainFlatCodec(kind)


def kind_of(info: inspect.Type) -> Kind | None:
    """Return what a type may hold, or `None` where it is more than this form can say."""
    plain = _PLAIN.get(type(info))
    if plain is not None:
        return (int(plain), None, ())
    match info:
        case inspect.Metadata(type=inner):
            return kind_of(inner)
        case inspect.VarTupleType(item_type=item):
            return _with_parts(Holds.TUPLE, None, (item,))
        case inspect.TupleType(item_types=items):
            return _with_parts(Holds.TUPLE | Holds.FIXED, None, items)
        case inspect.StructType(cls=cls, fields=fields):
            return _with_parts(Holds.STRUCT, cls, tuple(field.type for field in fields))
        case inspect.UnionType(types=types):
            return _either(types)
        case _:
            return None


def without(kind: Kind, unread: frozenset[str]) -> Kind:
    """Return the kind of a struct whose tuples in the fields `unread` are read as empty."""
    mask, cls, parts = kind
    passed_over = (
        (part[0] | Holds.UNREAD if name in unread and part[0] & Holds.TUPLE else part[0], *part[1:])
        for name, part in zip(cls.__struct_fields__, parts, strict=True)
    )
    return (mask, cls, tuple(passed_over))


def _with_parts(mask: Holds, cls: type | None, types: typing.Iterable[inspect.Type]) -> Kind | None:
    parts = tuple(map(kind_of, types))
    return None if None in parts else (int(mask), cls, parts)


def _either(types: typing.Iterable[inspect.Type]) -> Kind | None:
    """Return the kind of a union with at most one member that has parts."""
    mask, cls, parts = 0, None, ()
    for each in map(kind_of, types):
        if each is None or (parts and each[2]):
            return None
        mask |= each[0]
        if each[2]:
            cls, parts = each[1], each[2]
    return (mask, cls, parts)


class PlainFlatCodec:
    """The form in Python, where the compiled core is not there; what it is stands here."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def encode(self, event: object, /) -> bytes:
        """Return an event's bytes.

        Raises:
            TypeError: a field holds what its class does not say.
            OverflowError: a number beyond 64 bits, a text or tuple beyond 65535.
        """
        out = bytearray()
        _put(out, self._kind, event)
        return bytes(out)

    def decode(self, data: bytes, /) -> Any:  # noqa: ANN401 - any class of events
        """Return the event of bytes.

        Raises: ValueError: they are none of this class.
        """
        try:
            event, end = _take(data, 0, self._kind)
        except (struct.error, IndexError) as error:
            message = "it ends too early"
            raise ValueError(message) from error
        if end != len(data):
            message = "something follows the event"
            raise ValueError(message)
        return event


def _put(out: bytearray, kind: Kind, value: Any) -> None:  # noqa: ANN401 - of any field
    mask = kind[0]
    for fits, put in _PUTTERS:
        if fits(mask, kind, value):
            put(out, kind, value)
            return
    message = f"{value!r:.100} is of no kind that its field says"
    raise TypeError(message)


def _put_float(out: bytearray, _kind: Kind, value: float) -> None:
    out.append(FLOAT)
    out += _NUMBERS[FLOAT].pack(value)


def _put_int(out: bytearray, _kind: Kind, value: int) -> None:
    number = int(value)
    tag = next((tag for tag, bits in ((INT8, 7), (INT32, 31), (INT64, 63)) if -(1 << bits) <= number < 1 << bits), None)
    if tag is None:
        message = "a whole number does not fit into 64 bits"
        raise OverflowError(message)
    out.append(tag)
    out += _NUMBERS[tag].pack(number)


def _put_count(out: bytearray, tag: int, count: int) -> None:
    if count > _LONGEST:
        message = f"a text or tuple must be at most {_LONGEST} long, was {count}"
        raise OverflowError(message)
    out.append(tag)
    out += _NUMBERS[TEXT].pack(count)


def _put_text(out: bytearray, _kind: Kind, value: str) -> None:
    text = value.encode()
    _put_count(out, TEXT, len(text))
    out += text


def _put_tuple(out: bytearray, kind: Kind, value: tuple[Any, ...]) -> None:
    mask, _, parts = kind
    if mask & Holds.FIXED and len(value) != len(parts):
        message = f"a tuple of {len(parts)} was expected, was of {len(value)}"
        raise TypeError(message)
    _put_count(out, TUPLE, len(value))
    for at, item in enumerate(value):
        _put(out, parts[at if mask & Holds.FIXED else 0], item)


def _put_struct(out: bytearray, kind: Kind, value: Any) -> None:  # noqa: ANN401 - any class of events
    out.append(STRUCT)
    for name, part in zip(value.__struct_fields__, kind[2], strict=True):
        _put(out, part, getattr(value, name))


def _put_nothing(out: bytearray, _kind: Kind, _value: None) -> None:
    out.append(NOTHING)


_PUTTERS: Final[tuple[tuple[Callable[[int, Kind, Any], bool], Callable[[bytearray, Kind, Any], None]], ...]] = (
    (lambda mask, _, value: bool(mask & Holds.FLOAT) and isinstance(value, float), _put_float),
    (lambda mask, _, value: bool(mask & Holds.NONE) and value is None, _put_nothing),
    (lambda mask, _, value: bool(mask & Holds.INT) and isinstance(value, int), _put_int),
    (lambda mask, _, value: bool(mask & Holds.FLOAT) and isinstance(value, int), _put_float),
    (lambda mask, _, value: bool(mask & Holds.TEXT) and isinstance(value, str), _put_text),
    (lambda mask, _, value: bool(mask & Holds.TUPLE) and isinstance(value, tuple), _put_tuple),
    (lambda mask, kind, value: bool(mask & Holds.STRUCT) and type(value) is kind[1], _put_struct),
)
"""In the order in which they are tried."""


def _take(data: bytes, at: int, kind: Kind) -> tuple[Any, int]:
    """Return the value that begins at `at`, and where the next begins."""
    tag = data[at]
    if tag > STRUCT or not kind[0] & _NEEDED[tag]:
        message = "a field is of another kind"
        raise ValueError(message)
    at += 1
    match tag:
        case 0:  # NOTHING
            return None, at
        case 5:  # TEXT
            begin = at + 2
            end = begin + _NUMBERS[TEXT].unpack_from(data, at)[0]
            if end > len(data):
                message = "a text ends too early"
                raise ValueError(message)
            return data[begin:end].decode(), end
        case 6:  # TUPLE
            return _take_tuple(data, at, kind)
        case 7:  # STRUCT
            fields, at = _take_parts(data, at, kind[2])
            return kind[1](*fields), at
        case _:
            number = _NUMBERS[tag]
            return number.unpack_from(data, at)[0], at + number.size


def _take_tuple(data: bytes, at: int, kind: Kind) -> tuple[tuple[Any, ...], int]:
    mask, _, parts = kind
    count = _NUMBERS[TEXT].unpack_from(data, at)[0]
    if (mask & Holds.FIXED and count != len(parts)) or count > len(data) - at - 2:
        message = "a tuple is too short or too long"
        raise ValueError(message)
    items, end = _take_parts(data, at + 2, parts if mask & Holds.FIXED else parts * count)
    return () if mask & Holds.UNREAD else items, end


def _take_parts(data: bytes, at: int, kinds: tuple[Kind, ...]) -> tuple[tuple[Any, ...], int]:
    values = []
    for kind in kinds:
        value, at = _take(data, at, kind)
        values.append(value)
    return tuple(values), at
