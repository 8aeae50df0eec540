"""Whether the contract trades now, is still far enough from its end, and has a price that is not old."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from tradewind.domain.trading_state import Scope
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.order import Refusal
    from tradewind.pretrade.case import Case


class HoursRule:
    """Orders are sent while the contract trades, for the trading day it trades in."""

    name: Final = "hours"
    codes: Final[Mapping[str, str]] = {
        "OFF_HOURS": "the contract does not trade now",
        "TRADING_DAY": "the order is for another trading day than this one",
    }
    scopes: Final = (Scope.INSTRUMENT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Ask the calendar."""
        contract, now = case.contract, case.now
        if contract is None:
            return ()
        if not contract.hours_id:
            return (case.refuse(self.name, "OFF_HOURS", limit="known trading hours", actual="none"),)
        hours, wanted = case.desk.hours, case.request.trading_day
        today = hours.open_day(contract.hours_id, now)
        if today == wanted and today:
            return ()
        day = hours.day(contract.hours_id, now)
        found: tuple[Refusal, ...] = ()
        label = f"instrument:{case.request.instrument_id}"
        if not today:
            found += (case.refuse(self.name, "OFF_HOURS", scope=label, limit=f"opens {day.open_ns}", actual=now),)
        if wanted != day.trading_day:
            found += (case.refuse(self.name, "TRADING_DAY", scope=label, limit=day.trading_day, actual=wanted),)
        return found


class ExpiryRule:
    """Nothing is sent in a contract after its last day, nothing opened shortly before it."""

    name: Final = "expiry"
    codes: Final[Mapping[str, str]] = {
        "EXPIRED": "the contract's last trading day is over",
        "NEAR_EXPIRY": "too near the contract's last day to open anything",
    }
    scopes: Final = (Scope.INSTRUMENT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Compare the trading day with the contract's last."""
        contract = case.contract
        if contract is None or contract.expire_date is None:
            return ()
        last, today = contract.expire_date, case.request.trading_day
        near = case.desk.settings.near_expiry_days
        label = f"instrument:{case.request.instrument_id}"
        if today > last:
            return (case.refuse(self.name, "EXPIRED", scope=label, limit=last, actual=today),)
        # A hundred apart is more than a month away, whatever the months.
        if not case.is_opening or not near or (last - today > 100 and near <= 28):  # noqa: PLR2004 - said above
            return ()
        days = _days(last) - _days(today)
        if days >= near:
            return ()
        return (case.refuse(self.name, "NEAR_EXPIRY", scope=label, limit=f"{near} days", actual=f"{days} days"),)


class StaleDataRule:
    """A price older than allowed is no reference: nothing is sent on it."""

    name: Final = "stale_data"
    codes: Final[Mapping[str, str]] = {"STALE_DATA": "no tick of the contract for longer than allowed"}
    scopes: Final = (Scope.INSTRUMENT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Compare the age of the newest tick."""
        quote = case.quote
        if quote is None:
            return ()
        age, allowed = case.now - quote.ts_recv, case.desk.settings.stale_after_s
        if age <= allowed * NS_PER_S:
            return ()
        label = f"instrument:{case.request.instrument_id}"
        return (
            case.refuse(self.name, "STALE_DATA", scope=label, limit=f"{allowed:g} s", actual=f"{age / NS_PER_S:g} s"),
        )


def _days(trading_day: int) -> int:
    try:
        return date(trading_day // 10_000, trading_day // 100 % 100, trading_day % 100).toordinal()
    except ValueError:
        # No day of any calendar: the hours rule says so.
        return 0
