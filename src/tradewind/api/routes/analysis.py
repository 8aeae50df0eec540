"""What the line makes of the market: signals, opportunities, alerts, and the strategies behind them."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from tradewind.api.admission import signed_in
from tradewind.api.answers import InstrumentFilter, Limit, as_json, found, newest
from tradewind.api.injected import TheHouse, TheSettings, TheViews
from tradewind.domain.opportunity import Opportunity, OpportunityState
from tradewind.domain.rights import Permission
from tradewind.domain.risk import AlertKind, RiskAlert, Severity
from tradewind.domain.signal import Signal

_MARKET = signed_in(Permission.MARKET)
StrategyFilter = Annotated[
    str | None, QueryParameter(min_length=1, max_length=100, description="Only this strategy's.")
]
StateFilter = Annotated[OpportunityState | None, QueryParameter(name="state", description="Only those in this state.")]
KindFilter = Annotated[AlertKind | None, QueryParameter(description="Only of this kind.")]
SeverityFilter = Annotated[Severity | None, QueryParameter(description="Only of this severity.")]
Confidence = Annotated[float | None, QueryParameter(ge=0, le=1, description="Only those at least this confident.")]


@get("/api/v1/signals", opt=_MARKET, sync_to_thread=False, tags=["signals"])
def signals(
    *,
    views: TheViews,
    settings: TheSettings,
    instrument: InstrumentFilter = None,
    strategy: StrategyFilter = None,
    limit: Limit = None,
) -> list[Signal]:
    """List recent signals, newest first."""
    wanted = (
        signal
        for signal in views.signals()
        if instrument in {None, signal.instrument_id} and strategy in {None, signal.strategy}
    )
    return newest(wanted, limit or settings.default_limit)


@get("/api/v1/opportunities", opt=_MARKET, sync_to_thread=False, tags=["signals"])
def opportunities(
    *,
    views: TheViews,
    settings: TheSettings,
    in_state: StateFilter = None,
    instrument: InstrumentFilter = None,
    min_confidence: Confidence = None,
    limit: Limit = None,
) -> Response[list[Opportunity]]:
    """List opportunities: the open ones first, each part newest first."""
    if (in_state, instrument, min_confidence, limit) == (None, None, None, None):
        return as_json(views.opportunities_json())
    wanted = (
        opportunity
        for opportunity in views.opportunities()
        if in_state in {None, opportunity.state}
        and instrument in {None, opportunity.instrument_id}
        and opportunity.confidence >= (min_confidence or 0.0)
    )
    return Response(newest(wanted, limit or settings.default_limit))


@get("/api/v1/opportunities/{opportunity_id:str}", opt=_MARKET, sync_to_thread=False, tags=["signals"])
def opportunity(views: TheViews, opportunity_id: FromPath[str]) -> Opportunity:
    """Return the newest version of one opportunity."""
    return found(views.opportunity(opportunity_id), what="opportunity", name=opportunity_id)


@get("/api/v1/alerts", opt=_MARKET, sync_to_thread=False, tags=["risk"])
def alerts(
    *,
    views: TheViews,
    settings: TheSettings,
    kind: KindFilter = None,
    severity: SeverityFilter = None,
    instrument: InstrumentFilter = None,
    limit: Limit = None,
) -> list[RiskAlert]:
    """List recent risk alerts, newest first."""
    wanted = (
        alert
        for alert in views.alerts()
        if kind in {None, alert.kind}
        and severity in {None, alert.severity}
        and instrument in {None, alert.instrument_id}
    )
    return newest(wanted, limit or settings.default_limit)


@get("/api/v1/strategies", opt=_MARKET, tags=["signals"])
async def strategies(house: TheHouse) -> list[Any]:
    """List the strategies with their state, parameters and health."""
    return list(await house.strategies.strategies())


ANALYSIS_ROUTES = (signals, opportunities, opportunity, alerts, strategies)
