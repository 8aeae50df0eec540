"""Rules are a table and a door for others; one that fails refuses."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint
from types import MappingProxyType
from typing import Any

from pretrade_harness import codes_of, open_desk
from tradewind.domain.order import ApprovedOrder, Refusal, RefusedOrder
from tradewind.domain.trading_state import Scope
from tradewind.pretrade.case import Case
from tradewind.pretrade.registry import RULES, all_rules, builtin_rules, foreign_rules


class NoFridays:
    """A third party's rule: refuses orders of one actor."""

    name = "no_fridays"
    codes: Mapping[str, str] = MappingProxyType({"FRIDAY": "not on a Friday"})
    scopes = (Scope.PLATFORM,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        if case.request.actor != "friday":
            return ()
        return (case.refuse(self.name, "FRIDAY", limit="any other day", actual="friday"),)


class Broken(NoFridays):
    def check(self, case: Case) -> tuple[Refusal, ...]:
        message = f"no idea about {case.request.client_order_id}"
        raise RuntimeError(message)


class Rambling(NoFridays):
    def check(self, case: Case) -> Any:
        return f"perhaps, {case.request.actor}"


class Undeclared(NoFridays):
    codes: Mapping[str, str] = MappingProxyType({})


class Unmakeable:
    def __init__(self, needed: int) -> None:
        self.needed = needed


class FakePoint:
    """An entry point of a package that is installed."""

    def __init__(self, name: str, kind: Any) -> None:
        self.name = name
        self._kind = kind

    def load(self) -> Any:
        return self._kind


def decide(kind: Any, **changes: Any) -> tuple[ApprovedOrder | RefusedOrder, Any]:
    points: Any = [FakePoint("foreign", kind)]
    desk = open_desk(rules=builtin_rules() + foreign_rules(points))
    return desk.ask(**changes), desk


def test_the_table_names_every_built_in_rule_in_its_order() -> None:
    rules = builtin_rules()
    assert [rule.name for rule in rules] == [name for name, _ in RULES]
    assert [rule.name for rule in all_rules()][: len(rules)] == [rule.name for rule in rules]


def test_every_code_belongs_to_one_rule() -> None:
    codes = [code for rule in builtin_rules() for code in rule.codes]
    assert len(codes) == len(set(codes))
    assert all(rule.scopes for rule in builtin_rules())


def test_a_third_partys_rule_refuses_after_all_others() -> None:
    decision, _ = decide(NoFridays, actor="friday", quantity=0)
    assert isinstance(decision, RefusedOrder)
    assert [refusal.code for refusal in decision.refusals] == ["QUANTITY_NOT_WHOLE", "FRIDAY"]
    assert isinstance(decide(NoFridays)[0], ApprovedOrder)


def test_a_rule_that_raises_refuses_and_is_counted() -> None:
    decision, desk = decide(Broken)
    assert codes_of(decision) == {"RULE_FAILED"}
    assert "no idea about c1" in decision.refusals[0].actual  # type: ignore[union-attr]
    desk.ask()
    assert desk.metrics.rule_failures.counts == {"foreign": 2}


def test_a_rule_that_answers_no_refusal_refuses() -> None:
    decision, _ = decide(Rambling)
    assert codes_of(decision) == {"RULE_FAILED"}


def test_a_rule_that_uses_a_code_it_has_not_declared_refuses() -> None:
    decision, _ = decide(Undeclared, actor="friday")
    assert codes_of(decision) == {"RULE_FAILED"}


def test_a_rule_that_cannot_be_made_refuses_everything() -> None:
    decision, _ = decide(Unmakeable)
    assert codes_of(decision) == {"RULE_FAILED"}


def test_a_rule_that_cannot_be_imported_refuses_everything() -> None:
    broken = EntryPoint("absent", "tradewind.nowhere:Rule", "tradewind.risk_rules")
    desk = open_desk(rules=builtin_rules() + foreign_rules([broken]))
    decision = desk.ask()
    assert codes_of(decision) == {"RULE_FAILED"}
    assert "tradewind.nowhere" in decision.refusals[0].actual  # type: ignore[union-attr]


def test_an_order_whose_facts_cannot_be_looked_up_is_refused_and_answered() -> None:
    desk = open_desk()

    def broken(_account_id: str) -> bool:
        message = "the directory is away"
        raise OSError(message)

    desk.names.has_account = broken  # type: ignore[method-assign, assignment]
    decision = desk.ask()
    assert codes_of(decision) == {"RULE_FAILED"}
    assert desk.metrics.rule_failures.counts == {"gate": 1}
