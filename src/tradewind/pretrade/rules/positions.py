"""Whether there are lots to close, and room for those to open, with every working order counted at its worst."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.trading_state import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.order import Refusal
    from tradewind.pretrade.case import Case


class OffsetRule:
    """A closing order closes what is there and no other order has spoken for, of the right day where days are kept."""

    name: Final = "offset"
    codes: Final[Mapping[str, str]] = {"CLOSE_BEYOND_POSITION": "more lots than may still be closed"}
    scopes: Final = (Scope.ACCOUNT, Scope.PRODUCT, Scope.STRATEGY)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Compare with the lots that may be closed."""
        contract, request = case.contract, case.request
        if case.is_opening or contract is None or not case.is_whole:
            return ()
        closable = case.desk.holdings.closable(request, is_date_kept=contract.is_date_kept)
        if request.quantity <= closable:
            return ()
        label = f"account:{request.account_id}"
        if request.product_code or request.strategy:
            label += f" {request.product_code}/{request.strategy}"
        return (case.refuse(self.name, "CLOSE_BEYOND_POSITION", scope=label, limit=closable, actual=request.quantity),)


class MaxPositionRule:
    """Lots of one contract in a scope: one way net, and both ways together."""

    name: Final = "max_position"
    codes: Final[Mapping[str, str]] = {
        "NET_POSITION": "more lots one way than this scope allows, working orders included",
        "GROSS_POSITION": "more lots both ways than this scope allows, working orders included",
    }
    scopes: Final = tuple(Scope)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Compare what would stand if all orders that make it larger were filled."""
        if not case.is_opening or not case.is_whole:
            return ()
        request, holdings, limits = case.request, case.desk.holdings, case.limits
        found: tuple[Refusal, ...] = ()
        for met in limits.max_net_position:
            net = holdings.lots(met.place, request.instrument_id).net_after(request.side, request.quantity)
            if net > met.limit:
                found += (case.refuse(self.name, "NET_POSITION", scope=met.label, limit=met.limit, actual=net),)
        for met in limits.max_gross_position:
            gross = holdings.lots(met.place, request.instrument_id).gross + request.quantity
            if gross > met.limit:
                found += (case.refuse(self.name, "GROSS_POSITION", scope=met.label, limit=met.limit, actual=gross),)
        return found


class ExposureRule:
    """The value of all lots in a scope, both ways, over all contracts."""

    name: Final = "exposure"
    codes: Final[Mapping[str, str]] = {"EXPOSURE": "more value at risk than this scope allows, working orders included"}
    scopes: Final = tuple(Scope)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Add the order's value to what stands."""
        value = case.value
        if not case.is_opening or value is None or not case.limits.max_exposure:
            return ()
        exposure = case.desk.holdings.exposure
        return tuple(
            case.refuse(self.name, "EXPOSURE", scope=met.label, limit=met.limit, actual=after)
            for met in case.limits.max_exposure
            if (after := exposure(met.place) + value) > met.limit
        )
