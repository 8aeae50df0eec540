"""Whether the exchange's counts of abnormal trading leave room for an order that may have to be cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.trading_state import Scope
from tradewind.pretrade.counters import is_big

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.order import Refusal
    from tradewind.pretrade.case import Case


class ExchangeCountsRule:
    """Every working order may be cancelled yet: with all of them the day's counts stay below what is abnormal."""

    name: Final = "exchange_counts"
    codes: Final[Mapping[str, str]] = {
        "CANCELS_A_DAY": "cancels of the day, with all working orders, are at the exchange's limit",
        "BIG_CANCELS_A_DAY": "big cancels of the day, with all working orders, are at the exchange's limit",
        "SELF_TRADES_A_DAY": "self-trades of the day are at the exchange's limit",
        "EXCHANGE_RULES_UNKNOWN": "the exchange's counts of abnormal trading are in no table",
    }
    scopes: Final = (Scope.ACCOUNT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Compare the counts of the account in the contract on this trading day."""
        request, counters = case.request, case.desk.counters
        if case.contract is None:
            return ()
        rule = counters.rule(request.instrument_id)
        label = f"account:{request.account_id} {request.instrument_id}"
        if rule is None:
            exchange = case.contract.instrument.exchange
            known = ", ".join(counters.rules.exchanges)
            return (case.refuse(self.name, "EXCHANGE_RULES_UNKNOWN", scope=label, limit=known, actual=exchange),)
        count = counters.peek(request.account_id, request.instrument_id, request.trading_day)
        found: tuple[Refusal, ...] = ()
        if count.self_trades >= rule.self_trades_from - 1:
            limit = rule.self_trades_from - 1
            found += (case.refuse(self.name, "SELF_TRADES_A_DAY", scope=label, limit=limit, actual=count.self_trades),)
        if request.time_in_force in rule.exempt:
            return found
        cancels = count.cancels + count.live + 1
        if cancels >= rule.cancels_from:
            limit = rule.cancels_from - 1
            found += (case.refuse(self.name, "CANCELS_A_DAY", scope=label, limit=limit, actual=cancels),)
        if case.is_whole and is_big(rule, request.quantity):
            big = count.big_cancels + count.live_big + 1
            if big >= rule.big_cancels_from:
                limit = rule.big_cancels_from - 1
                found += (case.refuse(self.name, "BIG_CANCELS_A_DAY", scope=label, limit=limit, actual=big),)
        return found
