"""What the edges may ask: limits, their use, counts, modes, rules, decisions."""

from __future__ import annotations

from pretrade_harness import INDEX, limit, open_desk
from tradewind.domain.trading_state import Scope, TradingMode


def test_the_newest_decisions_come_first_and_are_bounded() -> None:
    desk = open_desk(recent_decisions=3)
    for _ in range(5):
        desk.ask()
    assert [decision.decision_id for decision in desk.service.queries.decisions()] == [
        "D000000005",
        "D000000004",
        "D000000003",
    ]
    assert len(desk.service.queries.decisions(1)) == 1
    assert desk.service.queries.decisions(0) == []


def test_modes_are_told_of_scopes_that_have_one() -> None:
    desk = open_desk()
    assert desk.service.queries.states() == ()
    desk.service.halt(actor="wang", reason="", scope=Scope.ACCOUNT, key="A1")
    assert [(state.key, state.mode) for state in desk.service.queries.states()] == [("A1", TradingMode.HALTED)]


def test_the_use_of_a_scopes_limits_is_told_contract_by_contract() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_net_position=5))
    desk.approve(quantity=2)
    rooms = {(room.name, room.instrument_id): room for room in desk.service.queries.use(Scope.ACCOUNT, "A1")}
    assert (rooms[("max_net_position", INDEX)].used, rooms[("max_net_position", INDEX)].left) == (2, 3)
    assert rooms[("orders_per_second", "")].used == 1
    assert rooms[("max_daily_loss", "")].limit == 500_000
    assert rooms[("max_margin_use", "")].used > 0


def test_limits_of_a_scope_are_told_with_the_defaults() -> None:
    limits = open_desk().service.queries.limits(Scope.ACCOUNT, "A1")
    assert (limits.key, limits.max_gross_position) == ("*", 1_000)


def test_rules_are_told_in_the_order_they_are_asked() -> None:
    rows = open_desk().service.queries.rules()
    assert rows[0].name == "journal"
    assert rows[0].codes == ("JOURNAL_UNAVAILABLE",)


def test_refusals_are_counted_by_code() -> None:
    desk = open_desk()
    desk.ask()
    desk.ask(quantity=0)
    assert desk.metrics.orders_judged.counts == {"approved": 1, "refused": 1}
    assert desk.metrics.order_refusals.counts == {"QUANTITY_NOT_WHOLE": 1}


def test_a_gate_detached_hears_nothing_and_attached_twice_hears_once() -> None:
    desk = open_desk()
    desk.service.attach()
    desk.ask()
    assert len(desk.decisions) == 1
    desk.service.detach()
    desk.publish("order_requests", desk.request())
    assert len(desk.decisions) == 1
