"""What somebody arranges for themselves, as the page writes and reads it: watch-lists, layouts, choices, recents."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tradewind.api.identity_forms import Version

Name = Annotated[str, Meta(max_length=30)]
Word = Annotated[str, Meta(min_length=1, max_length=32)]
InstrumentId = Annotated[str, Meta(pattern=r"^[^\s]{1,64}$")]


class WatchListForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One list; without a name it is the one the page calls 自选."""

    list_id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
    name: Name = ""
    instruments: Annotated[tuple[InstrumentId, ...], Meta(max_length=300)] = ()


class LayoutForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a page is arranged, in words of the page's own."""

    name: Name
    panels: Annotated[tuple[Word, ...], Meta(max_length=32)] = ()
    sizes: Annotated[dict[Word, Annotated[float, Meta(ge=0, le=100_000)]], Meta(max_length=64)] = {}
    choices: Annotated[dict[Word, Annotated[str, Meta(max_length=500)]], Meta(max_length=64)] = {}


class OwnDeskForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it; together at most 60,000 bytes."""

    lists: Annotated[tuple[WatchListForm, ...], Meta(max_length=20)] = ()
    layouts: Annotated[tuple[LayoutForm, ...], Meta(max_length=20)] = ()
    layout: LayoutForm | None = None
    recents: Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=30)] = ()
    choices: Annotated[dict[Word, Annotated[str, Meta(max_length=100)]], Meta(max_length=64)] = {}

    def __post_init__(self) -> None:
        """Accept each list once, and each instrument once in a list."""
        ids = [one.list_id for one in self.lists]
        for what, names in (("list", ids), *((f"{one.list_id!r}: instrument", one.instruments) for one in self.lists)):
            twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
            if twice is not None:
                message = f"{what} {twice!r} stands there twice; each may stand there once"
                raise ValueError(message)


class SaveDeskForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A desk in place of the one that was seen."""

    version: Version
    desk: OwnDeskForm


class OwnDeskView(msgspec.Struct, frozen=True):
    """A desk as it is kept; version 0: nothing was saved yet."""

    version: int
    desk: OwnDeskForm


class SavedView(msgspec.Struct, frozen=True):
    """The version that the next saving has to name."""

    version: int
