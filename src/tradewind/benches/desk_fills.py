"""How long until 200 clients know all of a fill, for `bench desk`: position, funds, and three channels of statistics.

From the broker's report of the fill, in the trading process, to the frame at each client after which it has the new
position, the account with the fill's commission, the day's sum of fills, the sum of working orders without the order,
and the group with one lot more. The clients are ten people of two sets of rights, twenty pages each, subscribed as the
page subscribes, while the market goes on and moves what positions are worth. The baseline of the run is a bare server
that writes frames of the same size to as many clients.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches.desk_house import ACCOUNT, CONTRACTS, PRODUCT, House
from tradewind.benches.desk_listeners import Frames, Guest, Heard, Listeners, Orders
from tradewind.benches.desk_trading import STAMP_BYTES
from tradewind.benches.result import pauses_s
from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

PEOPLE: Final = 10
PAGES: Final = 20
"""Connections of each of them."""
CLIENTS: Final = PEOPLE * PAGES
_INTERVALS: Final = {
    "positions": 200,
    "accounts": 200,
    "trade_statistics": 500,
    "order_statistics": 500,
    "position_groups": 500,
}
"""What the page asks for, and how often at most."""
PAGE: Final = tuple(
    {"op": "subscribe", "topic": topic, "mode": "latest", "interval_ms": ms} for topic, ms in _INTERVALS.items()
)
_EACH: Final = tuple({"op": "subscribe", "topic": topic, "mode": "every"} for topic in ("accounts", "order_statistics"))
"""What one observer hears without a hole: which commission, which version of a sum is this fill's."""
WARM_UP: Final = len(CONTRACTS)
"""Fills that are not counted: each contract's first."""
_PAUSE_S: Final = (0.15, 0.35)
_SETTLE_S: Final = 2.0
_NEVER: Final = 1 << 62


class Spread(msgspec.Struct, frozen=True):
    """What was measured, in ns."""

    each: list[int]
    """Of every fill and client: until it has all five."""
    last: list[int]
    """Of every fill: until the last of the clients has."""
    by_topic: dict[str, list[int]]
    frame_bytes: int
    """What a client is sent of a fill."""


def measure(house: House, folder: Path, count: int) -> Spread:
    """Buy one lot after the other, contract by contract; see when each client knows.

    Raises: ConfigError: an order was not filled, or a client never heard of a fill.
    """
    people = [
        house.person(f"reader{number}", "viewer", at=1, account=ACCOUNT if number % 2 else "*")
        for number in range(PEOPLE)
    ]
    observer = Guest(house.administrator.header, tuple(map(_told, _EACH)))
    guests = tuple(Guest(each.handshake, tuple(map(_told, PAGE))) for each in people for _ in range(PAGES))
    listeners = Listeners(Orders(house.pushes[1], "/ws", (*guests, observer)))
    before = len(_stamps(house))
    bought: list[str] = []
    pauses = pauses_s(*_PAUSE_S)
    try:
        time.sleep(_SETTLE_S)
        for number in range(count + WARM_UP):
            contract = CONTRACTS[number % len(CONTRACTS)]
            line = {"instrument_id": contract, "side": "buy", "quantity": 1}
            form = {"account_id": ACCOUNT, "product_code": PRODUCT, "lines": [line]}
            house.administrator.post("/api/v1/instructions", form)
            bought.append(contract)
            time.sleep(next(pauses))
        time.sleep(_SETTLE_S)
        heard = listeners.heard(folder / "clients.heard")
    finally:
        listeners.end()
    stamps = _stamps(house)[before:]
    if len(stamps) != len(bought):
        message = f"{len(bought)} orders were sent and {len(stamps)} filled"
        raise ConfigError(message)
    return spread_of(heard, bought, stamps)


def _told(command: dict[str, Any]) -> str:
    return msgspec.json.encode(command).decode()


def _stamps(house: House) -> list[int]:
    told = house.stamps.read_bytes()
    return [int.from_bytes(told[at : at + STAMP_BYTES], "little") for at in range(0, len(told), STAMP_BYTES)]


Row = dict[str, Any]


class _View:
    """What one client was told, topic by topic: each row with its moment, in order."""

    def __init__(self) -> None:
        self.frames = Frames()
        self.rows: dict[str, list[tuple[int, Row]]] = defaultdict(list)
        self.bytes = 0


def _views(heard: Sequence[Heard]) -> list[_View]:
    views = [_View() for _ in range(CLIENTS + 1)]
    known: dict[bytes, Any] = {}
    for each in heard:
        view = views[each.guest]
        for frame in view.frames.feed(each.data):
            told = known.get(frame)
            if told is None:
                told = known[frame] = msgspec.json.decode(frame)
            if told["type"] in {"delta", "snapshot"}:
                view.bytes += len(frame) if told["type"] == "delta" else 0
                view.rows[told["topic"]] += [(each.at_ns, row) for row in told["data"]]
    return views


def spread_of(heard: Sequence[Heard], bought: Sequence[str], stamps: Sequence[int]) -> Spread:
    """Find, for each fill and client, the first row of each topic that knows of it; the last client is the observer.

    Raises: ConfigError: a client never heard of a fill.
    """
    *clients, observer = _views(heard)
    by_topic: dict[str, list[int]] = {}
    worst = [[0] * len(bought) for _ in clients]
    for topic in _INTERVALS:
        levels = _levels(topic, observer if topic in _SEEN_EACH else clients[0], bought, stamps[0])
        taken = []
        for number, client in enumerate(clients):
            came = _first_told(topic, client.rows[topic], levels, stamps[0])
            for index in range(WARM_UP, len(bought)):
                took = came[index] - stamps[index]
                worst[number][index] = max(worst[number][index], took)
                taken.append(took)
        by_topic[topic] = taken
    each = [taken for client in worst for taken in client[WARM_UP:]]
    if max(each) > _NEVER >> 1:
        message = "a client never heard of a fill"
        raise ConfigError(message)
    last = [max(client[index] for client in worst) for index in range(WARM_UP, len(bought))]
    return Spread(each, last, by_topic, sum(client.bytes for client in clients) // CLIENTS // len(bought))


def _levels(topic: str, view: _View, bought: Sequence[str], begun_ns: int) -> list[tuple[str, float]]:
    """Return by which row and how far on each fill is known.

    Raises: ConfigError: the observer did not see every one of them.
    """
    found = [(at_ns, told) for at_ns, row in view.rows[topic] if (told := _MEASURES[topic](row)) is not None]
    stood: dict[str, float] = {}
    steps: dict[str, list[float]] = defaultdict(list)
    for at_ns, (key, value) in found:
        if at_ns < begun_ns:
            stood[key] = max(value, stood.get(key, 0))
        elif value > (steps[key] or [stood.get(key, 0)])[-1]:
            steps[key].append(value)
    keys = [contract if topic in _BY_CONTRACT else "" for contract in bought]
    if topic not in _SEEN_EACH:
        return [(key, stood.get(key, 0) + keys[: index + 1].count(key)) for index, key in enumerate(keys)]
    if any(len(steps[key]) != keys.count(key) for key in keys):
        message = f"{len(bought)} fills made {sum(map(len, steps.values()))} steps of {topic}"
        raise ConfigError(message)
    return [(key, steps[key].pop(0)) for key in keys]


def _first_told(
    topic: str, rows: list[tuple[int, Row]], levels: Sequence[tuple[str, float]], begun_ns: int
) -> list[int]:
    """Return when a client was first told something that each fill is in."""
    came = [_NEVER] * len(levels)
    waiting: dict[str, deque[tuple[float, int]]] = defaultdict(deque)
    for index, (key, level) in enumerate(levels):
        waiting[key].append((level, index))
    for at_ns, row in rows:
        found = _MEASURES[topic](row)
        if found is None or at_ns < begun_ns:
            continue
        queue = waiting[found[0]]
        while queue and found[1] >= queue[0][0]:
            came[queue.popleft()[1]] = at_ns
    return came


def _of_position(row: Row) -> tuple[str, float] | None:
    return None if row["book"] else (row["instrument_id"], row["today"] + row["yesterday"])


def _of_account(row: Row) -> tuple[str, float] | None:
    return None if row["book"] else ("", float(row["commission"]))


def _of_trades(row: Row) -> tuple[str, float]:
    return row["instrument_id"], row["fills"]


def _of_orders(row: Row) -> tuple[str, float] | None:
    return None if row["orders"] else (row["instrument_id"], row["version"])


def _of_groups(row: Row) -> tuple[str, float] | None:
    return ("", row["gross_quantity"]) if row["grouping"] == "trader" and row["product_code"] else None


_SEEN_EACH: Final = frozenset({"accounts", "order_statistics"})
_BY_CONTRACT: Final = frozenset({"positions", "trade_statistics", "order_statistics"})
_MEASURES: Final[dict[str, Callable[[Row], tuple[str, float] | None]]] = {
    "positions": _of_position,
    "accounts": _of_account,
    "trade_statistics": _of_trades,
    "order_statistics": _of_orders,
    "position_groups": _of_groups,
}
