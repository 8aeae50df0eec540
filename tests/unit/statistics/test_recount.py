"""Whatever happens in whatever order, the tables are what a recount from scratch gives; a restart knows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from desk_orders import make_order
from portfolio_builders import DAY_1, DAY_2, GOLD, INDEX, MEAL
from statistics_builders import make_fill, make_position, make_summary
from tradewind.domain.account import Booking, Direction, Position, Settlement
from tradewind.domain.order import Fill, Offset, Order, OrderStatus, Side
from tradewind.domain.statistics import Grouping, PositionFigures
from tradewind.statistics import Summary
from tradewind.statistics.state import dump, load
from tradewind.statistics.traders import HeldKey

ACCOUNTS = ("a1", "a2")
BOOKS = (("p1", "s1"), ("p1", "s2"), ("p2", ""), ("", ""))
CONTRACTS = (INDEX, GOLD, MEAL)
TRADERS = ("zhang", "li", "")
_multipliers = {INDEX: 300, GOLD: 1000, MEAL: 10}
_MONEY = st.integers(-10_000, 10_000).map(lambda cents: Decimal(cents) / 100)


@st.composite
def fills(draw: st.DrawFn) -> Fill:
    product, strategy = draw(st.sampled_from(BOOKS))
    return make_fill(
        fill_id=str(draw(st.integers(1, 40))),
        client_order_id=f"o{draw(st.integers(1, 6))}",
        account_id=draw(st.sampled_from(ACCOUNTS)),
        product_code=product,
        strategy=strategy,
        instrument_id=draw(st.sampled_from(CONTRACTS)),
        side=draw(st.sampled_from(Side)),
        offset=draw(st.sampled_from(Offset)),
        quantity=draw(st.integers(1, 9)),
        price=draw(st.integers(1, 900)),
        trading_day=draw(st.sampled_from((DAY_1, DAY_2))),
    )


@st.composite
def orders(draw: st.DrawFn) -> Order:
    number = draw(st.integers(1, 6))
    product, strategy = BOOKS[number % len(BOOKS)]
    quantity = 10
    return make_order(
        f"o{number}",
        request_account_id=ACCOUNTS[number % 2],
        request_product_code=product,
        request_strategy=strategy,
        request_instrument_id=CONTRACTS[number % 3],
        request_side=list(Side)[number % 2],
        request_quantity=quantity,
        request_actor=TRADERS[number % 3],
        request_trading_day=DAY_1 if number < 5 else DAY_2,
        status=draw(st.sampled_from(OrderStatus)),
        version=draw(st.integers(1, 8)),
        filled_quantity=draw(st.integers(0, quantity)),
        margin=Decimal(draw(st.integers(0, 999))),
    )


@st.composite
def positions(draw: st.DrawFn) -> Position:
    product, strategy = draw(st.sampled_from(BOOKS))
    book = draw(st.sampled_from((f"{product}/{strategy}", "")))
    return make_position(
        account_id=draw(st.sampled_from(ACCOUNTS)),
        book=book,
        instrument_id=draw(st.sampled_from(CONTRACTS)),
        direction=draw(st.sampled_from(Direction)),
        today=draw(st.integers(0, 5)),
        yesterday=draw(st.integers(0, 3)),
        last_price=draw(st.one_of(st.none(), st.integers(1, 900).map(Decimal))),
        margin=draw(_MONEY),
        position_pnl=draw(_MONEY),
        floating_pnl=draw(_MONEY),
    )


@st.composite
def settlements(draw: st.DrawFn) -> Settlement:
    return Settlement(draw(st.sampled_from(ACCOUNTS)), DAY_1, DAY_2, {}, draw(st.sampled_from(((), (GOLD,)))), "t", 0)


Event = Fill | Order | Position | Settlement | Booking
EVENTS = st.lists(st.one_of(fills(), orders(), positions(), settlements()), max_size=60)


def tell(summary: Summary, event: Event) -> None:
    match event:
        case Fill():
            before = summary.trades.has_seen(event)
            summary.fill(event)
            if not before:
                summary.book(Booking(event, Decimal(event.quantity) / 4, Decimal(0), Decimal(0)))
        case Order():
            summary.follow(event)
        case Position():
            summary.place(event, 0)
        case Settlement():
            summary.settle(event)
        case Booking():
            summary.book(event)
    summary.forget_changes()


def told(events: Iterable[Event]) -> Summary:
    summary = make_summary()
    for event in events:
        tell(summary, event)
    return summary


def counted_trades(events: list[Event]) -> dict[Any, tuple[int, int, Decimal, Decimal]]:
    """Return fills, lots, turnover and commission of each row, by looking at every fill there was."""
    ended: dict[str, int] = {}
    seen = set()
    rows: dict[Any, list[Fill]] = defaultdict(list)
    for event in events:
        if isinstance(event, Settlement):
            ended[event.account_id] = event.trading_day
            for key in [key for key in rows if key[0] == event.account_id and key[5] <= event.trading_day]:
                del rows[key]
        elif isinstance(event, Fill) and event.key not in seen:
            seen.add(event.key)
            if event.trading_day > ended.get(event.account_id, 0):
                key = (event.account_id, event.product_code, event.strategy, event.instrument_id, event.side)
                rows[*key, event.trading_day].append(event)
    return {
        key: (
            len(found),
            sum(fill.quantity for fill in found),
            sum((fill.price * fill.quantity * _multipliers[fill.instrument_id] for fill in found), Decimal(0)),
            sum((Decimal(fill.quantity) / 4 for fill in found), Decimal(0)),
        )
        for key, found in rows.items()
    }


@given(EVENTS)
def test_trades_are_what_a_recount_of_all_fills_gives(events: list[Event]) -> None:
    summary = told(events)
    rows = [summary.trades.row(key, version=1, ts_event=0) for key in summary.trades.sums]
    assert {
        (row.account_id, row.product_code, row.strategy, row.instrument_id, row.side, row.trading_day): (
            row.fills,
            row.quantity,
            row.turnover,
            row.commission,
        )
        for row in rows
    } == counted_trades(events)
    assert all(row.avg_price == row.turnover / _multipliers[row.instrument_id] / row.quantity for row in rows)


def counted_orders(events: list[Event]) -> dict[Any, tuple[int, int]]:
    """Return orders and lots left of each row, from the newest version of each order alone."""
    newest: dict[str, Order] = {}
    ended: dict[str, int] = {}
    for event in events:
        if isinstance(event, Settlement):
            ended[event.account_id] = event.trading_day
            newest = {
                name: order
                for name, order in newest.items()
                if order.request.account_id != event.account_id or order.request.trading_day > event.trading_day
            }
        elif isinstance(event, Order):
            known = newest.get(event.client_order_id)
            is_of_today = event.request.trading_day > ended.get(event.request.account_id, 0)
            if is_of_today and (known is None or event.version > known.version):
                newest[event.client_order_id] = event
    rows: dict[Any, tuple[int, int]] = {}
    for order in newest.values():
        if not order.is_final:
            request = order.request
            key = (request.account_id, request.product_code, request.strategy, request.instrument_id, request.side)
            count, left = rows.get(key, (0, 0))
            rows[key] = (count + 1, left + order.remaining_quantity)
    return rows


@given(EVENTS)
def test_working_orders_are_what_a_recount_of_the_newest_versions_gives(events: list[Event]) -> None:
    summary = told(events)
    rows = {key: summary.working.row(key, version=1, ts_event=0) for key in summary.working.sums}
    assert {key: (row.orders, row.remaining_quantity) for key, row in rows.items()} == counted_orders(events)
    held = sum((order.frozen_margin for order in summary.working.orders.values()), Decimal(0))
    assert sum((row.frozen_margin for row in rows.values()), Decimal(0)) == held


@given(EVENTS)
def test_groups_are_what_the_positions_of_books_sum_to(events: list[Event]) -> None:
    summary = told(events)
    held = [row for row in summary.positions.values() if row.book and row.quantity]
    cells = {key: summary.groups.row(key, version=1, ts_event=0) for key in summary.groups.cells}
    names: dict[Grouping, Callable[[PositionFigures], str]] = {
        Grouping.PRODUCT: lambda row: row.product_code,
        Grouping.STRATEGY: lambda row: row.strategy,
        Grouping.EXCHANGE: lambda row: row.exchange,
        Grouping.SECTOR: lambda row: row.sector,
    }
    for grouping, name_of in names.items():
        mine = {key: cell for key, cell in cells.items() if key.grouping is grouping}
        assert set(mine) == {(grouping, name_of(row), row.account_id, row.product_code) for row in held}
        for key, cell in mine.items():
            rows = [row for row in held if (name_of(row), row.account_id, row.product_code) == tuple(key)[1:]]
            assert cell.positions == len(rows)
            assert cell.net_quantity == sum(row.quantity * row.direction.sign for row in rows)
            assert cell.gross_quantity == sum(row.quantity for row in rows)
            assert cell.margin == sum((row.margin for row in rows), Decimal(0))
            assert cell.position_pnl == sum((row.position_pnl for row in rows), Decimal(0))
            if any(row.delta_value is None for row in rows):
                assert cell.delta_value is cell.market_value is None
            else:
                assert cell.delta_value == sum((row.delta_value or Decimal(0) for row in rows), Decimal(0))
                assert cell.gross_value == sum((abs(row.market_value or Decimal(0)) for row in rows), Decimal(0))


@given(EVENTS)
def test_what_traders_have_together_is_what_products_have(events: list[Event]) -> None:
    summary = told(events)
    sums: dict[Grouping, list[Decimal]] = {}
    for grouping in (Grouping.TRADER, Grouping.PRODUCT):
        cells = [cell for key, cell in summary.groups.cells.items() if key.grouping is grouping]
        sums[grouping] = [
            sum((value(cell) for cell in cells), Decimal(0))
            for value in (
                lambda cell: Decimal(cell.long_quantity - cell.short_quantity),
                lambda cell: cell.margin,
                lambda cell: cell.floating_pnl,
                lambda cell: cell.gross_value,
                lambda cell: cell.delta_value,
            )
        ]
    assert sums[Grouping.TRADER] == sums[Grouping.PRODUCT]


@given(st.lists(st.tuples(st.integers(1, 900), st.sampled_from(CONTRACTS), _MONEY), max_size=40))
def test_prices_that_only_move_leave_the_sums_of_their_last(moves: list[tuple[int, str, Decimal]]) -> None:
    summary = make_summary()
    for book in ("p1/s1", "p1/s2", ""):
        for instrument_id in CONTRACTS:
            summary.place(make_position(book=book, instrument_id=instrument_id, last_price=Decimal(1)), 0)
    for price, instrument_id, pnl in moves:
        moved = make_position(
            book="p1/s1", instrument_id=instrument_id, last_price=Decimal(price), position_pnl=pnl, floating_pnl=pnl
        )
        summary.place(moved, 0)
    anew = make_summary()
    for row in summary.positions.values():
        anew.place(
            make_position(
                book=row.book,
                instrument_id=row.instrument_id,
                last_price=row.last_price,
                position_pnl=row.position_pnl,
                floating_pnl=row.floating_pnl,
            ),
            0,
        )
    told, counted = (
        {key: each.groups.row(key, version=1, ts_event=0) for key in each.groups.cells} for each in (summary, anew)
    )
    assert told == counted
    assert all(summary.groups.worth("a1", book) == anew.groups.worth("a1", book) for book in ("p1/s1", "p1/s2", ""))


@settings(max_examples=50)
@given(EVENTS, st.integers(0, 60))
def test_a_restart_at_any_moment_ends_where_no_restart_would_have(events: list[Event], at: int) -> None:
    of_record = [event for event in events if not isinstance(event, Position)]
    steady = told(of_record)
    before = told(of_record[:at])
    after = make_summary()
    load(after, dump(before))
    for event in of_record[at:]:
        tell(after, event)
    assert msgspec.msgpack.decode(dump(after)) == msgspec.msgpack.decode(dump(steady))


@given(st.lists(fills(), max_size=30), st.integers(0, 60))
def test_a_split_by_traders_always_has_the_positions_lots(told_fills: list[Fill], quantity: int) -> None:
    summary = told(told_fills)
    for key in [*summary.traders.lots, ("a9", "p/s", GOLD, Direction.LONG)]:
        wanted: HeldKey = key
        shares = summary.traders.split(wanted, quantity)
        assert sum(lots for _, lots in shares) == quantity
        assert all(lots > 0 for _, lots in shares) or quantity == 0
