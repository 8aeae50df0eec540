"""Which rules judge, in which order: the built-in table, then those of installed packages by name.

A third party's rule is a class without arguments under the entry point `tradewind.risk_rules`. One that cannot be
loaded stands in the row as a rule that refuses everything: a check that somebody relies on is never silently absent.
"""

from __future__ import annotations

import importlib
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final

from tradewind.domain.order import Refusal
from tradewind.domain.trading_state import Scope
from tradewind.pretrade.rules.guard import RULE_FAILED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.metadata import EntryPoint

    from tradewind.pretrade.case import Case
    from tradewind.pretrade.ports import RiskRule

RULES: Final = (
    ("journal", "tradewind.pretrade.rules.standing:JournalRule"),
    ("release", "tradewind.pretrade.rules.standing:ReleaseRule"),
    ("trading_mode", "tradewind.pretrade.rules.standing:TradingModeRule"),
    ("trial", "tradewind.pretrade.rules.names:TrialRule"),
    ("option", "tradewind.pretrade.rules.names:OptionRule"),
    ("names", "tradewind.pretrade.rules.names:NamesRule"),
    ("client_id", "tradewind.pretrade.rules.names:ClientIdRule"),
    ("report", "tradewind.pretrade.rules.names:ReportRule"),
    ("rates", "tradewind.pretrade.rules.sizes:RatesRule"),
    ("quantity", "tradewind.pretrade.rules.sizes:QuantityRule"),
    ("price_form", "tradewind.pretrade.rules.prices:PriceFormRule"),
    ("daily_limit", "tradewind.pretrade.rules.prices:DailyLimitRule"),
    ("price_band", "tradewind.pretrade.rules.prices:PriceBandRule"),
    ("stale_data", "tradewind.pretrade.rules.hours:StaleDataRule"),
    ("hours", "tradewind.pretrade.rules.hours:HoursRule"),
    ("expiry", "tradewind.pretrade.rules.hours:ExpiryRule"),
    ("fat_finger", "tradewind.pretrade.rules.sizes:FatFingerRule"),
    ("offset", "tradewind.pretrade.rules.positions:OffsetRule"),
    ("max_position", "tradewind.pretrade.rules.positions:MaxPositionRule"),
    ("exposure", "tradewind.pretrade.rules.positions:ExposureRule"),
    ("funds", "tradewind.pretrade.rules.money:FundsRule"),
    ("margin_use", "tradewind.pretrade.rules.money:MarginUseRule"),
    ("loss", "tradewind.pretrade.rules.standing:LossRule"),
    ("order_rate", "tradewind.pretrade.rules.pace:OrderRateRule"),
    ("cancel_rate", "tradewind.pretrade.rules.pace:CancelRateRule"),
    ("duplicate", "tradewind.pretrade.rules.pace:DuplicateRule"),
    ("self_trade", "tradewind.pretrade.rules.self_trade:SelfTradeRule"),
    ("exchange_counts", "tradewind.pretrade.rules.exchange_counts:ExchangeCountsRule"),
)
"""The built-in rules in the order they are asked; every one is asked, whatever those before it said."""
ENTRY_POINT_GROUP: Final = "tradewind.risk_rules"


class ForeignRule:
    """A third party's rule, held to its promise: a tuple of refusals, each with a code it has declared."""

    scopes = tuple(Scope)

    def __init__(self, name: str, rule: RiskRule) -> None:
        self.name = name
        self.codes: Mapping[str, str] = dict(rule.codes)
        self._rule = rule

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Ask it.

        Raises: TypeError: it answered something else; the guard refuses the order.
        """
        said: Any = self._rule.check(case)
        if not isinstance(said, tuple) or not all(isinstance(one, Refusal) and one.code in self.codes for one in said):
            message = f"a rule answers a tuple of Refusal with codes {', '.join(self.codes)}; answered {said!r}"
            raise TypeError(message)
        return said


class AbsentRule:
    """A third party's rule that could not be loaded: refuses everything and says why."""

    scopes: tuple[Scope, ...] = (Scope.PLATFORM,)

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.codes: Mapping[str, str] = {}
        self.reason = reason

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Refuse."""
        return (case.refuse(self.name, RULE_FAILED, scope="platform", limit="a loaded rule", actual=self.reason),)


def builtin_rules() -> tuple[RiskRule, ...]:
    """Return one of each built-in rule, in order."""
    rules: list[RiskRule] = []
    for _, target in RULES:
        module, _, attribute = target.partition(":")
        rules.append(getattr(importlib.import_module(module), attribute)())
    return tuple(rules)


def foreign_rules(points: Iterable[EntryPoint] | None = None) -> tuple[RiskRule, ...]:
    """Return the rules of installed packages, by name; those that cannot be loaded as rules that refuse."""
    found = _installed() if points is None else points
    return tuple(_load(point) for point in sorted(found, key=lambda point: point.name))


@cache
def _installed() -> tuple[EntryPoint, ...]:
    """Return what the installed packages offer; looked for once, since a file of every package is read for it."""
    return tuple(entry_points(group=ENTRY_POINT_GROUP))


def _load(point: EntryPoint) -> RiskRule:
    try:
        rule = point.load()()
        return ForeignRule(point.name, rule)
    except Exception as error:  # noqa: BLE001 - the guard of foreign code, which runs at import
        return AbsentRule(point.name, f"{type(error).__name__}: {error}")


def all_rules() -> tuple[RiskRule, ...]:
    """Return every rule in the order it is asked."""
    return builtin_rules() + foreign_rules()
