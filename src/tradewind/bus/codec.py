"""Events to bytes and back, for buses that leave the process; what cannot be read has a reason, never a traceback.

JSON is in the words of system 003 (`wire_forms`). msgpack is for readers that are all ours: flat events as arrays
without field names (a third of the bytes), the rest as maps. A reader takes both whatever it writes itself, told by
the first byte, so that a deployment can be switched over process by process.
"""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar

import msgspec
from msgspec import inspect

from tradewind.bus.wire_forms import JSON_FORMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.topics import Topic

E = TypeVar("E")
CodecName = Literal["json", "msgpack", "packed"]
"""How entries are written; a message by itself is never packed, it is msgpack then."""
_JSON_OPENINGS: Final = frozenset(b'{["\t\r\n ')
"""First bytes of a JSON text; as msgpack they would be small numbers, which no event is."""
UNREADABLE: Final = (ValueError, RecursionError, OverflowError)
"""What decoding strange bytes may raise; msgspec's and Unicode's errors are ValueErrors."""


class Codec(Generic[E]):
    """How one topic's events are written and read."""

    __slots__ = ("decode", "encode")

    def __init__(self, encode: Callable[[E], bytes], decode: Callable[[bytes], E]) -> None:
        self.encode = encode
        self.decode = decode


def build_codec(topic: Topic[E], kind: CodecName) -> Codec[E]:
    """Return the codec of a topic; it reads every form and writes `kind`."""
    encode_json, decode_json = JSON_FORMS.get(
        topic.name, (msgspec.json.Encoder().encode, msgspec.json.Decoder(topic.event).decode)
    )
    encode_packed, decode_packed = _packed(topic.event)

    def decode(data: bytes) -> E:
        event: E = decode_json(data) if data and data[0] in _JSON_OPENINGS else decode_packed(data)
        return event

    return Codec(encode_json if kind == "json" else encode_packed, decode)


def refusal_reason(error: BaseException) -> str:
    """Name in one word why bytes could not be read: the label they are counted under."""
    if isinstance(error, UnicodeError):
        return "not_utf8"
    if isinstance(error, RecursionError):
        return "too_deep"
    if isinstance(error, msgspec.ValidationError):
        return "wrong_shape"
    return "malformed"


def _packed(event: type[E]) -> tuple[Callable[[E], bytes], Callable[[bytes], E]]:
    encode = msgspec.msgpack.Encoder().encode
    if not _is_flat(event):
        return encode, msgspec.msgpack.Decoder(event).decode
    hints = typing.get_type_hints(event, include_extras=True)
    kinds = tuple(hints[name] for name in event.__struct_fields__)  # type: ignore[attr-defined]
    decode: Callable[[bytes], tuple[Any, ...]] = msgspec.msgpack.Decoder(tuple[kinds]).decode  # type: ignore[valid-type]
    as_tuple: Callable[[Any], tuple[Any, ...]] = msgspec.structs.astuple

    def encode_array(item: E) -> bytes:
        return encode(as_tuple(item))

    def decode_array(data: bytes) -> E:
        return event(*decode(data))

    return encode_array, decode_array


def _is_flat(event: type) -> bool:
    """Tell whether an event holds no other struct, so that an array of its values says everything."""
    info = inspect.type_info(event)
    if not isinstance(info, inspect.StructType):
        return False
    return not any(_holds_struct(field.type) for field in info.fields)


def _holds_struct(kind: inspect.Type) -> bool:
    match kind:
        case inspect.StructType():
            return True
        case inspect.Metadata(type=inner):
            return _holds_struct(inner)
        case inspect.UnionType(types=inner_types):
            return any(map(_holds_struct, inner_types))
        case inspect.TupleType(item_types=items):
            return any(map(_holds_struct, items))
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            return _holds_struct(item)
        case inspect.DictType(key_type=key, value_type=value):
            return _holds_struct(key) or _holds_struct(value)
        case _:
            return False
