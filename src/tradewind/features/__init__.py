"""Features: what rolling windows, indicators and bars say of each instrument, after every tick.

Reads CLEAN_TICKS. Alone writes FEATURES (one snapshot a tick) and BARS (closed along the trading hours).
Every value is O(1) a tick and says the same on every machine: no wall clock, no chance, no transcendental function.
Main type: `FeatureService`.
"""

from tradewind.features.queries import FeatureQueries
from tradewind.features.service import FeatureCounts, FeatureService
from tradewind.features.settings import FeatureSettings

__all__ = ["FeatureCounts", "FeatureQueries", "FeatureService", "FeatureSettings"]
