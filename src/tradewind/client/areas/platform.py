"""The platform itself: who one is there, how it is, and its record, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import msgspec

from tradewind.client.answers.record import Page, Totals
from tradewind.client.answers.session import KeyView, MeView, PersonView, Session
from tradewind.client.calls import Call, Pages, ask, at
from tradewind.client.modes import Area, M, paged, route


class Condition(msgspec.Struct, frozen=True):
    """What a column of a row must be: `Condition("symbol", "is", "au2606")`.

    Tests: is, is_not, below, at_most, at_least, above, one_of, contains, begins.
    """

    column: str
    test: str
    value: str | float | int | list[str | float | int]


class Platform(Area[M]):
    """What of it is shown depends on what the asker may see."""

    @route
    def session(self) -> Call[Session]:
        """Say who the asker is and where things are."""
        return ask("/api/v1/session", Session)

    @route
    def me(self) -> Call[MeView]:
        """Say who the asker is, and what they may do with which products and accounts."""
        return ask("/api/v1/me", MeView)

    @route
    def people(self) -> Call[list[PersonView]]:
        """List what everybody is called."""
        return ask("/api/v1/people", list[PersonView])

    @route
    def keys(self) -> Call[list[KeyView]]:
        """List the asker's API keys, newest first."""
        return ask("/api/v1/me/keys", list[KeyView])

    @route
    def system(self) -> Call[dict[str, Any]]:
        """Return services, counters, latency per hop, rates, source and memory."""
        return ask("/api/v1/system", dict[str, Any])

    @route
    def alerts(self) -> Call[Any]:
        """Return every alert of the handbook as it stands."""
        return ask("/api/v1/ops/alerts", Any)

    @paged
    def records(
        self,
        view: str,
        *where: Condition,
        search: str = "",
        sort: str = "",
        order: Literal["asc", "desc"] = "desc",
        page_size: int = 100,
    ) -> Pages[dict[str, Any]]:
        """Go through the record: trades, orders, triggers, instructions, equity, settlements, journal and others.

        Money and prices are texts of digits, as they are written there.
        """
        conditions: Sequence[Condition] = where
        page = partial(
            ask,
            at("/api/v1/records/{}", view),
            Page,
            where=msgspec.json.encode(conditions).decode() if conditions else "",
            search=search,
            sort=sort,
            order=order,
            limit=page_size,
        )
        return Pages(page=lambda after: page(after=after), rows=lambda told: told.rows, next_of=lambda told: told.next)

    @route
    def record_totals(self, view: str, *where: Condition, search: str = "") -> Call[Totals]:
        """Return how many rows of the record fit and what they come to: lots, fees and profit of trades."""
        conditions: Sequence[Condition] = where
        told = msgspec.json.encode(conditions).decode() if conditions else ""
        return ask(at("/api/v1/records/{}/totals", view), Totals, where=told, search=search)
