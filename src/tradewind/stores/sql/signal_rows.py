"""The rows of opportunities and alerts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.stores.sql.puts import Put
from tradewind.stores.sql.signal_tables import ALERTS, OPPORTUNITIES, STRATEGIES_LENGTH

if TYPE_CHECKING:
    from tradewind.domain.signal_record import KeptAlert, KeptOpportunity

_DIGITS: Final = 6


def opportunity_rows(kept: KeptOpportunity) -> list[Put]:
    """Return an opportunity's row; of one whose beginning nobody heard, the beginning that stands there stays."""
    told = kept.opportunity
    names = dict.fromkeys(each.strategy for each in told.contributions)
    values = {
        "instrument_id": told.instrument_id,
        "trading_day": kept.trading_day,
        "side": told.side,
        "state": told.state.value,
        "version": told.version,
        "strategies": ",".join(names)[:STRATEGIES_LENGTH],
        "confidence": _exact(told.confidence),
        "strength": _exact(told.strength),
        "entry_price": _exact(told.entry_price),
        "last_price": _exact(told.last_price),
        "created_at": told.created_at,
        "updated_at": told.updated_at,
        "expires_at": told.expires_at,
        "reasons": list(told.reasons),
        "contributions": msgspec.to_builtins(told.contributions),
        "steps": msgspec.to_builtins(kept.steps),
        "evidence": msgspec.to_builtins(kept.evidence),
        "cause": told.cause,
    }
    keeps = () if kept.evidence is not None else ("trading_day", "steps", "evidence")
    return [Put(OPPORTUNITIES.name, (("opportunity_id", told.opportunity_id),), values, keeps=keeps)]


def alert_rows(kept: KeptAlert) -> list[Put]:
    """Return an alert's row."""
    told = kept.alert
    values = {
        "kind": told.kind.value,
        "severity": told.severity.value,
        "instrument_id": told.instrument_id,
        "trading_day": kept.trading_day,
        "opportunity_id": told.opportunity_id or "",
        "params": dict(told.params),
        "cause": told.cause,
        "ts_event": told.ts_event,
    }
    return [Put(ALERTS.name, (("alert_id", told.alert_id),), values)]


def _exact(value: float) -> Decimal:
    return Decimal(str(round(value, _DIGITS)))
