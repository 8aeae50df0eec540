"""What every message to the trading desk has in common: questions change nothing, commands say who gives them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

AccountId = Annotated[str, Meta(min_length=1, max_length=50)]
InstrumentId = Annotated[str, Meta(min_length=1, max_length=40)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(max_length=500)]
Lots = Annotated[int, Meta(ge=1, le=1_000_000)]


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="ask"):
    """A question; nothing changes."""


class Directive(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """A command: who gives it, by which door, and the id that makes it happen once."""

    actor: Name
    source: Annotated[str, Meta(max_length=100)]
    request_id: Name
