"""An event and its place in the line as one payload, or many of them as one pack.

JSON stays what system 003's readers know: the place is one more field, `line`, at the end of the object (of the last
object where 003 writes a list). msgpack is a pair. Packs are `packs`. Events of others carry no place; the reader
gives them one. Every reader takes every form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

from tradewind.bus.codec import CodecName, build_codec
from tradewind.bus.line_order import LineKey, is_place
from tradewind.bus.packs import body_codec, is_pack, packer, unpacked
from tradewind.bus.topics import CLEAN_TICKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.topics import Topic

E = TypeVar("E")
_FIELD: Final = b',"line":['
_PAIR: Final = 0x92
"""First byte of a msgpack array of two."""


class LineCodec(Generic[E]):
    """How one topic's events are written with their keys, and read."""

    __slots__ = ("decode", "encode", "read")

    def __init__(
        self,
        encode: Callable[[LineKey, E], bytes],
        decode: Callable[[bytes], tuple[LineKey | None, E]],
        read: Callable[[bytes], list[tuple[LineKey | None, E]]],
    ) -> None:
        """`encode` and `decode` are of one event by itself, `read` of whatever an entry may hold."""
        self.encode = encode
        self.decode = decode
        self.read = read


def build_line_codec(topic: Topic[E], kind: CodecName) -> LineCodec[E]:
    """Return the codec of a topic; it reads every form and writes `kind`."""
    plain = build_codec(topic, "json" if kind == "json" else "msgpack")
    body = body_codec(topic)
    is_tick = topic is CLEAN_TICKS
    pack = msgspec.msgpack.Encoder().encode
    read_pair = msgspec.msgpack.Decoder(tuple[tuple[int, ...], msgspec.Raw]).decode
    decode_plain = plain.decode

    def encode_json(key: LineKey, event: E) -> bytes:
        body = plain.encode(event)
        end = body.rindex(b"}")
        return b"%b%b%b]%b" % (body[:end], _FIELD, ",".join(map(str, key)).encode(), body[end:])

    def encode_pair(key: LineKey, event: E) -> bytes:
        return b"\x92" + pack(key) + plain.encode(event)

    def encode_pack(key: LineKey, event: E) -> bytes:
        one = packer(topic)
        one.add(key, event)
        return one.take()[0]

    def decode(payload: bytes) -> tuple[LineKey | None, E]:
        if payload and payload[0] == _PAIR:
            key, rest = read_pair(payload)
            return key if is_place(key) else None, decode_plain(bytes(rest))
        return _key_of(payload), decode_plain(payload)

    def read(payload: bytes) -> list[tuple[LineKey | None, E]]:
        if is_pack(payload):
            return list(unpacked(body, payload, (0, 0), is_tick=is_tick).events)
        return [decode(payload)]

    encoders = {"json": encode_json, "msgpack": encode_pair, "packed": encode_pack}
    return LineCodec(encoders[kind], decode, read)


def _key_of(payload: bytes) -> LineKey | None:
    begin = payload.rfind(_FIELD)
    if begin < 0:
        return None
    begin += len(_FIELD)
    end = payload.find(b"]", begin)
    numbers: Any = payload[begin:end].split(b",")
    try:
        key = tuple(map(int, numbers))
    except ValueError:
        return None
    return key if is_place(key) else None
