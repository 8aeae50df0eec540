"""Ticks in, one rolling window per symbol out."""

from __future__ import annotations

from collections import defaultdict, deque

from contracts import CLEAN_TICKS, FEATURES, CleanedTick, FeatureSnapshot
from pydantic import TypeAdapter
from streams import connect, payloads, run

_WINDOW_S = 5.0
_SNAPSHOTS = TypeAdapter(list[FeatureSnapshot])


def snapshot(ticks: deque[CleanedTick]) -> FeatureSnapshot:
    newest = ticks[-1]
    prices = [tick.price for tick in ticks]
    return FeatureSnapshot(
        symbol=newest.symbol,
        window="5s",
        timestamp=newest.timestamp,
        price=newest.price,
        change_percent=(newest.price / prices[0] - 1.0) * 100.0,
        volume_sum=sum(tick.volume for tick in ticks),
        avg_price=sum(prices) / len(prices),
        max_price=max(prices),
        min_price=min(prices),
        turnover_sum=sum(tick.turnover for tick in ticks),
        sample_size=len(prices),
        sent_ns=newest.sent_ns,
        is_marked=newest.is_marked,
    )


async def main() -> None:
    client = connect()
    # Bounded like a window of quotes at two a second: a flood must not make it slower and slower.
    windows: dict[str, deque[CleanedTick]] = defaultdict(lambda: deque(maxlen=10))
    async for batch in payloads(client, CLEAN_TICKS, "feature-pipeline"):
        for payload in batch:
            tick = CleanedTick.model_validate_json(payload)
            window = windows[tick.symbol]
            window.append(tick)
            while (tick.timestamp - window[0].timestamp).total_seconds() > _WINDOW_S:
                window.popleft()
            await client.publish(FEATURES, _SNAPSHOTS.dump_json([snapshot(window)]))


if __name__ == "__main__":
    run(main())
