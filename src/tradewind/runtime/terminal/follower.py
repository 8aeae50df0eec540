"""Follows topics of push for as long as it is wanted, and calls whoever asked; the client does the work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.client.following import Following, Gap, Wish
from tradewind.client.stream import LinkState, Patience, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.runtime.terminal.door import Door

    Events = list[dict[str, Any]]

__all__ = ["Follower", "Gap", "LinkState", "Wish"]
_PATIENCE: Final = Patience(first_s=0.5, most_s=15.0)


class Follower:
    """One stream of some topics, as plain JSON."""

    def __init__(
        self,
        door: Door,
        wishes: Mapping[str, Wish],
        *,
        on_events: Callable[[str, Events, bool], None],
        on_state: Callable[[LinkState, str], None] = lambda _state, _text: None,
        on_gap: Callable[[Gap], None] = lambda _gap: None,
        waits_first: bool = False,
        takes_what_is_offered: bool = False,
    ) -> None:
        """`on_events(topic, events, is_snapshot)`: replace what you have with a snapshot. It must not raise.

        With `waits_first` an installation that is not there yet is waited for; else that ends it. With
        `takes_what_is_offered` topics that we may not have are left out; else they end it.
        """
        following = Following(wishes, takes_what_is_offered=takes_what_is_offered, is_plain=True)
        patience = Patience(first_s=_PATIENCE.first_s, most_s=_PATIENCE.most_s, waits_first=waits_first)
        self._stream = Stream(door, following, patience=patience, on_state=on_state)
        self._on_events = on_events
        self._on_gap = on_gap

    @property
    def recovered(self) -> dict[str, bool]:
        """Say of each topic whether its last subscription went on where the one before had ended."""
        return self._stream.recovered

    async def run(self) -> None:
        """Follow until cancelled. Raises: as `client.stream.Stream`."""
        async with self._stream:
            async for told in self._stream:
                if isinstance(told, Gap):
                    self._on_gap(told)
                else:
                    self._on_events(told.topic, told.events, told.is_snapshot)
