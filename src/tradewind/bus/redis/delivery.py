"""What one group does with one topic's events: read, drop repeats, hand over, set aside what cannot be handled.

This is the handler guard of the Redis bus. A handler that raises is tried again at once, in its place, so that the
order of events stays; after `max_deliveries` attempts the event is poison. What cannot be read, and what is poison,
goes to the bounded stream `<key>:poison` for inspection, and the group goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from tradewind.bus.codec import UNREADABLE, refusal_reason
from tradewind.bus.redis.keys import poison_key
from tradewind.bus.redis.resp import PAYLOAD, command, payload_of
from tradewind.kernel.clock import perf_ns
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from tradewind.bus.codec import Codec
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.settings import BusSettings
    from tradewind.bus.topics import Topic
    from tradewind.kernel.metrics import Metrics

E = TypeVar("E")
OnFailure = "Callable[[str, str, object, Exception], None]"
_LOG = get_log("bus.redis")
_RAW_KEPT: Final = 4_096
"""Bytes of a refused payload that are kept for inspection."""
NATURAL_KEYS: Final[dict[str, Callable[[Any], Hashable]]] = {
    "bars": lambda bar: (bar.instrument_id, bar.interval_s, bar.ts_open),
    "signals": lambda signal: signal.signal_id or None,
    "opportunities": lambda opportunity: (opportunity.opportunity_id, opportunity.version),
}
"""The name under which an event of a topic happens once; ticks are numbered, and every room looks at the number."""


class Remembered:
    """The names of the newest events, so that one published twice is handled once; the oldest are forgotten."""

    __slots__ = ("_limit", "_names")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._names: dict[Hashable, None] = {}

    def is_new(self, name: Hashable) -> bool:
        """Tell whether the name was not seen lately, and remember it."""
        names = self._names
        if name in names:
            return False
        names[name] = None
        if len(names) > self._limit:
            del names[next(iter(names))]
        return True


class Audience(Generic[E]):
    """The handlers of one group on one topic in this process; events go to them in turn."""

    def __init__(
        self,
        topic: Topic[E],
        group: str,
        codec: Codec[E],
        *,
        settings: BusSettings,
        writer: Writer,
        metrics: Metrics,
        on_failure: Callable[[str, str, object, Exception], None] | None,
        on_hop: Callable[[str, str, int], None] | None,
    ) -> None:
        self.topic = topic
        self.group = group
        self.handlers: tuple[Callable[[E], None], ...] = ()
        self._turn = 0
        self.decode = codec.decode
        self._settings = settings
        self._writer = writer
        self._metrics = metrics
        self._on_failure = on_failure
        self._on_hop = on_hop
        self._name_of: Callable[[Any], Hashable] | None = NATURAL_KEYS.get(topic.name) if settings.remembered else None
        self._remembered = Remembered(settings.remembered)
        self._refused: set[str] = set()

    @property
    def remembers(self) -> bool:
        """Tell whether repeats of this topic are known by name here."""
        return self._name_of is not None

    def remember(self, event: E) -> None:
        """Take note of an event that was handled by a predecessor."""
        if self._name_of is not None and (name := self._name_of(event)) is not None:
            self._remembered.is_new(name)

    def deliver(self, key: str, entries: Sequence[Any]) -> None:
        """Handle entries of a stream in order; returning means that all of them may be acknowledged."""
        decode, limit, name_of = self.decode, self._settings.entry_bytes, self._name_of
        begun = perf_ns()
        for entry_id, fields in entries:
            payload = fields[1] if len(fields) == 2 and fields[0] == PAYLOAD else payload_of(fields)  # noqa: PLR2004 - one field and its value
            if payload is None or len(payload) > limit:
                self.refuse(key, entry_id, payload, "no_payload" if payload is None else "too_large", fields)
                continue
            try:
                event = decode(payload)
            except UNREADABLE as error:
                self.refuse(key, entry_id, payload, refusal_reason(error), fields)
                continue
            if name_of is not None and self._is_repeat(name_of(event)):
                continue
            if not self.handle(event):
                self.set_aside(key, entry_id, payload, "handler_failed")
        if self._on_hop is not None and entries:
            self._on_hop(self.topic.name, self.group, (perf_ns() - begun) // len(entries))

    def take_message(self, channel: str, payload: bytes, is_ours: Callable[[E], bool]) -> None:
        """Handle one message of a Pub/Sub channel."""
        try:
            event = self.decode(payload)
        except UNREADABLE as error:
            self.refuse(channel, b"", payload, refusal_reason(error), [])
            return
        if is_ours(event) and not self.handle(event):
            self.set_aside(channel, b"", payload, "handler_failed")

    def handle(self, event: E) -> bool:
        """Hand the event to the next handler, again while it fails; return whether it was handled at last."""
        for _ in range(self._settings.max_deliveries):
            handlers = self.handlers
            if not handlers:
                return True
            self._turn = (self._turn + 1) % len(handlers)
            try:
                handlers[self._turn](event)
            except Exception as error:  # noqa: BLE001 - the handler guard, one of the three boundaries
                if self._on_failure is not None:
                    self._on_failure(self.topic.name, self.group, event, error)
            else:
                return True
        return False

    def refuse(self, key: str, entry_id: bytes, payload: bytes | None, reason: str, fields: list[bytes]) -> None:
        """Count an entry that cannot be read by its reason and keep it for inspection; log the first of each."""
        self._metrics.bus_refused.add(reason)
        if reason not in self._refused:
            self._refused.add(reason)
            _LOG.warning("entry_refused", key=key, group=self.group, entry=entry_id.decode(), reason=reason)
        self.set_aside(key, entry_id, b" ".join(fields) if payload is None else payload, reason)

    def set_aside(self, key: str, entry_id: bytes, payload: bytes, reason: str) -> None:
        """Put an entry into the stream of poison."""
        self._metrics.bus_poison.add(f"{self.topic.name}/{self.group}")
        kept = payload[:_RAW_KEPT] if reason == "too_large" else payload
        self._writer.lasting(
            command(
                *("XADD", poison_key(key), "MAXLEN", "~", self._settings.poison_len, "*"),
                *("payload", kept, "entry", entry_id, "group", self.group, "reason", reason),
            )
        )

    def _is_repeat(self, name: Hashable) -> bool:
        if name is None or self._remembered.is_new(name):
            return False
        self._metrics.bus_repeats.add(f"{self.topic.name}/{self.group}")
        return True
