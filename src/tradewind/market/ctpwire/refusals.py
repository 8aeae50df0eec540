"""What could not be read, why, and the last of it kept for inspection."""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from tradewind.errors import MalformedTickError


class RefusalReason(StrEnum):
    """Why a message, or one quote of a message, was refused; the names are labels of a counter."""

    EMPTY = "empty"
    """No frame, or an empty one."""
    FRAMES = "frames"
    """More frames than topic, body and a running number."""
    OVERSIZED = "oversized"
    """A frame larger than `max_frame_bytes`, or a message of more quotes than `max_batch`."""
    PICKLE = "pickle"
    """A pickled Python object: reading it would run it."""
    UNKNOWN_FORM = "unknown_form"
    """None of the forms we know."""
    TRUNCATED = "truncated"
    """Begins as a form we know and ends too early."""
    MALFORMED = "malformed"
    """Begins as a form we know and breaks its rules."""
    ENCODING = "encoding"
    """Text that is neither UTF-8 nor GBK."""
    WRONG_TYPE = "wrong_type"
    """A field holds a list where a number belongs, a word where a price belongs."""
    INSTRUMENT = "instrument"
    """Names no contract, or with characters that no contract has."""
    TIME = "time"
    """No time, or none that exists."""
    TOO_DEEP = "too_deep"
    """Wrapped in more wrappers than anybody uses."""
    NO_QUOTE = "no_quote"
    """Well-formed, but nothing in it is a quote."""


class RefusedFrameError(MalformedTickError):
    """This message or quote cannot be read; `reason` is counted, the text is for the inspector."""

    code = "refused_frame"

    def __init__(self, reason: RefusalReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class QuarantinedFrame(msgspec.Struct, frozen=True, kw_only=True):
    """One refused message as it is shown to a person; `head_hex` is its beginning only."""

    number: int
    """Counts refusals since the start."""
    received_ns: int
    reason: RefusalReason
    detail: str
    topic: str
    size: int
    head_hex: str


class QuarantineLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of what was refused is kept."""

    frames: Annotated[
        int, Meta(ge=0, le=10_000, description="refused messages kept for inspection; when full the oldest goes")
    ] = 256
    head_bytes: Annotated[
        int, Meta(ge=16, le=65_536, description="of each refused message, so many bytes are kept")
    ] = 512


class Quarantine:
    """The last refused messages, in a ring; counts go on when it is full."""

    def __init__(self, limits: QuarantineLimits) -> None:
        self._head_bytes = limits.head_bytes
        self._kept: deque[QuarantinedFrame] = deque(maxlen=limits.frames)
        self.counts: dict[RefusalReason, int] = {}
        self.total = 0

    def add(self, error: RefusedFrameError, *, topic: bytes, body: bytes, now_ns: int) -> None:
        """Count one refusal and keep its beginning."""
        self.total += 1
        self.counts[error.reason] = self.counts.get(error.reason, 0) + 1
        self._kept.append(
            QuarantinedFrame(
                number=self.total,
                received_ns=now_ns,
                reason=error.reason,
                detail=str(error)[:200],
                topic=ascii(topic[:80])[2:-1],
                size=len(body),
                head_hex=body[: self._head_bytes].hex(),
            )
        )

    @property
    def kept(self) -> int:
        """Return how many refusals can be inspected now."""
        return len(self._kept)

    def latest(self, limit: int = 50) -> list[QuarantinedFrame]:
        """Return the newest refusals, newest first."""
        newest = list(self._kept)[-limit:] if limit > 0 else []
        return newest[::-1]
