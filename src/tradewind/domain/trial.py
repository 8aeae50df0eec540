"""The instrument of test ticks: no exchange lists it, so whatever an operator sends through the line is nobody's price.

What each room does with it is docs/production.en.md, "The test tick": features makes its snapshot but no bar, of all
strategies only `line_test` hears of it, signals opens an opportunity and closes it at once, risk looks away. Anything
that would trade must refuse it: it has no exchange to send an order to.
"""

from __future__ import annotations

from typing import Final

from tradewind.domain.instrument import Instrument

TRIAL_ID: Final = "TEST001.TEST"
TRIAL_PRICE: Final = 100.0

# The facts of gold, for rooms that divide by them; none of them means anything here.
TRIAL_INSTRUMENT: Final = Instrument(
    instrument_id=TRIAL_ID,
    symbol="TEST001",
    exchange="SHFE",
    product_id="TEST",
    name="链路测试",
    contract_multiplier=1_000,
    price_tick=0.02,
    hours_id="",
    price_digits=2,
    is_date_kept=False,
)
