"""What every broker promises: the paper exchange, the faulty one at its best, one in another process, and CTP."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import msgspec
import pytest

from ctp_trading import OnCtp
from desk_orders import make_order
from paper_exchange import Paper
from running_platform import wait_for
from tradewind.domain.order import Order, OrderStatus
from tradewind.execution.ports import (
    Broker,
    CancelFailed,
    ConnectionReport,
    FillReport,
    OrderReport,
    QueryAnswer,
    Report,
    SendFailed,
    SendOutcome,
    VenueStatus,
)
from tradewind.kernel.clock import LineClock, SystemClock
from tradewind.kernel.rng import named_rng
from tradewind.testing.exchange import SimulatedVenue
from tradewind.testing.faulty_broker import Faults, FaultyBroker
from tradewind.testing.socket_broker import SocketBroker

from builders import MORNING_NS


class Place(Protocol):
    """A broker with its exchange."""

    broker: Broker

    def pass_time(self) -> None:
        """Let what is under way arrive."""

    def trade(self, client_order_id: str) -> None:
        """Let one lot of a standing order be done, sooner or later."""


class OnPaper:
    def __init__(self) -> None:
        self._paper = Paper()
        self._paper.tick(bid_price=5229.8, ask_price=5230.2)
        self.broker: Broker = self._paper.broker

    def pass_time(self) -> None:
        self._paper.advance(0.1)

    def trade(self, client_order_id: str) -> None:
        assert client_order_id
        self._paper.tick(5230.0, 1, bid_price=5229.8, ask_price=5230.2)


class Faulty:
    def __init__(self) -> None:
        self._clock = LineClock(MORNING_NS)
        self._venue = SimulatedVenue(record=lambda _truth: None, tell=lambda _report: None)
        self.broker: Broker = FaultyBroker(
            venue=self._venue, clock=self._clock, rng=named_rng(1, "link"), faults=Faults()
        )

    def pass_time(self) -> None:
        self._clock.advance_to(self._clock.now_ns() + 100_000_000)

    def trade(self, client_order_id: str) -> None:
        self._venue.trade(client_order_id, 1, Decimal("5230.0"), self._clock.now_ns())


class Apart:
    def __init__(self, folder: Path) -> None:
        path = folder / "exchange"
        command = [
            sys.executable,
            "-m",
            "tradewind.testing.exchange_server",
            str(path),
            str(folder / "truth"),
            "3",
            "0",
        ]
        self.process = subprocess.Popen(command)
        wait_for(path.exists)
        self._socket_broker = SocketBroker(str(path), SystemClock())
        self.broker: Broker = self._socket_broker

    def pass_time(self) -> None:
        self._socket_broker.turn(0.02)

    def trade(self, client_order_id: str) -> None:
        assert client_order_id
        self._socket_broker.turn(0.02)


@pytest.fixture(params=["paper", "faulty", "apart", "ctp"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "ctp":
        on_ctp = OnCtp(tmp_path)
        yield on_ctp
        on_ctp.close()
        return
    if request.param != "apart":
        yield OnPaper() if request.param == "paper" else Faulty()
        return
    apart = Apart(tmp_path)
    yield apart
    apart.broker.close()
    apart.process.kill()
    apart.process.wait()


@pytest.fixture
def said(place: Place) -> list[Report]:
    """Everything the broker reported, the connection first."""
    reports: list[Report] = []
    place.broker.connect(reports.append, ())
    come(place, lambda: bool(reports))
    return reports


def come(place: Place, is_here: Callable[[], bool]) -> None:
    """Let time pass until it is here."""
    for _ in range(2_000):
        if is_here():
            return
        place.pass_time()
    pytest.fail("it never came")


def sent_order(place: Place, quantity: int = 1) -> Order:
    order = make_order("o1", status=OrderStatus.SENT, request_quantity=quantity)
    return msgspec.structs.replace(order, broker_ref=place.broker.reference(order.request))


def test_it_says_when_it_is_connected(said: list[Report]) -> None:
    assert isinstance(said[0], ConnectionReport)
    assert said[0].is_connected


def test_an_order_is_reported_under_our_id_and_the_exchanges(place: Place, said: list[Report]) -> None:
    assert place.broker.send(sent_order(place)) is SendOutcome.SENT
    come(place, lambda: any(isinstance(report, OrderReport) for report in said))
    report = next(report for report in said if isinstance(report, OrderReport))
    assert (report.client_order_id, report.account_id, report.quantity) == ("o1", "a1", 1)
    assert report.order_id
    assert report.status is VenueStatus.LIVE


def test_fills_come_once_each_and_sum_to_the_order(place: Place, said: list[Report]) -> None:
    place.broker.send(sent_order(place, 2))

    def fills() -> dict[str, int]:
        return {report.fill_id: report.quantity for report in said if isinstance(report, FillReport)}

    come(place, lambda: any(isinstance(report, OrderReport) for report in said))
    for _ in range(600):
        if sum(fills().values()) == 2:
            break
        place.trade("o1")
        place.pass_time()
    assert sum(fills().values()) == 2
    assert len(fills()) == sum(isinstance(report, FillReport) for report in said)


def test_an_id_that_was_sent_is_refused_a_second_time(place: Place, said: list[Report]) -> None:
    place.broker.send(sent_order(place))
    place.broker.send(sent_order(place))
    come(place, lambda: any(isinstance(report, SendFailed) for report in said))
    failed = next(report for report in said if isinstance(report, SendFailed))
    assert (failed.client_order_id, failed.outcome) == ("o1", SendOutcome.REFUSED)
    assert len({report.order_id for report in said if isinstance(report, OrderReport)}) <= 1


def test_a_cancel_of_what_does_not_stand_is_refused(place: Place, said: list[Report]) -> None:
    place.broker.cancel(sent_order(place))
    come(place, lambda: any(isinstance(report, CancelFailed) for report in said))
    failed = next(report for report in said if isinstance(report, CancelFailed))
    assert (failed.client_order_id, failed.outcome) == ("o1", SendOutcome.REFUSED)


def test_a_query_is_answered_under_its_name_with_all_there_is(place: Place, said: list[Report]) -> None:
    place.broker.send(sent_order(place))
    come(place, lambda: any(isinstance(report, OrderReport) for report in said))
    place.broker.query("q7")
    come(place, lambda: any(isinstance(report, QueryAnswer) for report in said))
    answer = next(report for report in said if isinstance(report, QueryAnswer))
    assert (answer.query_id, answer.is_complete) == ("q7", True)
    assert [order.client_order_id for order in answer.orders] == ["o1"]
    assert sum(fill.quantity for fill in answer.fills) == answer.orders[0].filled_quantity


def test_a_closed_broker_reports_nothing(place: Place, said: list[Report]) -> None:
    place.broker.close()
    before = len(said)
    for _ in range(5):
        place.pass_time()
    assert len(said) == before
