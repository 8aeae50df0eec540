"""What the tests of the compiled core share: messages down to their bits, ticks of every kind, and that it is there."""

from __future__ import annotations

import struct
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st

from tradewind.domain.tick import Tick
from tradewind.kernel.clock import NS_PER_MS
from tradewind.native import SWITCH, compiled, why_not

from builders import MORNING_NS, make_tick


def require_compiled() -> None:
    """Fail loudly where the compiled core could not be built; pass over only what was switched off on purpose."""
    if compiled is not None:
        return
    if SWITCH in why_not:
        pytest.skip(why_not)
    pytest.fail(f"the compiled core is {why_not}; a C compiler (apt-get install gcc) and `make install` bring it")


def bits(value: Any) -> Any:
    """Return a value with its type, floats as their eight bytes: equal means equal to the last bit."""
    if isinstance(value, float):
        return float, struct.pack("<d", value)
    if isinstance(value, msgspec.Struct):
        return type(value), tuple(bits(field) for field in msgspec.structs.astuple(value))
    if isinstance(value, tuple):
        return tuple, tuple(bits(item) for item in value)
    return type(value), value


_GRID = st.integers(26_000, 26_040).map(lambda step: step / 5)
_WILD = st.floats(1e-12, 1e12, allow_nan=False)
_STEPS_MS = st.sampled_from([0, 500, 500, 500, 1_000, 4_000, 30_000, 400_000, 40_000_000, -700])
_SIDES = st.one_of(st.none(), _GRID, _WILD)
_LOTS = st.one_of(st.integers(0, 9), st.integers(0, 10**12))


@st.composite
def tick_feeds(draw: st.DrawFn, max_size: int = 90) -> list[Tick]:
    """Ticks with silences, flat stretches, repeats, missing sides, prices on a grid and far from any."""
    ts, price, ticks = MORNING_NS, 5_200.0, []
    for seq in range(1, draw(st.integers(1, max_size)) + 1):
        ts += draw(_STEPS_MS) * NS_PER_MS
        price = draw(st.one_of(st.just(price), _GRID, _GRID, _WILD))
        lots = draw(_LOTS)
        ticks.append(
            make_tick(
                seq=seq,
                ts_event=ts,
                ts_recv=ts,
                last_price=price,
                bid_price=draw(_SIDES),
                bid_volume=draw(_LOTS),
                ask_price=draw(_SIDES),
                ask_volume=draw(_LOTS),
                pre_settlement_price=draw(st.sampled_from([5216.2, None, 0.0])),
                volume_delta=lots,
                turnover_delta=draw(st.sampled_from([0.0, lots * price * 300.0])),
            )
        )
    return ticks
