"""Two hundred real kills between journal, send and acknowledge: no order goes out twice, none is forgotten."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from file_journal import whole_entries
from process.order_lives import POINTS
from running_platform import environment, wait_for
from sim.world import DECODERS
from tradewind.bus.desk_topics import APPROVED_ORDERS
from tradewind.domain.order import ApprovedOrder, Fill, Order
from tradewind.execution.book import OrderBook
from tradewind.execution.ports import VenueStatus
from tradewind.kernel.rng import named_rng
from tradewind.testing.exchange import Done, Over, Received, Truth

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]
KILLS = 200
HERE = Path(__file__).resolve().parent
TESTS = HERE.parent


def program(*arguments: str) -> subprocess.Popen[str]:
    path = [str(TESTS), *filter(None, [environment().get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(PYTHONPATH=os.pathsep.join(path)),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two hundred lives and deaths, then one that ends by itself; the journal and the exchange's truth are left."""
    place = tmp_path_factory.mktemp("kills")
    socket = str(place / "exchange")
    exchange = program("-m", "tradewind.testing.exchange_server", socket, str(place / "truth"), "1")
    lives = program(str(HERE / "order_lives.py"), socket, str(place / "journal"))
    rng = named_rng(4, "kills")

    def life(number: int, point: str, nth: int) -> int:
        assert lives.stdin is not None
        assert lives.stdout is not None
        lives.stdin.write(f"{number} {point} {nth}\n")
        lives.stdin.flush()
        return int(lives.stdout.readline())

    try:
        wait_for(lambda: Path(socket).exists())
        for number in range(KILLS):
            assert life(number, rng.choice(POINTS), rng.randint(1, 12)) == -signal.SIGKILL
        assert life(KILLS, "rest", 0) == 0, "the last life found no end"
        yield place
    finally:
        for process in (lives, exchange):
            process.kill()
            process.communicate()


def truths(folder: Path) -> list[Truth]:
    decode = msgspec.json.Decoder(Truth).decode
    return [decode(line) for line in (folder / "truth").read_bytes().splitlines()]


def book(folder: Path) -> OrderBook:
    """Return what a restart would know."""
    found = OrderBook(max_orders=100_000)
    for entry in whole_entries(folder / "journal"):
        event: object = DECODERS[entry.kind].decode(entry.payload)
        if isinstance(event, ApprovedOrder):
            found.approve(event)
        elif isinstance(event, Order):
            found.announced(event)
        elif isinstance(event, Fill):
            found.fill(event)
    return found


def test_no_order_reached_the_exchange_twice(folder: Path) -> None:
    received = [truth for truth in truths(folder) if isinstance(truth, Received)]
    assert len(received) > KILLS
    assert [truth for truth in received if truth.times != 1] == []


def test_every_order_the_exchange_has_is_known_here_with_every_lot(folder: Path) -> None:
    here = book(folder)
    done: Counter[str] = Counter()
    over: dict[str, VenueStatus] = {}
    for truth in truths(folder):
        if isinstance(truth, Done):
            done[truth.client_order_id] += truth.quantity
        elif isinstance(truth, Over):
            over[truth.client_order_id] = truth.status
    for truth in truths(folder):
        if isinstance(truth, Received):
            order = here.get(truth.client_order_id)
            assert order is not None
            assert order.filled_quantity == done[truth.client_order_id]
            status = over.get(truth.client_order_id)
            assert order.status.value == (
                status.value if status else "partial" if order.filled_quantity else "accepted"
            )
    assert sum(done.values()) > KILLS


def test_every_approved_order_ended_or_stands_at_the_exchange(folder: Path) -> None:
    here = book(folder)
    received = {truth.client_order_id for truth in truths(folder) if isinstance(truth, Received)}
    approved = [entry for entry in whole_entries(folder / "journal") if entry.kind == APPROVED_ORDERS.name]
    assert len(approved) > 2 * KILLS
    forgotten = [key for key, order in here.orders.items() if not order.is_final and key not in received]
    assert forgotten == []
    assert len(here.orders) == len(
        {DECODERS[entry.kind].decode(entry.payload).order.client_order_id for entry in approved}
    )


def test_kills_hit_orders_that_were_under_way(folder: Path) -> None:
    here = book(folder)
    doubted = {
        order.client_order_id
        for entry in whole_entries(folder / "journal")
        if isinstance(order := DECODERS[entry.kind].decode(entry.payload), Order) and order.reason_code == "restart"
    }
    assert len(doubted) > KILLS // 6
    assert {here.orders[key].reason_code for key in doubted} >= {"lost", "restart", ""}
