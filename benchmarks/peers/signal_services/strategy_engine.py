"""Features in, signals out: one strategy that believes something of every marked tick."""

from __future__ import annotations

from itertools import cycle

from contracts import FEATURES, KEPT, SIGNALS, FeatureSnapshot, StrategySignal
from pydantic import TypeAdapter
from streams import connect, run

_SNAPSHOTS = TypeAdapter(list[FeatureSnapshot])


async def main() -> None:
    client = connect()
    confidence = cycle((0.55, 0.85))
    async with client.pubsub() as channel:
        await channel.subscribe(FEATURES)
        async for message in channel.listen():
            if message["type"] != "message":
                continue
            for snapshot in _SNAPSHOTS.validate_json(message["data"]):
                if not snapshot.is_marked:
                    continue
                signal = StrategySignal(
                    strategy="stamping",
                    symbol=snapshot.symbol,
                    signal_type="stamp",
                    confidence=next(confidence),
                    strength_score=70.0,
                    reasons=[f"sent ns={snapshot.sent_ns}"],
                    triggered_at=snapshot.timestamp,
                    window=snapshot.window,
                )
                await client.xadd(SIGNALS, {"payload": signal.model_dump_json()}, maxlen=KEPT, approximate=True)


if __name__ == "__main__":
    run(main())
