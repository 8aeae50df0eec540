"""What every room stands on and none is about: clock, ids, chance, services, settings, logs, metrics.

Knows nothing of finance. Main types: `LineClock`, `Supervisor`, `Settings` loading, `LatencyHistogram`.
"""
