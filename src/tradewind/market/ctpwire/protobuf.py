"""`ctp.MarketDataMessage` and its batch: fields 1–46 by number, through the protobuf package.

    0a 08 "20251201"  12 06 "au2602"  …  29 <last_price>  …  aa 01 08 "09:30:00"  …

Texts are declared as bytes, which is the same on the wire and does not break on GBK. An unset price reads 0: none.
"""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from tradewind.market.ctpwire.layout import BODY, DEEPER, FIELDS, HEAD, Kind
from tradewind.market.ctpwire.numbers import ABSENT_FROM
from tradewind.market.ctpwire.refusals import RefusalReason, RefusedFrameError

if TYPE_CHECKING:
    from tradewind.market.ctpwire.assembler import Assembler

_BYTES: Final = 12
_MESSAGE: Final = 11
_REPEATED: Final = 3
_WIRE_FIXED: Final = {1: 8, 5: 4}
_WIRE_VARINT: Final = 0
_WIRE_BYTES: Final = 2


@cache
def message_classes() -> tuple[Any, Any]:
    """Return the classes of one quote and of a batch. Imports the protobuf package on the first call."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # noqa: PLC0415 - an extra, and heavy

    file = descriptor_pb2.FileDescriptorProto(name="market_data.proto", package="ctp", syntax="proto3")
    quote = file.message_type.add(name="MarketDataMessage")
    for number, field in enumerate(FIELDS, 1):
        kind = _BYTES if field.kind is Kind.TEXT else field.kind.value
        quote.field.add(name=field.name, number=number, type=kind, label=1)
    batch = file.message_type.add(name="MarketDataBatchMessage")
    batch.field.add(name="market_data", number=1, type=_MESSAGE, label=_REPEATED, type_name=".ctp.MarketDataMessage")
    batch.field.add(name="timestamp", number=2, type=Kind.LONG.value, label=1)
    batch.field.add(name="message_type", number=3, type=Kind.COUNT.value, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    find = pool.FindMessageTypeByName
    return (
        message_factory.GetMessageClass(find("ctp.MarketDataMessage")),
        message_factory.GetMessageClass(find("ctp.MarketDataBatchMessage")),
    )


class ProtobufReader:
    """Reads single messages and batches."""

    def __init__(self, assembler: Assembler) -> None:
        from google.protobuf.message import DecodeError  # noqa: PLC0415 - an extra, and heavy

        quote, batch = message_classes()
        self._error: type[Exception] = DecodeError
        self._parse = quote.FromString
        self._parse_batch = batch.FromString
        self._pick = attrgetter(*HEAD, *BODY, "bid_volume2", "ask_volume2")
        self._pick_depth = attrgetter(*(name for level in DEEPER for name in level))
        self._tick = assembler.tick

    def read(self, body: bytes) -> tuple[Any, ...] | None:
        """Return the quote as a raw tick, `None` when it is filtered out.

        Raises: RefusedFrameError: it cannot be read.
        """
        try:
            message = self._parse(body)
        except self._error as error:
            raise _why(body, error) from None
        return self.assemble(message)

    def messages(self, body: bytes) -> list[Any]:
        """Return the quotes of a batch, to be assembled one by one.

        Raises: RefusedFrameError: the batch cannot be read.
        """
        try:
            return list(self._parse_batch(body).market_data)
        except self._error as error:
            raise _why(body, error) from None

    def assemble(self, message: Any) -> tuple[Any, ...] | None:  # noqa: ANN401 - a class made at run time
        """Return a parsed message as a raw tick, `None` when it is filtered out.

        Raises: RefusedFrameError: it names no contract or no time.
        """
        # fmt: off
        (
            symbol, exchange, trading_day, action, clock, ms,
            last, volume, turnover, held, bid, bid_lots, ask, ask_lots, opened, high, low,
            pre_settle, pre_close, pre_held, up, down, settle, bid_lots_2, ask_lots_2,
        ) = self._pick(message)
        none = ABSENT_FROM
        # One comparison turns away DBL_MAX and NaN; negative prices exist on spreads.
        return self._tick(
            (symbol, exchange, trading_day, action, clock, ms),
            (
                last if last and -none < last < none else None,
                volume,
                turnover if -none < turnover < none else None,
                held if -none < held < none else None,
                bid if bid and -none < bid < none else None, bid_lots,
                ask if ask and -none < ask < none else None, ask_lots,
                opened if opened and -none < opened < none else None,
                high if high and -none < high < none else None,
                low if low and -none < low < none else None,
                pre_settle if pre_settle and -none < pre_settle < none else None,
                pre_close if pre_close and -none < pre_close < none else None,
                pre_held if -none < pre_held < none else None,
                up if up and -none < up < none else None,
                down if down and -none < down < none else None,
                settle if settle and -none < settle < none else None,
                depth_of(self._pick_depth(message)) if bid_lots_2 or ask_lots_2 else None,
            ),
        )
        # fmt: on


def depth_of(values: tuple[Any, ...]) -> tuple[tuple[float | None, int, float | None, int], ...]:
    """Return the levels beyond the first from their 16 numbers in wire order."""
    none = ABSENT_FROM
    return tuple(
        (
            bid if bid and -none < bid < none else None,
            bid_lots,
            ask if ask and -none < ask < none else None,
            ask_lots,
        )
        for bid, bid_lots, ask, ask_lots in zip(*(iter(values),) * 4, strict=True)
    )


def is_batch(body: bytes) -> bool:
    """Tell a batch from a single message, both beginning with field 1: it holds a message, which begins with a tag."""
    length, at = _varint(body, 1)
    return length > 0 and at < len(body) and body[at] in b"\x0a\x12"


def _why(body: bytes, error: Exception) -> RefusedFrameError:
    """Tell a message cut off from one that is broken inside."""
    at = 0
    while at < len(body):
        tag, at = _varint(body, at)
        kind = tag & 7
        if kind in _WIRE_FIXED:
            at += _WIRE_FIXED[kind]
        elif kind == _WIRE_VARINT:
            _, at = _varint(body, at)
        elif kind == _WIRE_BYTES:
            length, at = _varint(body, at)
            at += length
        else:
            return RefusedFrameError(RefusalReason.MALFORMED, f"protobuf: {error}")
    reason = RefusalReason.TRUNCATED if at > len(body) else RefusalReason.MALFORMED
    return RefusedFrameError(reason, f"protobuf: {error}")


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """Return a number and where it ends; beyond the body's end when it is cut off."""
    number = shift = 0
    while at < len(body):
        byte = body[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the continuation bit
            return number, at
        shift += 7
    return number, at + 1
