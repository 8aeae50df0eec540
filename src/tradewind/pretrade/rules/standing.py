"""Whether anything may be sent at all: a journal that takes entries, one release, no scope halted, no loss limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.trading_state import Scope, TradingMode
from tradewind.pretrade.limits import label_of
from tradewind.pretrade.losses import DAILY_LOSS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.order import Refusal
    from tradewind.pretrade.case import Case


class JournalRule:
    """What cannot be recorded is not sent; it passes again as soon as the journal does."""

    name: Final = "journal"
    codes: Final[Mapping[str, str]] = {"JOURNAL_UNAVAILABLE": "the journal cannot be written: nothing new is sent"}
    scopes: Final = (Scope.PLATFORM,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Look at the journal's health."""
        journal = case.desk.journal
        failure = None if journal is None else journal.failure
        if failure is None:
            return ()
        return (case.refuse(self.name, "JOURNAL_UNAVAILABLE", scope="platform", limit="writable", actual=failure),)


class ReleaseRule:
    """While processes of several releases run nothing is opened; where their forms differ, nothing new is sent."""

    name: Final = "release"
    codes: Final[Mapping[str, str]] = {
        "RELEASES_MIXED": "processes of different releases run: until all agree only orders that close are let through",
        "FORMS_MIXED": "processes of releases run that do not understand each other: until all agree nothing is sent",
    }
    scopes: Final = (Scope.PLATFORM,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Look at who runs."""
        releases = case.desk.releases
        mixture = None if releases is None else releases.mixture
        if mixture is None or (mixture.mode is TradingMode.REDUCING and not case.is_opening):
            return ()
        code = "RELEASES_MIXED" if mixture.mode is TradingMode.REDUCING else "FORMS_MIXED"
        return (case.refuse(self.name, code, scope="platform", limit="one release", actual=mixture.told),)


class TradingModeRule:
    """HALTED lets nothing new pass, REDUCING what closes; of the scopes around an order each has its say."""

    name: Final = "trading_mode"
    codes: Final[Mapping[str, str]] = {
        "HALTED": "trading is halted in this scope",
        "REDUCING": "only orders that close are let through in this scope",
    }
    scopes: Final = tuple(Scope)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Look at the modes of all scopes of the order."""
        latch = case.desk.latch
        if latch.is_open:
            return ()
        return tuple(
            case.refuse(
                self.name,
                state.mode.value.upper(),
                scope=label_of(state.scope, state.key),
                limit="active",
                actual=f"{state.mode.value}: {state.reason_code}",
            )
            for state in latch.shut(case.limits.places)
            if state.mode is TradingMode.HALTED or case.is_opening
        )


class LossRule:
    """Nothing is opened where a daily loss or a drawdown limit is reached."""

    name: Final = "loss"
    codes: Final[Mapping[str, str]] = {
        "DAILY_LOSS": "the day's loss has reached its limit",
        "DRAWDOWN": "equity has fallen from its highest by the limit",
    }
    scopes: Final = (Scope.ACCOUNT, Scope.PRODUCT, Scope.STRATEGY)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Look at the losses of the order's account, product and strategy."""
        if not case.is_opening:
            return ()
        reached = case.desk.losses.reached
        if not reached:
            return ()
        return tuple(
            case.refuse(
                self.name,
                "DAILY_LOSS" if loss.rule == DAILY_LOSS else "DRAWDOWN",
                scope=label_of(*place),
                limit=loss.limit,
                actual=loss.actual,
            )
            for place in case.limits.places
            for loss in reached.get(place, ())
        )
