"""One instrument's features, tick by tick: book, windows and indicators put together into a snapshot."""

from __future__ import annotations

from collections.abc import Callable

from tradewind.domain.feature import FeatureSnapshot, WindowFeatures
from tradewind.domain.instrument import Instrument
from tradewind.domain.tick import Tick
from tradewind.features.indicators import indicator_set
from tradewind.features.sampling import sampled_indicators
from tradewind.features.settings import FeatureSettings
from tradewind.features.spans import parse_interval, parse_window
from tradewind.features.windows import rolling_windows
from tradewind.native import compiled

_SPREADS_KEPT = 1_024


def snapshot_builder(instrument: Instrument, settings: FeatureSettings) -> Callable[[Tick], FeatureSnapshot]:
    """Return the function that takes the instrument's next tick and returns everything known right after it."""
    if compiled is None:
        return plain_snapshot_builder(instrument, settings)
    return compiled.SnapshotBuilder(
        Tick,
        FeatureSnapshot,
        WindowFeatures,
        windows=[(spec.name, spec.span_ns, spec.count) for spec in map(parse_window, settings.windows)],
        multiplier=instrument.contract_multiplier,
        price_digits=instrument.price_digits,
        max_samples=settings.window_max_samples,
        resum_after=settings.resum_after,
        interval_ns=parse_interval(settings.indicator_interval),
        ema_fast=settings.ema_fast,
        ema_slow=settings.ema_slow,
        macd_signal=settings.macd_signal,
        rsi_period=settings.rsi_period,
        bollinger_period=settings.bollinger_period,
        bollinger_width=settings.bollinger_width,
        atr_period=settings.atr_period,
    )


def plain_snapshot_builder(instrument: Instrument, settings: FeatureSettings) -> Callable[[Tick], FeatureSnapshot]:
    """Return the same function in Python: the reference that the compiled one is held to."""
    advance_windows = rolling_windows(
        [parse_window(name) for name in settings.windows],
        instrument.contract_multiplier,
        max_samples=settings.window_max_samples,
        resum_after=settings.resum_after,
    )
    interval_ns = parse_interval(settings.indicator_interval)
    take = indicator_set(settings) if interval_ns == 0 else None
    take_sampled = sampled_indicators(settings, interval_ns)
    price_digits = instrument.price_digits
    spreads: dict[float, float] = {}

    def round_spread(raw: float) -> float:
        """Take the dust of the subtraction off; kept by value, since `round` costs more than all the rest."""
        spread = round(raw, price_digits)
        if len(spreads) < _SPREADS_KEPT:
            spreads[raw] = spread
        return spread

    def advance(tick: Tick) -> FeatureSnapshot:
        ts, price = tick.ts_event, tick.last_price
        bid, bid_lots, ask, ask_lots = tick.bid_price, tick.bid_volume, tick.ask_price, tick.ask_volume
        lots = bid_lots + ask_lots
        spread = microprice = None
        if bid is not None and ask is not None:
            raw = ask - bid
            spread = spreads.get(raw)
            if spread is None:
                spread = round_spread(raw)
            if lots > 0:
                microprice = (bid * ask_lots + ask * bid_lots) / lots
        settled = tick.pre_settlement_price
        fast, slow, line, signal, histogram, strength, mid, upper, lower, reach = (
            take_sampled(ts, price) if take is None else take(price, price, price)
        )
        return FeatureSnapshot(
            tick.instrument_id,
            tick.seq,
            ts,
            tick.trading_day,
            price,
            (price / settled - 1.0) * 100.0 if settled else None,
            spread,
            (bid_lots - ask_lots) / lots if lots > 0 else None,
            microprice,
            fast,
            slow,
            line,
            signal,
            histogram,
            strength,
            mid,
            upper,
            lower,
            reach,
            advance_windows(ts, price, tick.volume_delta, tick.turnover_delta),
        )

    return advance
