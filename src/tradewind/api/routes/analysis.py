"""What the line makes of the market: signals, opportunities, alerts, and the strategies behind them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from tradewind.api.admission import caller_of, signed_in
from tradewind.api.answers import InstrumentFilter, Limit, as_json, found, newest
from tradewind.api.injected import TheHouse, TheSettings, TheViews
from tradewind.api.line_ports import ParamValue, StrategyVerb
from tradewind.api.models import StrategyForm
from tradewind.api.on_record import on_record
from tradewind.api.ports import House
from tradewind.domain.opportunity import Opportunity, OpportunityState
from tradewind.domain.rights import Permission, beyond
from tradewind.domain.risk import AlertKind, RiskAlert, Severity
from tradewind.domain.signal import Signal
from tradewind.errors import NotAllowedError

_MARKET = signed_in(Permission.MARKET)
_PLAN = signed_in(Permission.PLAN)
Web = Request[Any, Any, Any]
Params = Mapping[str, ParamValue]
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


@post("/api/v1/strategies/{name:str}/start", opt=_PLAN, status_code=200, tags=["signals"])
async def start_strategy(request: Web, house: TheHouse, name: FromPath[str]) -> Any:  # noqa: ANN401 - the strategies room's report
    """Let a stopped or quarantined strategy run again, on half its budgets at first; takes a whole grant."""
    return await _act(request, house, name, "start")


@post("/api/v1/strategies/{name:str}/stop", opt=_PLAN, status_code=200, tags=["signals"])
async def stop_strategy(request: Web, house: TheHouse, name: FromPath[str]) -> Any:  # noqa: ANN401 - as above
    """Call a strategy no more until it is started again; takes a whole grant, since it serves everybody."""
    return await _act(request, house, name, "stop")


@post("/api/v1/strategies/{name:str}/params", opt=_PLAN, status_code=200, tags=["signals"])
async def change_strategy(request: Web, house: TheHouse, name: FromPath[str], data: JSONBody[StrategyForm]) -> Any:  # noqa: ANN401 - as above
    """Run a strategy anew with other parameters, after a restart too, until they are reset; takes a whole grant."""
    return await _act(request, house, name, "params", data.params)


@post("/api/v1/strategies/{name:str}/reset", opt=_PLAN, status_code=200, tags=["signals"])
async def reset_strategy(request: Web, house: TheHouse, name: FromPath[str]) -> Any:  # noqa: ANN401 - as above
    """Run a strategy anew with the parameters that are installed, whatever was changed; takes a whole grant."""
    return await _act(request, house, name, "reset")


async def _act(request: Web, house: House, name: str, verb: StrategyVerb, params: Params = MappingProxyType({})) -> Any:  # noqa: ANN401 - as above
    """Put it on the record, then do it; a strategy is stopped where nothing can be recorded too."""
    by = _whole_planner(request)
    after = dict(params) or None
    await on_record(request, house, f"{verb}_strategy", name, after=after, is_stop=verb == "stop")
    return await house.strategies.act(name, verb, params, by=by)


def _whole_planner(request: Web) -> str:
    caller = caller_of(request)
    if not caller.principal.reach(Permission.PLAN).is_whole:
        raise NotAllowedError(beyond(Permission.PLAN))
    return caller.identity


ANALYSIS_ROUTES = (
    *(signals, opportunities, opportunity, alerts),
    *(strategies, start_strategy, stop_strategy, change_strategy, reset_strategy),
)
