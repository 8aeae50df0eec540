"""The bodies of requests about notices and chat: their messages without what the path says already."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tradewind.domain.chat import Attached, Text
from tradewind.domain.notice import Ids, Place, Wishes


class ReadForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Notices that were read: those named, and every one through `through` (0: none by that)."""

    notice_ids: Ids = ()
    through: Place = 0


class WishesForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody chooses; `version` is that of the preferences they saw."""

    wishes: Wishes
    version: Place


class SayForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message, with what it points to."""

    text: Text
    attachments: Attached = ()


class EditForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message written anew; `version` is the one that was seen."""

    text: Text
    version: Annotated[int, Meta(ge=1)]
    attachments: Attached = ()


class ReadThroughForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The newest message that was read."""

    through: Place
