"""What alerts there are: when each fires, how bad that is, and what somebody reads who was woken by it.

They stand in `data/alerts.toml`; rules and the handbook's pages are made of it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

Severity = Literal["critical", "warning"]
Group = Literal["market", "trading", "house"]
PAGES: Final = "docs/alerts"
"""Where the handbook's pages lie, one per alert, in the project's folder."""
_TABLE: Final = Path(__file__).with_name("data") / "alerts.toml"


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The handbook's words in one language."""

    title: str
    means: str
    look: tuple[str, ...]
    remedy: tuple[str, ...]


class Alert(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"for_": "for"}):
    """One alert; `expr` is PromQL, `for_` how long it has to hold, in Prometheus' durations."""

    group: Group
    name: Annotated[str, Meta(pattern="^Tradewind[A-Za-z]+$")]
    severity: Severity
    expr: str
    for_: str
    zh: Words
    en: Words

    @property
    def page(self) -> str:
        """Return the handbook's page, as a path in the project's folder."""
        return f"{PAGES}/{self.name}.md"


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    alert: tuple[Alert, ...]


@cache
def alerts() -> tuple[Alert, ...]:
    """Return every alert in the order of the handbook."""
    return msgspec.toml.decode(_TABLE.read_bytes(), type=_Table).alert
