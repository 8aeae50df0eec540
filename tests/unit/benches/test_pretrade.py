"""The gate's bench measures orders that pass, and says so when they do not."""

from __future__ import annotations

import msgspec
import pytest

from tradewind.benches.pretrade import _Desk


def test_the_orders_of_the_bench_pass_alone_and_in_a_basket() -> None:
    desk = _Desk()
    basket = [desk.request(number) for number in range(100)]
    assert len({request.instrument_id for request in basket}) == 100
    desk.judge(basket[0])
    desk.what_if(basket)
    desk.send_next()
    assert len(desk._service.queries.decisions()) == 1


def test_an_order_that_is_refused_is_no_figure() -> None:
    desk = _Desk()
    wrong = msgspec.structs.replace(desk.request(0), quantity=0)
    with pytest.raises(RuntimeError, match="QUANTITY_NOT_WHOLE"):
        desk.judge(wrong)
    with pytest.raises(RuntimeError, match="QUANTITY_NOT_WHOLE"):
        desk.what_if([wrong])
