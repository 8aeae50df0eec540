"""While processes of several releases run the gate opens nothing; cancelling goes on, and so does everything later."""

from __future__ import annotations

import pytest

from pretrade_harness import GateDesk, codes_of, open_desk
from tradewind.domain.account import Direction
from tradewind.domain.order import ApprovedOrder, Offset, RefusedOrder, Side
from tradewind.domain.release import Mixture
from tradewind.domain.trading_state import TradingMode

BOTH: dict[str, tuple[str, ...]] = {"0.1.0": ("trading",), "0.2.0": ("market",)}


class FakeReleases:
    """What the roll call would say."""

    def __init__(self) -> None:
        self.mixture: Mixture | None = None


@pytest.fixture
def releases() -> FakeReleases:
    return FakeReleases()


@pytest.fixture
def desk(releases: FakeReleases) -> GateDesk:
    opened = open_desk()
    opened.service.gate.desk.releases = releases
    opened.position(direction=Direction.LONG, today=5, yesterday=0)
    return opened


def opening(desk: GateDesk) -> set[str]:
    return desk.codes(side=Side.SELL)


def closing(desk: GateDesk) -> set[str]:
    return desk.codes(side=Side.SELL, offset=Offset.CLOSE_TODAY)


def test_while_releases_differ_only_what_closes_passes(desk: GateDesk, releases: FakeReleases) -> None:
    assert opening(desk) == set()
    releases.mixture = Mixture(TradingMode.REDUCING, BOTH)
    assert (opening(desk), closing(desk)) == ({"RELEASES_MIXED"}, set())


def test_while_forms_differ_nothing_new_passes_and_a_cancel_still_does(desk: GateDesk, releases: FakeReleases) -> None:
    working = desk.approve(side=Side.SELL)
    releases.mixture = Mixture(TradingMode.HALTED, BOTH)
    assert (opening(desk), closing(desk)) == ({"FORMS_MIXED"}, {"FORMS_MIXED"})
    desk.cancel(working)
    held = desk.service.gate.desk.working.get(working.client_order_id)
    assert held is not None
    assert held.cancel_ts > 0


def test_once_all_agree_the_next_order_passes_without_anybody_lifting_anything(
    desk: GateDesk, releases: FakeReleases
) -> None:
    releases.mixture = Mixture(TradingMode.HALTED, BOTH)
    assert desk.codes() == {"FORMS_MIXED"}
    releases.mixture = None
    assert desk.codes() == set()


def test_the_refusal_names_who_runs_what(desk: GateDesk, releases: FakeReleases) -> None:
    releases.mixture = Mixture(TradingMode.REDUCING, BOTH)
    decision = desk.ask()
    assert isinstance(decision, RefusedOrder)
    (refusal,) = decision.refusals
    assert (refusal.rule, refusal.scope, refusal.limit) == ("release", "platform", "one release")
    assert refusal.actual == "0.1.0: trading; 0.2.0: market"


def test_an_upgrade_does_not_count_against_a_strategy(releases: FakeReleases) -> None:
    desk = open_desk(refusals=2, refusals_s=60.0, on_refusals="halted")
    desk.service.gate.desk.releases = releases
    releases.mixture = Mixture(TradingMode.REDUCING, BOTH)
    for _ in range(5):
        assert codes_of(desk.ask(strategy="S1")) == {"RELEASES_MIXED"}
    releases.mixture = None
    assert isinstance(desk.ask(strategy="S1"), ApprovedOrder)
