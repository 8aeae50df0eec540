"""How long until an instruction of 50 lines stands on another user's page, for `bench desk`.

From just before the manager's POST at one instance of api to the moment when the client of a trader, who is connected
to another instance of push as the page is, can read it: sent, checked, positions noted, written, on disk in MariaDB,
copied to Redis, told. The baseline of the run is the least that keeps the promise: a row of the same bytes committed,
then published on Redis and read there.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches.desk_house import ACCOUNT, CONTRACTS, PRODUCT, House
from tradewind.benches.desk_listeners import Frames, Guest, Heard, Listeners, Orders
from tradewind.benches.result import pauses_s
from tradewind.kernel.clock import monotonic_s, perf_ns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LINES: Final = 50
_MONTHS: Final = tuple(f"{product}27{month:02d}.SHFE" for product in ("rb", "cu", "al", "zn") for month in range(1, 13))
_WISHED: Final = (*CONTRACTS[:2], *_MONTHS)
_WARM_UP: Final = 10
_PAUSE_S: Final = (0.05, 0.15)
_SETTLE_S: Final = 1.0
_CLOSING: Final = b'"type":"delta","topic":"instructions"'
_EVERY: Final = ("orders", "fills", "instructions", "triggers", "limit_warnings", "notices")
_LATEST: Final = {"positions": 200, "accounts": 200, "plans": 200, "trading_states": 200}
PAGE: Final = (
    *({"op": "subscribe", "topic": topic, "mode": "every"} for topic in _EVERY),
    *({"op": "subscribe", "topic": topic, "mode": "latest", "interval_ms": ms} for topic, ms in _LATEST.items()),
)
"""What the page of the instruction book asks for."""


class Seen(msgspec.Struct, frozen=True):
    """What was measured, in ns and in the order of the instructions."""

    answered: list[int]
    """Until the manager has the answer: it is durable."""
    visible: list[int]
    """Until the trader's client has it."""
    size: int
    """Bytes of one such instruction as it is told."""


def measure(house: House, folder: Path, count: int) -> Seen:
    """Write instructions one after the other, a moment apart; see when each is there.

    Raises: ConfigError: one was refused, or never came.
    """
    manager, trader = house.person("manager", "fund_manager", at=0), house.person("trader", "trader", at=1)
    page = Guest(trader.handshake, tuple(msgspec.json.encode(wish).decode() for wish in PAGE))
    listeners = Listeners(Orders(house.pushes[1], "/ws", (page,)))
    begun: dict[str, tuple[int, int]] = {}
    pauses = pauses_s(*_PAUSE_S)
    wishes = [{"instrument_id": contract, "delta": 1} for contract in _WISHED[:LINES]]
    form = {"account_id": ACCOUNT, "product_code": PRODUCT, "draft": {"wishes": wishes}, "is_submitted": True}
    try:
        for _ in range(count + _WARM_UP):
            begun_ns = perf_ns()
            told = manager.post("/api/v1/instruction-book/drafts", form)
            begun[told["instruction_id"]] = begun_ns, perf_ns()
            time.sleep(next(pauses))
        time.sleep(_SETTLE_S)
        heard = listeners.heard(folder / "page.heard")
    finally:
        listeners.end()
    came, size = _came(heard)
    measured = list(begun.items())[_WARM_UP:]
    return Seen(
        [answered_ns - begun_ns for _, (begun_ns, answered_ns) in measured],
        [came[name] - begun_ns for name, (begun_ns, _) in measured],
        size,
    )


def _came(heard: Sequence[Heard]) -> tuple[dict[str, int], int]:
    """Return when each instruction was first told, and how many bytes the last one was."""
    frames, came, size = Frames(), dict[str, int](), 0
    for each in heard:
        for frame in frames.feed(each.data):
            if _CLOSING in frame:
                rows: list[dict[str, Any]] = msgspec.json.decode(frame)["data"]
                size = len(frame) // len(rows)
                for row in rows:
                    came.setdefault(row["instruction_id"], each.at_ns)
    return came, size


def measure_baseline(house: House, size: int, count: int) -> list[int]:
    """Return what a commit of so many bytes and one round of publishing take, each, in ns."""
    import pymysql  # noqa: PLC0415 - the driver of an extra
    import redis  # noqa: PLC0415 - as above

    place, payload = house.mariadb, b"x" * size
    taken: list[int] = []
    database = pymysql.connect(
        host="127.0.0.1", port=place.port, user=place.user, password=place.password, database=place.database
    )
    client = redis.Redis(port=house.redis.port)
    listener: Any = client.pubsub()  # type: ignore[no-untyped-call]
    with database, client, listener, database.cursor() as cursor:
        cursor.execute("CREATE TABLE plain (seq BIGINT PRIMARY KEY AUTO_INCREMENT, payload MEDIUMBLOB)")
        listener.subscribe("plain")
        listener.get_message(timeout=1.0)
        until_s = monotonic_s() + count * _PAUSE_S[1]
        while len(taken) < count and monotonic_s() < until_s:
            begun = perf_ns()
            cursor.execute("INSERT INTO plain (payload) VALUES (%s)", (payload,))
            database.commit()
            client.publish("plain", payload)
            while listener.get_message(timeout=1.0) is None:
                pass
            taken.append(perf_ns() - begun)
            time.sleep(_PAUSE_S[0] / 2)
    return taken
