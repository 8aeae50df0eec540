"""The stream of system 003's signal streamer: one frame per change, nothing to be sent by the client (C-003-7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.bus.seed_forms import SeedOpportunityMessage, seed_opportunity
from tradewind.push.frames import text_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tradewind.domain.opportunity import Opportunity
    from tradewind.push.feed import Feed
    from tradewind.push.log import Entry, Form

_ENCODER: Final = msgspec.json.Encoder()


def opportunity_frame(opportunity: Opportunity) -> bytes:
    """Frame one version of an opportunity: `{"type":"opportunity","payload":{…}}`."""
    return text_frame(_ENCODER.encode(SeedOpportunityMessage(payload=seed_opportunity(opportunity))))


class OpportunityDialect:
    """Opportunities in 003's words.

    It knows no offsets: a newcomer is told what is open, one frame each, and so is a client that was too slow.
    """

    def form(self, feed: Feed) -> Form:  # noqa: ARG002 - the port's signature
        """Return what writes a version as a frame of its own."""
        return opportunity_frame

    def snapshot(self, feed: Feed, events: Iterable[Any]) -> bytes:  # noqa: ARG002 - the port's signature
        """Say every open opportunity."""
        return b"".join(map(opportunity_frame, events))

    def events(self, feed: Feed, entries: Sequence[Entry]) -> bytes:  # noqa: ARG002 - the port's signature
        """Say every change."""
        return b"".join([entry[2] for entry in entries])

    def reset(self, feed: Feed) -> bytes:  # noqa: ARG002 - the port's signature
        """Say nothing: the open opportunities that follow replace what the client has, by id."""
        return b""
