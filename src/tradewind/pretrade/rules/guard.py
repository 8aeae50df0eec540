"""Asks every rule and takes the failure of one as a no: a rule that cannot answer lets nothing through.

Third parties add rules. What calls a stranger's code is the guard of the line, so a failure is answered here, counted
and told, and never reaches whoever sent the order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.order import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.pretrade.case import Case
    from tradewind.pretrade.ports import RiskRule

RULE_FAILED: Final = "RULE_FAILED"
CODES: Final[Mapping[str, str]] = {
    RULE_FAILED: "the rule itself failed, or answered what is no refusal; until it is mended it lets nothing through",
    "RESTARTED": "the process ended before the order was judged: ask again, with a new id",
}
"""Codes of the gate itself, not of a rule."""


Checks = tuple[tuple[str, "Callable[[Case], tuple[Refusal, ...]]"], ...]


def checks_of(rules: tuple[RiskRule, ...]) -> Checks:
    """Return what is asked of each rule, looked up once."""
    return tuple((rule.name, rule.check) for rule in rules)


def attempt(make: Callable[[], Case], on_failure: Callable[[str, Exception], None]) -> Case | Refusal:
    """Return the case of an order, or why none could be made: what looks facts up may fail as a rule may."""
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - the guard of every order: one that cannot be looked at is refused
        on_failure("gate", error)
        return Refusal("gate", RULE_FAILED, "platform", "an answer", f"{type(error).__name__}: {error}")


def ask_all(checks: Checks, case: Case, on_failure: Callable[[str, Exception], None]) -> tuple[Refusal, ...]:
    """Return all refusals in the order of the rules."""
    found: tuple[Refusal, ...] = ()
    for name, check in checks:
        try:
            said = check(case)
        except Exception as error:  # noqa: BLE001 - the guard of foreign code
            on_failure(name, error)
            said = (Refusal(name, RULE_FAILED, "platform", "an answer", f"{type(error).__name__}: {error}"),)
        if said:
            found += said
    return found
