"""One message of any form to raw ticks: tells the form by its bytes, never raises, counts and keeps what it refuses."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.market.ctpwire import protobuf
from tradewind.market.ctpwire.assembler import Assembler
from tradewind.market.ctpwire.layout import CSV_COLUMNS, RECORD
from tradewind.market.ctpwire.marks import TIME_TOPIC, SequenceWatch
from tradewind.market.ctpwire.names import symbol_in_topic
from tradewind.market.ctpwire.objects import ObjectReader
from tradewind.market.ctpwire.records import RecordReader, looks_like_record
from tradewind.market.ctpwire.refusals import Quarantine, RefusalReason, RefusedFrameError
from tradewind.market.ctpwire.rows import RowReader, looks_like_words
from tradewind.market.ctpwire.wrappers import Unwrapper, wrapper_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradewind.market.ctpwire.moments import Moments
    from tradewind.market.ctpwire.names import ContractNames
    from tradewind.market.ctpwire.refusals import QuarantineLimits

RawTuple = tuple[Any, ...]
"""A plain tuple of `RawTick`'s shape."""

_NO_TICKS: Final[tuple[RawTuple, ...]] = ()
_PICKLE: Final = re.compile(rb"\x80[\x02-\x05]|c[\w.]+\n[\w.]+\n|\((?:dp|lp|i[\w.]+\n)|[\]}]q")
_NO_PRICE: Final = re.compile(rb"1\.797\d*[eE]\+?308|179769313\d{300}(?:\.0*)?")
"""DBL_MAX as C and Python print it, long and short."""
_OTHER_TOPICS: Final = re.compile(rb"CTP_(?:INSTRUMENT|INVESTOR_POSITION|TRADING_ACCOUNT)\w*|INSTRUMENT")
"""What the same publisher sends beside quotes, on its other port."""
_MOST_FRAMES: Final = 3
_PROTOBUF_TAGS: Final = b"\x0a\x12"
_SPACES: Final = b" \t\r\n\0"
_OBJECT_MARKS: Final = b"{["
_MSGPACK: Final = frozenset((*range(0x81, 0xA0), *range(0xDC, 0xE0)))
"""First bytes of msgpack's maps and arrays."""
_ANY_ERROR: Final = (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, AttributeError)
"""What a form that nobody foresaw may raise in a reader: a message must never stop the feed."""


class DecoderLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a message may cost."""

    max_frame_bytes: int = 1 << 20
    max_batch: int = 10_000


class FrameDecoder:
    """Reads the messages of one feed, in the order they come."""

    def __init__(
        self,
        *,
        names: ContractNames,
        moments: Moments,
        quarantine: QuarantineLimits,
        limits: DecoderLimits,
        stamps_own_time: bool = False,
    ) -> None:
        """With `stamps_own_time` a quote counts as received at its own time, or at the line time of its mark."""
        self.quarantine = Quarantine(quarantine)
        self.sequence = SequenceWatch()
        self.messages = 0
        self.ticks = 0
        self.recoded = 0
        """Messages that came as GBK and were read as such."""
        self.variants: dict[str, int] = {}
        """Messages by form and spelling."""
        self.framings: dict[str, int] = {}
        """Messages by how they were cut into frames."""
        self.line_ns = 0
        """How far the publisher's line time has come, where it says so."""
        self._limits = limits
        self._stamps_own_time = stamps_own_time
        self._assembler = Assembler(names, moments)
        self._protobuf = protobuf.ProtobufReader(self._assembler)
        self._records = RecordReader(self._assembler)
        self._rows = RowReader(self._assembler)
        self._objects = ObjectReader(self._assembler)
        self._unwrapper = Unwrapper()
        self._parse_json = msgspec.json.Decoder().decode
        self._parse_msgpack = msgspec.msgpack.Decoder().decode

    @property
    def filtered(self) -> int:
        """Quotes of contracts that nobody wants."""
        return self._assembler.filtered

    def decode(self, frames: Sequence[bytes], now_ns: int) -> Sequence[RawTuple]:
        """Return the quotes of one message, received at `now_ns`; none for a message that is refused."""
        self.messages += 1
        count = len(frames)
        topic, body = (frames[0], frames[1]) if count > 1 else (b"", frames[0] if frames else b"")
        assembler = self._assembler
        assembler.now_ns = now_ns
        assembler.recv_ns = 0 if self._stamps_own_time else now_ns
        try:
            if count > 2:  # noqa: PLR2004 - topic, body and what follows
                self._note_mark(frames, topic)
                if topic == TIME_TOPIC:
                    return _NO_TICKS
            ticks = self._read(topic, body)
        except RefusedFrameError as error:
            self.quarantine.add(error, topic=topic, body=body, now_ns=now_ns)
            return _NO_TICKS
        except _ANY_ERROR as error:
            unforeseen = RefusedFrameError(RefusalReason.MALFORMED, f"{type(error).__name__}: {error}")
            self.quarantine.add(unforeseen, topic=topic, body=body, now_ns=now_ns)
            return _NO_TICKS
        framing = ("body", "topic+body", "topic+body+mark")[count - 1]
        self.framings[framing] = self.framings.get(framing, 0) + 1
        self.ticks += len(ticks)
        return ticks

    def _note_mark(self, frames: Sequence[bytes], topic: bytes) -> None:
        if len(frames) > _MOST_FRAMES:
            raise RefusedFrameError(RefusalReason.FRAMES, f"{len(frames)} frames, must be at most {_MOST_FRAMES}")
        mark = self.sequence.note(frames[2], topic)
        if mark is not None and self._stamps_own_time:
            self.line_ns = max(self.line_ns, mark.line_ns)
            self._assembler.recv_ns = mark.line_ns

    def _read(self, topic: bytes, body: bytes) -> Sequence[RawTuple]:
        if not body:
            raise RefusedFrameError(RefusalReason.EMPTY, "no body")
        if len(body) > self._limits.max_frame_bytes:
            message = f"{len(body)} bytes, must be at most {self._limits.max_frame_bytes}"
            raise RefusedFrameError(RefusalReason.OVERSIZED, message)
        first = body[0]
        if first in _PROTOBUF_TAGS and (first != 0x0A or body[1:2] not in (b"{", b"[", *_SPACE_BYTES)):  # noqa: PLR2004 - a line end too
            return self._read_protobuf(body)
        if first in _OBJECT_MARKS:
            return self._read_json(topic, body)
        if looks_like_record(body):
            self._count("struct")
            return _of_one(self._records.read(body))
        return self._read_rarer(topic, body, first)

    def _read_rarer(self, topic: bytes, body: bytes, first: int) -> Sequence[RawTuple]:
        if _PICKLE.match(body) and body.endswith(b"."):
            raise RefusedFrameError(RefusalReason.PICKLE, "a pickled Python object; publish JSON, CSV or protobuf")
        if _OTHER_TOPICS.fullmatch(topic):
            raise RefusedFrameError(RefusalReason.NO_QUOTE, f"{topic.decode()} carries no quotes")
        if first in _MSGPACK:
            return self._read_msgpack(topic, body)
        stripped = body.strip(_SPACES)
        if first == 0x0A and not (stripped[:1] in _OBJECT_BYTES and stripped[-1:] in _OBJECT_ENDS):  # noqa: PLR2004 - as above
            return self._read_protobuf(body)
        return self._read_text(topic, stripped)

    def _read_protobuf(self, body: bytes) -> Sequence[RawTuple]:
        reader = self._protobuf
        if body[0] == _PROTOBUF_TAGS[0] and not body[2:3].isdigit() and protobuf.is_batch(body):
            messages = reader.messages(body)
            self._count("protobuf_batch")
            return self._each(messages, reader.assemble, body)
        tick = reader.read(body)
        self._count("protobuf")
        return _of_one(tick)

    def _read_json(self, topic: bytes, body: bytes) -> Sequence[RawTuple]:
        if b"308" in body or b"179769313" in body:
            # The parser needs 10 µs for a number near DBL_MAX, and a message may hold twenty.
            body = _NO_PRICE.sub(b"null", body)
        try:
            content = self._parse_json(body)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            content = self._reread_json(body, error)
        return self._read_content("json", topic, content, body)

    def _reread_json(self, body: bytes, error: Exception) -> Any:  # noqa: ANN401 - JSON
        """Read what Python's own writer makes: NaN and Infinity, and what a Chinese one may: GBK.

        Raises: RefusedFrameError: it is no JSON for anybody.
        """
        text = self._text_of(body)
        try:
            return json.loads(text)
        except RecursionError:
            raise RefusedFrameError(RefusalReason.TOO_DEEP, "nested too deep") from None
        except ValueError:
            is_cut = "truncated" in str(error)
            reason = RefusalReason.TRUNCATED if is_cut else RefusalReason.MALFORMED
            raise RefusedFrameError(reason, f"JSON: {error}") from None

    def _read_msgpack(self, topic: bytes, body: bytes) -> Sequence[RawTuple]:
        try:
            content = self._parse_msgpack(body)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            try:
                # Chinese text begins with bytes that are msgpack's too.
                return self._read_text(topic, body.strip(_SPACES))
            except RefusedFrameError:
                is_cut = "truncated" in str(error)
                reason = RefusalReason.TRUNCATED if is_cut else RefusalReason.MALFORMED
                raise RefusedFrameError(reason, f"msgpack: {error}") from None
        return self._read_content("msgpack", topic, content, body)

    def _read_content(self, carrier: str, topic: bytes, content: Any, body: bytes) -> Sequence[RawTuple]:  # noqa: ANN401 - JSON
        objects = self._objects
        if type(content) is dict and (plan := objects.plan_of(content)).is_quote:
            tick = objects.read_by(plan, content, "")
            self._count(f"{carrier}_{plan.dialect}")
            return _of_one(tick)
        fallback = symbol_in_topic(topic.decode("ascii", "replace"))
        wrapper = wrapper_name(content)
        quotes = list(self._unwrapper.quotes_of(content))
        if not quotes:
            raise RefusedFrameError(RefusalReason.NO_QUOTE, "a wrapper around nothing")
        dialect = objects.plan_of(quotes[0]).dialect
        self._count(f"{carrier}_{dialect}_{wrapper}" if wrapper else f"{carrier}_{dialect}")
        if len(quotes) == 1:
            return _of_one(objects.read(quotes[0], fallback))
        return self._each(quotes, objects.read, body)

    def _read_text(self, topic: bytes, body: bytes) -> Sequence[RawTuple]:
        """Read CSV rows, words, and `topic body` written into one frame.

        Raises: RefusedFrameError: it is none of them.
        """
        head, _, rest = body.partition(b" ")
        if body[:1] in _OBJECT_BYTES or rest[:1] in _OBJECT_BYTES:
            joined = rest if body[:1] not in _OBJECT_BYTES else body
            return self._read_json(head if joined is rest else topic, joined)
        if body.count(b",") >= CSV_COLUMNS // 2:
            return self._read_rows(self._text_of(body))
        if b"\0" in body:
            is_cut = body[:1].isdigit() and len(body) < RECORD.size
            reason = RefusalReason.TRUNCATED if is_cut else RefusalReason.UNKNOWN_FORM
            raise RefusedFrameError(reason, f"binary of no known form, begins with {body[:16]!r}")
        words = self._text_of(body[:256]).split()
        if len(words) == 5:  # noqa: PLR2004 - a topic before the four words
            words = words[1:]
        if not looks_like_words(words):
            raise RefusedFrameError(RefusalReason.UNKNOWN_FORM, f"begins with {body[:16]!r}")
        tick = self._rows.read_words(words)
        self._count("words")
        return _of_one(tick)

    def _read_rows(self, text: str) -> Sequence[RawTuple]:
        # "MARKET_DATA 20251201,au2602,…": the topic of a publisher that sends one string.
        first_cell = text[: text.index(",")]
        lines = text[first_cell.rfind(" ") + 1 :].splitlines()
        if len(lines) == 1:
            tick = self._rows.read(lines[0])
            self._count("csv")
            return _of_one(tick)
        self._count("csv_rows")
        return self._each([line for line in lines if line], self._rows.read, text[:4096].encode())

    def _each(self, items: Sequence[Any], read: Callable[[Any], RawTuple | None], body: bytes) -> Sequence[RawTuple]:
        """Read the quotes of a batch one by one: a bad one harms no other."""
        if len(items) > self._limits.max_batch:
            message = f"{len(items)} quotes in one message, must be at most {self._limits.max_batch}"
            raise RefusedFrameError(RefusalReason.OVERSIZED, message)
        ticks = []
        for item in items:
            try:
                tick = read(item)
            except RefusedFrameError as error:
                self.quarantine.add(error, topic=b"", body=body, now_ns=self._assembler.now_ns)
                continue
            if tick is not None:
                ticks.append(tick)
        return ticks

    def _text_of(self, body: bytes) -> str:
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            pass
        try:
            text = body.decode("gb18030")
        except UnicodeDecodeError:
            raise RefusedFrameError(RefusalReason.ENCODING, "neither UTF-8 nor GBK") from None
        self.recoded += 1
        return text

    def _count(self, variant: str) -> None:
        self.variants[variant] = self.variants.get(variant, 0) + 1


_OBJECT_BYTES: Final = (b"{", b"[")
_OBJECT_ENDS: Final = (b"}", b"]")
_SPACE_BYTES: Final = tuple(bytes((space,)) for space in _SPACES)


def _of_one(tick: RawTuple | None) -> Sequence[RawTuple]:
    return (tick,) if tick is not None else _NO_TICKS
