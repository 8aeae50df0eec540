"""The state that the dashboard shows, made of what push tells: tables by topic, the system, what happened lately."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from tradewind.ops.rows import VIEWS, Event, View, cells, harmless, value_of, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TOPICS: Final = (
    *("system", "quotes", "opportunities", "signals", "risk_alerts", "positions", "accounts", "orders"),
    "trading_states",
)
MOST_ROWS: Final = 500
"""Of one table; the oldest go."""
MOST_LINES: Final = 1_000
_HAPPENINGS: Final = frozenset({"signals", "risk_alerts", "orders"})
"""Topics shown newest first; the others are the state of things and keep their order."""
_TOLD: Final = frozenset({"risk_alerts", "trading_states", "orders"})
"""Topics whose events are lines of the log, too."""
_LONGEST_LINE: Final = 400
SERVICE_HEADS: Final = ("service", "state", "restarts", "said")


class Board:
    """Everything at one moment; bounded, whatever is told."""

    def __init__(self) -> None:
        self.system: Event = {}
        self.lines: deque[str] = deque(maxlen=MOST_LINES)
        self.far: list[list[str]] = []
        """Of streams between processes: what, of which, how far; told by who can ask Redis."""
        self.told = 0
        """Lines ever told."""
        self.changes: dict[str, int] = dict.fromkeys(TOPICS, 0)
        """Topic → how often it changed, for whoever shows it to know whether to look again."""
        self._tables: dict[str, dict[str, Event]] = {topic: {} for topic in TOPICS}
        self._states: dict[str, str] = {}

    def take(self, topic: str, events: Sequence[Event], is_snapshot: bool) -> None:  # noqa: FBT001 - the follower's call
        """Take what push told of a topic."""
        if topic not in self.changes:
            return
        self.changes[topic] += 1
        if topic == "system":
            for event in events:
                self._take_system(event)
            return
        table = self._tables[topic]
        if is_snapshot:
            table.clear()
        for event in events:
            self._put(topic, table, event)
            if topic in _TOLD and not is_snapshot:
                self.tell(f"{topic}: {' '.join(cells(VIEWS[topic], event))}")

    def tell(self, text: str) -> None:
        """Add a line to the log."""
        self.told += 1
        self.lines.append(harmless(text)[:_LONGEST_LINE])

    def take_far(self, rows: list[list[str]]) -> None:
        """Take how far streams and those who read them are."""
        self.far = [[written(cell, "text") for cell in row] for row in rows]
        self.changes["system"] += 1

    def rows(self, topic: str, needle: str = "") -> list[list[str]]:
        """Return a table's cells, of rows that hold `needle` in whatever case."""
        view: View = VIEWS[topic]
        events: Iterable[Event] = self._tables[topic].values()
        if topic in _HAPPENINGS:
            events = reversed(list(events))
        found = (cells(view, event) for event in events)
        return [row for row in found if _holds(row, needle)]

    def services(self, needle: str = "") -> list[list[str]]:
        """Return service, state, restarts and what it last said."""
        told = self.system.get("told_s", {})
        rows = [
            [
                written(each.get("name"), "text"),
                _state(each) + (f" {told[each['name']]:.0f} s ago" if told.get(each.get("name"), 0) > 1 else ""),
                written(each.get("restarts"), "number"),
                written(each.get("last_error"), "text"),
            ]
            for each in self.system.get("services", [])
        ]
        return [row for row in rows if _holds(row, needle)]

    def rates(self) -> list[list[str]]:
        """Return what is counted and how much of it a second."""
        return [[written(name, "text"), f"{rate:,.1f}"] for name, rate in self.system.get("rates", {}).items()]

    def hops(self, needle: str = "") -> list[list[str]]:
        """Return topic, room, events, median and 99th percentile in µs; the whole line first."""
        line = self.system.get("line_latency", {})
        rows = [["line", written(name, "text"), "", written(value, "number"), ""] for name, value in line.items()]
        rows += [
            [
                written(hop.get("topic"), "text"),
                written(hop.get("room"), "text"),
                written(hop.get("count"), "number"),
                f"{hop.get('p50_us', 0):,.1f}",
                f"{hop.get('p99_us', 0):,.1f}",
            ]
            for hop in self.system.get("hops", [])
        ]
        return [row for row in rows if _holds(row, needle)]

    def streams(self, needle: str = "") -> list[list[str]]:
        """Return how far streams are, then every counter and gauge."""
        rows = list(self.far)
        for kind in ("counters", "gauges"):
            for name, values in self.system.get(kind, {}).items():
                rows += [
                    [written(name, "text").removeprefix("tradewind_"), written(label, "text"), written(value, "number")]
                    for label, value in values.items()
                ]
        return [row for row in rows if _holds(row, needle)]

    def title(self) -> str:
        """Return in one line what runs there, and its alarm where there is one."""
        system = self.system
        if not system:
            return "nothing heard yet"
        source = value_of(system, "source.kind")
        alarm = value_of(system, "feed_alarm.message")
        up_s = int(system.get("uptime_s", 0))
        parts = [
            f"Tradewind {written(system.get('version'), 'text')}",
            f"{written(source, 'text')}",
            f"up {up_s // 3600}:{up_s // 60 % 60:02d}:{up_s % 60:02d}",
            f"{system.get('memory_mb', 0):,.0f} MB",
            f"{value_of(system, 'rates.ticks_in') or 0:,.0f} ticks/s",
        ]
        return " · ".join(parts) + (f" · ALARM {written(alarm, 'text')}" if alarm else "")

    def _take_system(self, event: Event) -> None:
        self.system = event
        for each in event.get("services", []):
            name, state = str(each.get("name")), _state(each)
            before = self._states.get(name)
            self._states[name] = state
            if before is not None and before != state:
                self.tell(f"{name}: {before} → {state} {each.get('last_error') or ''}")

    def _put(self, topic: str, table: dict[str, Event], event: Event) -> None:
        keys = VIEWS[topic].keys
        key = " ".join(str(value_of(event, field)) for field in keys) if keys else str(len(table))
        if topic in _HAPPENINGS:
            table.pop(key, None)
        is_over = (topic == "opportunities" and event.get("state") == "CLOSED") or (
            topic == "positions" and not event.get("today", 0) + event.get("yesterday", 0)
        )
        if is_over:
            table.pop(key, None)
            return
        table[key] = event
        if len(table) > MOST_ROWS:
            del table[next(iter(table))]


def _state(service: Any) -> str:  # noqa: ANN401 - a service as JSON
    state = written(service.get("state"), "text")
    return state if service.get("is_healthy", True) else f"{state} !"


def _holds(row: list[str], needle: str) -> bool:
    return not needle or any(needle.casefold() in cell.casefold() for cell in row)
