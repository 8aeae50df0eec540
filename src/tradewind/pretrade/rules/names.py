"""Whether all that an order names exists, is new where it must be new, and may trade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.trading_state import Scope
from tradewind.domain.trial import TRIAL_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.order import Refusal
    from tradewind.pretrade.case import Case


class TrialRule:
    """The instrument of test ticks is nobody's: it never reaches a broker."""

    name: Final = "trial"
    codes: Final[Mapping[str, str]] = {"TRIAL_INSTRUMENT": "the test instrument is not traded"}
    scopes: Final = (Scope.INSTRUMENT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Compare the instrument."""
        if case.request.instrument_id != TRIAL_ID:
            return ()
        label = f"instrument:{TRIAL_ID}"
        return (case.refuse(self.name, "TRIAL_INSTRUMENT", scope=label, limit="a listed contract", actual=TRIAL_ID),)


class OptionRule:
    """Options are watched and never traded: the ledger knows no premiums, and no margin of who has written one."""

    name: Final = "option"
    codes: Final[Mapping[str, str]] = {"OPTION_NOT_TRADED": "options are quoted here and not traded"}
    scopes: Final = (Scope.INSTRUMENT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Look at what the contract is."""
        if case.contract is None or case.contract.instrument.option is None:
            return ()
        own = case.request.instrument_id
        limit = "a contract that is no option"
        return (case.refuse(self.name, "OPTION_NOT_TRADED", scope=f"instrument:{own}", limit=limit, actual=own),)


class NamesRule:
    """Contract, account, product and strategy are known."""

    name: Final = "names"
    codes: Final[Mapping[str, str]] = {
        "UNKNOWN_INSTRUMENT": "no table knows the contract",
        "UNKNOWN_ACCOUNT": "no such account, or its ledger has told nothing yet",
        "UNKNOWN_PRODUCT": "no such product",
        "UNKNOWN_STRATEGY": "no such strategy",
    }
    scopes: Final = (Scope.ACCOUNT, Scope.PRODUCT, Scope.STRATEGY, Scope.INSTRUMENT)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Ask for each name."""
        request, names = case.request, case.desk.names
        purse = case.purse
        if (
            case.contract is not None
            and purse is not None
            and purse.account is not None
            and (not request.product_code or names.has_product(request.product_code))
            and (not request.strategy or names.has_strategy(request.strategy))
        ):
            return ()
        unknown = (
            (case.contract is None, "instrument", request.instrument_id),
            (purse is None or purse.account is None, "account", request.account_id),
            (
                bool(request.product_code) and not names.has_product(request.product_code),
                "product",
                request.product_code,
            ),
            (bool(request.strategy) and not names.has_strategy(request.strategy), "strategy", request.strategy),
        )
        return tuple(
            case.refuse(self.name, f"UNKNOWN_{kind.upper()}", scope=f"{kind}:{name}", limit="a known name", actual=name)
            for is_unknown, kind, name in unknown
            if is_unknown
        )


class ClientIdRule:
    """An order's id was never used before: the same id is the same order."""

    name: Final = "client_id"
    codes: Final[Mapping[str, str]] = {
        "DUPLICATE_CLIENT_ORDER_ID": "another order had this client order id",
        "CLIENT_ORDER_ID_MISSING": "an order needs a client order id",
    }
    scopes: Final = (Scope.PLATFORM,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Look the id up."""
        own = case.request.client_order_id
        if not own:
            return (case.refuse(self.name, "CLIENT_ORDER_ID_MISSING", limit="an id", actual="none"),)
        if own not in case.desk.known_ids:
            return ()
        return (case.refuse(self.name, "DUPLICATE_CLIENT_ORDER_ID", limit="a new id", actual=own),)


class ReportRule:
    """An account on a real exchange trades by program only after that was reported; on paper it may."""

    name: Final = "report"
    codes: Final[Mapping[str, str]] = {
        "REPORT_NOT_CONFIRMED": "no confirmed report of programmatic trading for this account"
    }
    scopes: Final = (Scope.ACCOUNT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Look for the day the report was confirmed."""
        account, desk = case.request.account_id, case.desk
        if not desk.names.is_live(account) or account in desk.settings.report_confirmed_at:
            return ()
        limit = f"pretrade.report_confirmed_at.{account}"
        label = f"account:{account}"
        return (case.refuse(self.name, "REPORT_NOT_CONFIRMED", scope=label, limit=limit, actual="not set"),)
