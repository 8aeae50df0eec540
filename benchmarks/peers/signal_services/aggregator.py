"""Signals in, one open opportunity per symbol out."""

from __future__ import annotations

from contracts import KEPT, OPPORTUNITIES, OPPORTUNITIES_WS, SIGNALS, Opportunity, StrategySignal
from streams import connect, payloads, run


async def main() -> None:
    client = connect()
    open_by_symbol: dict[str, Opportunity] = {}
    async for batch in payloads(client, SIGNALS, "opportunity-aggregator"):
        for payload in batch:
            signal = StrategySignal.model_validate_json(payload)
            known = open_by_symbol.get(signal.symbol)
            opportunity = Opportunity(
                id=known.id if known else f"{signal.symbol}-{int(signal.triggered_at.timestamp())}",
                symbol=signal.symbol,
                state="ACTIVE" if known else "NEW",
                created_at=known.created_at if known else signal.triggered_at,
                updated_at=signal.triggered_at,
                confidence=signal.confidence,
                strength_score=signal.strength_score,
                notes=signal.reasons,
                signals=[signal],
            )
            open_by_symbol[signal.symbol] = opportunity
            encoded = opportunity.model_dump_json()
            await client.xadd(OPPORTUNITIES, {"payload": encoded}, maxlen=KEPT, approximate=True)
            await client.publish(OPPORTUNITIES_WS, f'{{"type":"opportunity","payload":{encoded}}}')


if __name__ == "__main__":
    run(main())
