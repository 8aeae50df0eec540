"""The simulated market: what an exchange would never send, it never sends; the same seed sends the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.domain.hours import Section, TradingDayHours
from tradewind.domain.instrument import Instrument
from tradewind.domain.tick import RawTick
from tradewind.errors import ConfigError, UnknownInstrumentError
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.rng import named_rng
from tradewind.market.sources.microstructure import CommonFactor, SimulatedMarket
from tradewind.market.sources.settings import LiquidContract, SimulatorSettings
from tradewind.market.sources.simulated_exchange import SimulatedExchange

from builders import MORNING_NS, make_instrument
from fakes import FakeCalendar, FakeInstruments

AU = make_instrument(
    instrument_id="au2604.SHFE", exchange="SHFE", contract_multiplier=1000, price_tick=0.02, price_digits=2
)
IF = make_instrument()
DAY = TradingDayHours(20210104, MORNING_NS - 60 * NS_PER_S, (Section(MORNING_NS, MORNING_NS + 7200 * NS_PER_S),))


def contract(**changes: Any) -> LiquidContract:
    fields: dict[str, Any] = {
        "instrument_id": "IF2101.CFFEX",
        "reference_price": 5216.2,
        "daily_volatility_percent": 1.2,
        "spread_ticks": 1,
        "ticks_per_s": 2.0,
        "lots_per_tick": 4.0,
    }
    return LiquidContract(**{**fields, **changes})


def market(
    *, instrument: Instrument = IF, seed: int = 1, liquid: LiquidContract | None = None, **changes: Any
) -> tuple[SimulatedMarket, CommonFactor]:
    factor = CommonFactor(named_rng(seed, "common"))
    made = SimulatedMarket(
        liquid or contract(instrument_id=instrument.instrument_id),
        instrument,
        rng=named_rng(seed, "market"),
        factor=factor,
        settings=SimulatorSettings(**changes),
    )
    made.open_day(DAY)
    return made, factor


def snapshots(count: int, **changes: Any) -> Iterator[RawTick]:
    simulated, factor = market(**changes)
    for number in range(count):
        factor.move()
        ts = MORNING_NS + number * NS_PER_S // 2
        yield simulated.step(ts, ts)


def exchange(*contracts: LiquidContract, calendar: Any = None, **changes: Any) -> SimulatedExchange:
    return SimulatedExchange(
        SimulatorSettings(**changes),
        contracts=contracts or (contract(), contract(instrument_id="au2604.SHFE", reference_price=952.0)),
        instruments=FakeInstruments(IF, AU),
        calendar=calendar or FakeCalendar(20210104, (MORNING_NS, MORNING_NS + 7200 * NS_PER_S)),
    )


def is_on_grid(price: float, tick: float) -> bool:
    return abs(price / tick - round(price / tick)) < 1e-6


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 20), st.floats(0, 20), st.floats(0.5, 20), st.integers(1, 5))
def test_every_snapshot_hangs_together(
    seed: int, volatility: float, liveliness: float, limit_percent: float, spread: int
) -> None:
    before: RawTick | None = None
    for tick in snapshots(
        300,
        seed=seed,
        liquid=contract(spread_ticks=spread),
        volatility=volatility,
        liveliness=liveliness,
        limit_percent=limit_percent,
    ):
        bid, ask, up, down = tick.bid_price, tick.ask_price, tick.limit_up, tick.limit_down
        assert up is not None
        assert down is not None
        assert tick.last_price is not None
        for price in (tick.last_price, bid, ask, up, down, tick.open_price, tick.high_price, tick.low_price):
            assert price is None or (is_on_grid(price, 0.2) and price == round(price, 1) and down <= price <= up)
        assert bid is not None or ask is not None
        assert (bid is None) == (tick.bid_volume == 0)
        assert (ask is None) == (tick.ask_volume == 0)
        assert bid is None or ask is None or bid < ask
        if tick.high_price is not None and tick.low_price is not None:
            assert tick.low_price <= tick.last_price <= tick.high_price
        if before is not None:
            check_increment(before, tick)
        before = tick


def check_increment(before: RawTick, tick: RawTick) -> None:
    assert before.volume is not None
    assert tick.volume is not None
    assert before.turnover is not None
    assert tick.turnover is not None
    lots = tick.volume - before.volume
    assert lots >= 0
    if lots:
        paid = (tick.turnover - before.turnover) / lots / 300
        low = tick.bid_price if tick.bid_price is not None else tick.ask_price
        high = tick.ask_price if tick.ask_price is not None else tick.bid_price
        assert low is not None
        assert high is not None
        assert low - 1e-3 <= paid <= high + 1e-3
        assert tick.last_price in {tick.bid_price, tick.ask_price}
    else:
        assert tick.last_price == before.last_price


def test_five_levels_on_shfe_step_away_from_the_book() -> None:
    for tick in snapshots(200, instrument=AU, liquid=contract(instrument_id="au2604.SHFE", reference_price=952.0)):
        assert tick.depth is not None
        assert len(tick.depth) == 4
        bids = [tick.bid_price, *(level[0] for level in tick.depth)]
        asks = [tick.ask_price, *(level[2] for level in tick.depth)]
        assert all(one - other == pytest.approx(0.02) for one, other in pairwise(bids) if one and other)
        assert all(other - one == pytest.approx(0.02) for one, other in pairwise(asks) if one and other)


def test_cffex_sends_one_level() -> None:
    assert next(snapshots(1)).depth is None


def test_at_a_limit_one_side_of_the_book_is_empty() -> None:
    locked = [tick for tick in snapshots(3000, volatility=20.0, limit_percent=1.0) if tick.ask_price is None]
    assert locked
    assert all(tick.bid_price == tick.limit_up for tick in locked)
    floor = [tick for tick in snapshots(3000, volatility=20.0, limit_percent=1.0) if tick.bid_price is None]
    assert floor
    assert all(tick.ask_price == tick.limit_down for tick in floor)


def test_the_spread_is_mostly_as_usual_and_sometimes_wider() -> None:
    spreads = [
        round((tick.ask_price - tick.bid_price) / 0.2) for tick in snapshots(5000) if tick.bid_price and tick.ask_price
    ]
    assert 0.9 < spreads.count(1) / len(spreads) < 0.999


def test_it_moves_enough_for_strategies_to_see_something() -> None:
    prices = [tick.last_price or 0.0 for tick in snapshots(7200)]
    moves = [abs(after / before - 1.0) for before, after in zip(prices, prices[120:], strict=False)]
    assert max(moves) > 0.002
    assert sum(move > 0.001 for move in moves) > 100
    assert max(prices) / min(prices) < 1.17  # inside the limits


def test_without_liveliness_it_is_dull() -> None:
    def spread_of(liveliness: float) -> float:
        prices = [tick.last_price or 0.0 for tick in snapshots(7200, liveliness=liveliness)]
        moves = [abs(after / before - 1.0) for before, after in zip(prices, prices[60:], strict=False)]
        return sorted(moves)[len(moves) * 99 // 100]

    assert spread_of(0.0) < spread_of(5.0)


def test_volatility_clusters() -> None:
    prices = [tick.last_price or 0.0 for tick in snapshots(14_000, liveliness=0.0)]
    moves = [abs(after - before) for before, after in pairwise(prices)]
    blocks = [sum(moves[at : at + 20]) for at in range(0, len(moves) - 20, 20)]
    mean = sum(blocks) / len(blocks)
    together = sum((one - mean) * (other - mean) for one, other in pairwise(blocks))
    assert together / sum((block - mean) ** 2 for block in blocks) > 0.05


def test_a_new_trading_day_begins_at_nothing_around_yesterdays_settlement() -> None:
    simulated, factor = market()
    last = None
    for number in range(200):
        factor.move()
        last = simulated.step(MORNING_NS + number, MORNING_NS + number)
    assert last is not None
    assert last.volume
    assert last.turnover is not None
    simulated.open_day(TradingDayHours(20210105, DAY.auction_ns, DAY.sections))
    first = simulated.step(MORNING_NS, MORNING_NS)
    assert first.trading_day == 20210105
    assert (first.volume or 0) < last.volume
    assert first.pre_close_price == last.last_price
    assert first.pre_open_interest == last.open_interest
    assert first.pre_settlement_price == pytest.approx(last.turnover / last.volume / 300, abs=0.2)


def test_a_market_that_was_never_opened_says_so() -> None:
    simulated = SimulatedMarket(
        contract(),
        IF,
        rng=named_rng(1),
        factor=CommonFactor(named_rng(1)),
        settings=SimulatorSettings(),
    )
    with pytest.raises(ValueError, match="open_day comes before"):
        simulated.step(MORNING_NS, MORNING_NS)


def digest(ticks: Iterator[RawTick], count: int) -> str:
    return hashlib.sha256(repr(list(islice(ticks, count))).encode()).hexdigest()


def test_the_same_seed_gives_the_same_market_on_every_machine() -> None:
    ticks = digest(exchange(seed=7).ticks(MORNING_NS), 2000)
    assert ticks == digest(exchange(seed=7).ticks(MORNING_NS), 2000)
    assert ticks == PINNED
    assert ticks != digest(exchange(seed=8).ticks(MORNING_NS), 2000)


PINNED = "6c5d99398f624c9fa78473dbb8f9b37313278aab241009e674276f5835142634"


def test_contracts_have_a_phase_of_their_own_and_arrive_in_order() -> None:
    ticks = list(islice(exchange().ticks(MORNING_NS), 3000))
    phases = {instrument_id: set[int]() for instrument_id in ("IF2101.CFFEX", "au2604.SHFE")}
    for tick in ticks:
        phases[tick.instrument_id].add(tick.ts_event % (NS_PER_S // 2))
        assert 0 <= tick.ts_recv - tick.ts_event < 6_000_000
    assert phases == {"IF2101.CFFEX": {0}, "au2604.SHFE": {250_000_000}}
    assert all(one.ts_recv <= other.ts_recv for one, other in pairwise(ticks))


def test_it_sends_about_as_many_snapshots_as_the_contract_does() -> None:
    ticks = list(islice(exchange(contract()).ticks(MORNING_NS), 6000))
    seconds = (ticks[-1].ts_event - ticks[0].ts_event) / NS_PER_S
    assert 1.5 < len(ticks) / seconds < 2.01


def test_a_higher_rate_sends_more() -> None:
    ticks = list(islice(exchange(contract(), rate=5.0).ticks(MORNING_NS), 6000))
    seconds = (ticks[-1].ts_event - ticks[0].ts_event) / NS_PER_S
    assert 7.5 < len(ticks) / seconds < 10.01


def test_contracts_move_together_a_little() -> None:
    last: dict[str, list[float]] = {"IF2101.CFFEX": [], "au2604.SHFE": []}
    for tick in islice(exchange(liveliness=0.0).ticks(MORNING_NS), 20_000):
        last[tick.instrument_id].append(tick.last_price or 0.0)
    one, other = ([b / a - 1 for a, b in zip(p[::20], p[20::20], strict=False)] for p in last.values())
    pairs = list(zip(one, other, strict=False))
    scale = sum(a * a for a, _ in pairs) ** 0.5 * sum(b * b for _, b in pairs) ** 0.5
    assert sum(a * b for a, b in pairs) / scale > 0.02


def test_breaks_are_silent_and_skipped() -> None:
    calendar = FakeCalendar(
        20210104,
        (MORNING_NS, MORNING_NS + 10 * NS_PER_S),
        (MORNING_NS + 5400 * NS_PER_S, MORNING_NS + 5410 * NS_PER_S),
    )
    ticks = list(exchange(calendar=calendar).ticks(MORNING_NS - 3600 * NS_PER_S))
    offsets = [(tick.ts_event - MORNING_NS) / NS_PER_S for tick in ticks]
    assert min(offsets) >= 0
    assert not [offset for offset in offsets if 10 < offset < 5400]
    assert max(offsets) <= 5410
    assert sum(offset >= 5400 for offset in offsets) >= 20


def test_a_calendar_without_an_end_of_the_break_ends_the_market() -> None:
    calendar = FakeCalendar(20210104, (MORNING_NS, MORNING_NS + 10 * NS_PER_S))
    assert len(list(exchange(calendar=calendar).ticks(MORNING_NS))) <= 42


def test_time_left_out_is_not_sent_later() -> None:
    simulated = exchange()
    ticks = simulated.ticks(MORNING_NS)
    next(ticks)
    simulated.skip_to(MORNING_NS + 600 * NS_PER_S)
    rest = [tick.ts_event for tick in islice(ticks, 10)]
    assert sum(ts >= MORNING_NS + 600 * NS_PER_S for ts in rest) >= 9


def test_only_the_contracts_asked_for_trade() -> None:
    ticks = islice(exchange(instruments=("au2604.SHFE",)).ticks(MORNING_NS), 100)
    assert {tick.instrument_id for tick in ticks} == {"au2604.SHFE"}


def test_what_a_contract_does_does_not_depend_on_the_others() -> None:
    both = [t for t in islice(exchange().ticks(MORNING_NS), 400) if t.instrument_id == "IF2101.CFFEX"][:100]
    alone = list(islice(exchange(instruments=("IF2101.CFFEX",)).ticks(MORNING_NS), 100))
    assert [tick.last_price for tick in both] == [tick.last_price for tick in alone]


def test_a_contract_that_is_not_simulated_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"no simulated contract 'xx.DCE'; allowed are IF2101.CFFEX, au2604.SHFE"):
        exchange(instruments=("xx.DCE",))


def test_a_contract_without_facts_is_refused() -> None:
    with pytest.raises(UnknownInstrumentError):
        exchange(contract(instrument_id="zz2604.DCE"))


def test_a_simulator_without_contracts_is_refused() -> None:
    with pytest.raises(ConfigError, match="no contracts"):
        SimulatedExchange(
            SimulatorSettings(), contracts=(), instruments=FakeInstruments(), calendar=FakeCalendar(1, (0, 1))
        )
