"""One room of the line on its own: a `Bus` that hears and speaks in the order of the line, whoever carries it.

Pure: what comes from the network is offered, what goes there is handed to `write` with its key, or packed. Time is the
room's own `LineClock`, moved by the ticks it hears of, so that timers fire between the same two ticks as in one
process. A room that starts again is offered what is still kept of its inputs; what it had written before is recognised
by its key and not written twice. The work is done by the compiled core, or by its Python counterpart (`line_core`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from tradewind.bus.line_core import PlainLineCore
from tradewind.bus.line_order import BEGINNING, rank_of
from tradewind.bus.topics import CLEAN_TICKS, FEATURES
from tradewind.native import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.bus.flat import BodyCodec
    from tradewind.bus.line_order import LineKey
    from tradewind.bus.packs import AnyPacker
    from tradewind.bus.topics import Topic
    from tradewind.kernel.clock import LineClock

E = TypeVar("E")


class RoomSubscription:
    """A handler's place on one topic of a `LineRoom`."""

    __slots__ = ("_handlers", "_own")

    def __init__(self, handlers: list[Callable[[Any], None]], own: Callable[[Any], None]) -> None:
        self._handlers = handlers
        self._own = own

    def cancel(self) -> None:
        """Stop receiving; safe to call twice."""
        if self._own in self._handlers:
            self._handlers.remove(self._own)


class LineRoom:
    """The bus of one room that runs alone; see `bus.ports.Bus` for what publishing and subscribing mean."""

    def __init__(
        self,
        room: str,
        *,
        writers: tuple[str, ...],
        clock: LineClock,
        write: Callable[[Topic[Any], LineKey, Any], None],
        on_failure: Callable[[str, str, object, Exception], None],
        packers: Mapping[str, AnyPacker] | None = None,
        relay: AnyPacker | None = None,
        on_loose: Callable[[], None] = lambda: None,
        max_held: int = 100_000,
        core: Literal["fastest", "plain"] = "fastest",
    ) -> None:
        """`writers` are the rooms whose topics this one reads; the market is always heard, for its time.

        Topics in `packers` are packed and not written; `on_loose` is told when that was done out of any turn of
        `work`. The times of ticks are packed into `relay`, for rooms that need time and no ticks.
        """
        self.room = room
        self._handlers: dict[str, list[Callable[[Any], None]]] = {}
        self._packers = packers or {}
        parts: dict[str, Any] = {
            "room": room,
            "writers": tuple(dict.fromkeys(("market", *writers))),
            "handlers": self._handlers,
            "clock": clock,
            "write": write,
            "on_failure": on_failure,
            "on_loose": on_loose,
            "tick_topic": CLEAN_TICKS.name,
            "relay": relay,
            "max_held": max_held,
        }
        self.core: Any = PlainLineCore(**parts) if core == "plain" else _core(rank_of(room), parts)
        """What holds and hands over: `told`, `is_ahead`, `is_full`, `frontier`."""
        self.offer: Callable[[str, LineKey, Any], bool] = self.core.offer
        """Take in one event: `offer(topic, key, event)`; it is handled by `work` when its turn is there."""
        self.work: Callable[[], LineKey] = self.core.work
        """Handle all whose turn has come; return the mark through which this room is done."""

    @property
    def repeated(self) -> int:
        """Events not written because they had been before a restart."""
        count: int = self.core.repeated
        return count

    def hears(self, topic: str) -> bool:
        """Tell whether anybody here wants a topic now."""
        return bool(self._handlers.get(topic))

    def resume_after(self, written: Mapping[str, LineKey]) -> None:
        """Tell the last key of each topic this room has written already."""
        self.core.resume_after(written, written.get(FEATURES.name, BEGINNING))

    def publisher(self, topic: Topic[E]) -> Callable[[E], None]:
        """Return the function that publishes to `topic`."""
        packer = self._packers.get(topic.name)
        if not isinstance(self.core, PlainLineCore):
            return compiled.LinePublisher(self.core, topic, topic.name, packer)
        publish: Callable[[E], None] = self.core.publisher(topic, packer)
        return publish

    def subscribe(self, topic: Topic[E], handler: Callable[[E], None], *, group: str) -> RoomSubscription:
        """Hear `topic`; there is one group here, the room."""
        del group
        handlers = self._handlers.setdefault(topic.name, [])
        handlers.append(handler)
        return RoomSubscription(handlers, handler)

    def offer_pack(
        self, topic: str, codec: BodyCodec, payload: bytes, entry: tuple[int, int]
    ) -> tuple[LineKey | None, LineKey | None, int]:
        """Take in a pack; return the place of its last event, its mark, and how many events it holds.

        Raises: ValueError, OverflowError, RecursionError: it is malformed; none of it has been taken in.
        """
        taken: tuple[LineKey | None, LineKey | None, int] = self.core.unpack(topic, codec, payload, *entry)
        return taken


def _core(rank: int, parts: dict[str, Any]) -> Any:  # noqa: ANN401 - either core
    """Return the compiled core where it is there."""
    if compiled is None:
        return PlainLineCore(**parts)
    return compiled.LineCore(rank=rank, **parts)
