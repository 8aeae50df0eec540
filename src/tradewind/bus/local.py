"""The bus of one process: publishing is a `for` over the handlers, done when it returns.

Nothing is queued, so nothing can be lost, reordered or delivered twice, and a handler that publishes is served
depth first. A failing handler is tried once: what failed on this event would fail on it again. Handler times are
sampled (one publish in `SAMPLE_EVERY` of each topic, and all that it sets off) so that the per-hop histograms can
stay on for ever.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tradewind.kernel.clock import perf_ns
from tradewind.native import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from tradewind.bus.topics import Topic

E = TypeVar("E")
SAMPLE_EVERY: Final = 64


class _Group:
    """The members of one group on one topic; events go to them in turn."""

    __slots__ = ("members", "name", "turn")

    def __init__(self, name: str) -> None:
        self.name = name
        self.members: tuple[Callable[[Any], None], ...] = ()
        self.turn = 0

    def deliver(self, event: object) -> None:
        """Hand the event to the next member."""
        self.turn = (self.turn + 1) % len(self.members)
        self.members[self.turn](event)


class _Channel:
    """One topic's groups, and the flat tuple of handlers that publishing walks over.

    The tuple is replaced, never changed: subscribing or cancelling from inside a handler takes effect with the
    next event.
    """

    __slots__ = ("flat", "groups", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.groups: dict[str, _Group] = {}
        self.flat: tuple[tuple[Callable[[Any], None], str], ...] = ()

    def add(self, group: str, handler: Callable[[Any], None]) -> None:
        entry = self.groups.setdefault(group, _Group(group))
        entry.members = (*entry.members, handler)
        self._flatten()

    def remove(self, group: str, handler: Callable[[Any], None]) -> None:
        entry = self.groups.get(group)
        if entry is None:
            return
        entry.members = tuple(member for member in entry.members if member != handler)
        if not entry.members:
            del self.groups[group]
        self._flatten()

    def narrow(self, groups: Collection[str], first: Callable[[Any], None]) -> None:
        self.flat = ((first, "first"), *(entry for entry in self.flat if entry[1] in groups))

    def widen(self) -> None:
        self._flatten()

    def _flatten(self) -> None:
        self.flat = tuple(
            (group.members[0] if len(group.members) == 1 else group.deliver, group.name)
            for group in self.groups.values()
        )


class LocalSubscription:
    """A handler's place on one topic of a `LocalBus`."""

    __slots__ = ("_channel", "_group", "_handler")

    def __init__(self, channel: _Channel, group: str, handler: Callable[[Any], None]) -> None:
        self._channel = channel
        self._group = group
        self._handler = handler

    def cancel(self) -> None:
        """Stop receiving; safe to call twice."""
        self._channel.remove(self._group, self._handler)


class LocalBus:
    """Synchronous in-process bus; see `Bus` for the promises."""

    __slots__ = ("_channels", "_inner_ns", "_is_sampling", "_on_failure", "_on_hop")

    def __init__(
        self,
        *,
        on_failure: Callable[[str, str, object, Exception], None] | None = None,
        on_hop: Callable[[str, str, int], None] | None = None,
    ) -> None:
        """Report a failing handler to `on_failure(topic, group, event, error)`, sampled times to `on_hop`.

        `on_hop(topic, group, ns)` gets the time a handler took, less what the events it published took.
        """
        self._on_failure = on_failure
        self._on_hop = on_hop
        self._channels: dict[str, _Channel] = {}
        self._is_sampling = False
        self._inner_ns = 0

    def publisher(self, topic: Topic[E]) -> Callable[[E], None]:
        """Return the bound publish function of `topic`."""
        channel = self._channel(topic.name)
        countdown = SAMPLE_EVERY if self._on_hop is not None else -1
        if compiled is not None:
            return compiled.Publisher(
                bus=self,
                channel=channel,
                timed=self._publish_timed,
                failed=self._failed,
                countdown=countdown,
                every=SAMPLE_EVERY,
            )

        def publish(event: E) -> None:
            nonlocal countdown
            countdown -= 1
            if countdown == 0 or self._is_sampling:
                countdown = SAMPLE_EVERY
                self._publish_timed(channel, event)
                return
            for handler, group in channel.flat:
                try:
                    handler(event)
                except Exception as error:  # noqa: BLE001 - the handler guard, one of the three boundaries
                    self._failed(channel.name, group, event, error)

        return publish

    def subscribe(self, topic: Topic[E], handler: Callable[[E], None], *, group: str) -> LocalSubscription:
        """Add `handler` to `group`; groups are served in the order they first subscribed."""
        channel = self._channel(topic.name)
        channel.add(group, handler)
        return LocalSubscription(channel, group, handler)

    def groups(self, topic: Topic[Any]) -> tuple[str, ...]:
        """Return who reads a topic now, in the order they are served."""
        return tuple(self._channel(topic.name).groups)

    async def start(self) -> None:
        """Nothing to connect."""

    async def settle(self) -> None:
        """Nothing is ever under way between two calls."""

    async def stop(self) -> None:
        """Nothing to disconnect."""

    @contextmanager
    def narrowed(
        self, audience: Mapping[str, Collection[str]], *, first: Callable[[str, object], None]
    ) -> Iterator[None]:
        """Let only these groups hear these topics, and `first(topic, event)` before them: for test events.

        Publishing is done when it returns, so that what is published inside is heard inside, and nothing else is. It
        costs those who publish nothing at any other time.
        """
        channels = [self._channel(name) for name in audience]
        try:
            for channel in channels:
                channel.narrow(audience[channel.name], partial(first, channel.name))
            yield
        finally:
            for channel in channels:
                channel.widen()

    def _channel(self, name: str) -> _Channel:
        return self._channels.setdefault(name, _Channel(name))

    def _failed(self, topic: str, group: str, event: object, error: Exception) -> None:
        if self._on_failure is not None:
            self._on_failure(topic, group, event, error)

    def _publish_timed(self, channel: _Channel, event: object) -> None:
        is_outermost = not self._is_sampling
        self._is_sampling = True
        outer_inner_ns = self._inner_ns
        spent_ns = 0
        for handler, group in channel.flat:
            self._inner_ns = 0
            begun = perf_ns()
            try:
                handler(event)
            except Exception as error:  # noqa: BLE001 - the handler guard, one of the three boundaries
                self._failed(channel.name, group, event, error)
            took = perf_ns() - begun
            spent_ns += took
            if self._on_hop is not None:
                self._on_hop(channel.name, group, took - self._inner_ns)
        self._inner_ns = outer_inner_ns + spent_ns
        if is_outermost:
            self._is_sampling = False
            self._inner_ns = 0
