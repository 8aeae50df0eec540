"""What each page of the dashboard shows: its tables, with their heads and where their rows come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.ops.board import SERVICE_HEADS, Board
from tradewind.ops.rows import VIEWS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Rows = list[list[str]]


class Panel(NamedTuple):
    """One table of a page; `topic` says when it has changed, `share` how much of the height it takes."""

    name: str
    topic: str
    heads: Sequence[str]
    rights: Sequence[bool]
    """Which columns hold figures."""
    rows: Callable[[Board, str], Rows]
    share: str = "1fr"


class Page(NamedTuple):
    """One page: its key, its name and its tables from the top."""

    key: str
    name: str
    title: str
    panels: tuple[Panel, ...]

    @property
    def pane(self) -> str:
        """Return what the page is called beside its tables, of which one may have its name."""
        return f"{self.name}-page"


def _of(topic: str, share: str = "1fr") -> Panel:
    columns = VIEWS[topic].columns
    heads, rights = [column.head for column in columns], [column.is_right for column in columns]
    return Panel(topic, topic, heads, rights, lambda board, needle: board.rows(topic, needle), share)


PAGES: Final = (
    Page(
        "1",
        "overview",
        "Overview",
        (
            Panel("services", "system", SERVICE_HEADS, (False, False, True, False),
                  lambda board, needle: board.services(needle), "2fr"),
            Panel("rates", "system", ("counted", "per second"), (False, True), lambda board, _needle: board.rates()),
        ),
    ),
    Page(
        "2",
        "latency",
        "Latency",
        (
            Panel("hops", "system", ("topic", "room", "events", "p50 µs", "p99 µs"), (False, False, True, True, True),
                  lambda board, needle: board.hops(needle)),
        ),
    ),
    Page("3", "market", "Market", (_of("quotes"),)),
    Page("4", "opportunities", "Opps", (_of("opportunities", "2fr"), _of("signals"))),
    Page("5", "alerts", "Alerts", (_of("risk_alerts", "2fr"), _of("trading_states"))),
    Page("6", "desk", "Desk", (_of("accounts"), _of("positions"), _of("orders"))),
    Page(
        "7",
        "streams",
        "Streams",
        (
            Panel("streams", "system", ("counter or gauge", "of", "value"), (False, False, True),
                  lambda board, needle: board.streams(needle)),
        ),
    ),
)  # fmt: skip
HELP: Final = """\
Keys

  1 … 8      the pages, from Overview to Logs
  tab        to the next table; arrows and page keys move in it
  /          rows that hold a text; enter keeps it, escape ends it
  p          stand still, and go on
  r          draw everything anew
  ?          this page
  q, ctrl+c  end

The first line says whether the connection is live. When it is cut,
what is shown stays; the dashboard comes back by itself and goes on
where it was. A service marked ! is not well: its last column says
why. Times are those of the exchange.
"""
