"""The messages between the services, as pydantic models, and the names of what carries them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

CLEAN_TICKS = "dfp:clean_ticks"
FEATURES = "dfp:features"
SIGNALS = "dfp:strategy_signals"
OPPORTUNITIES = "dfp:opportunities"
OPPORTUNITIES_WS = "dfp:opportunities:ws"
KEPT = 50_000
BATCH = 500
BLOCK_MS = 1_000


class CleanedTick(BaseModel):
    """A tick that passed cleaning."""

    source: str
    symbol: str
    price: float
    volume: int
    turnover: float
    bid_price: float | None = None
    bid_volume: int = 0
    ask_price: float | None = None
    ask_volume: int = 0
    timestamp: datetime
    ingested_at: datetime
    raw: dict[str, Any] = {}
    cleaned_at: datetime
    quality_flags: list[str] = []
    sent_ns: int
    is_marked: bool = False


class FeatureSnapshot(BaseModel):
    """One window of one symbol."""

    symbol: str
    window: str
    timestamp: datetime
    price: float
    change_percent: float
    volume_sum: int
    avg_price: float
    max_price: float
    min_price: float
    turnover_sum: float
    sample_size: int
    sent_ns: int
    is_marked: bool


class StrategySignal(BaseModel):
    """What a strategy believes."""

    strategy: str
    symbol: str
    signal_type: str
    confidence: float
    strength_score: float
    reasons: list[str]
    triggered_at: datetime
    window: str
    metadata: dict[str, Any] = {}


class Opportunity(BaseModel):
    """Signals of one symbol, merged."""

    id: str
    symbol: str
    state: str
    created_at: datetime
    updated_at: datetime
    confidence: float
    strength_score: float
    notes: list[str]
    signals: list[StrategySignal]
