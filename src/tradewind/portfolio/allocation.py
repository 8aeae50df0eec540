"""One account with its virtual books: what the broker counts, and who of the house it belongs to.

The account is counted as the exchange does it: which lots a close takes, and what that costs, is decided there. Books
follow: a close takes its own book's lots first (of the day the account took them from, where it has such), and what
exceeds them from the others: the residual book first, then by name. Whoever gives lots away gets what they brought,
and each bears its share of the commission. So the books sum to the account in lots, in equity by the day's count and
in commission, always; today's and yesterday's lots of a single book may differ from the account's until the day ends.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.domain.account import Direction, book_name
from tradewind.domain.charges import DaySplit, closing_commission, closing_split, commission_of
from tradewind.domain.order import Fill, Offset, Side
from tradewind.portfolio.ledger import Changes, Key, Ledger
from tradewind.portfolio.lots import Lot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.portfolio.lots import Holding
    from tradewind.portfolio.settings import AccountSettings
    from tradewind.portfolio.terms import Terms

RESIDUAL: Final = "/"
"""The book of what belongs to no product and no strategy: external fills, and the account's own money."""
_FINEST: Final = Decimal("0.00000001")
_CENT: Final = Decimal("0.01")


class Share(NamedTuple):
    """The part of a close that one book bears."""

    ledger: Ledger
    split: DaySplit

    @property
    def quantity(self) -> int:
        """Return its lots."""
        return self.split.today + self.split.yesterday


class AccountLedger:
    """The account's own ledger and those of its books; at most `max_books`, further ones count as the residual."""

    def __init__(self, settings: AccountSettings, *, days_kept: int, max_books: int, changes: Changes) -> None:
        self.settings = settings
        self._days_kept = days_kept
        self._max_books = max_books
        self._changes = changes
        self.account = Ledger(settings, "", days_kept=days_kept, changes=changes)
        self.books: dict[str, Ledger] = {}
        self.recorded: dict[str, Decimal] = {}
        """Last price of record by contract, our own fill or the settlement: what counts until a tick says another."""
        self.early: list[Fill] = []
        """Fills of a day that begins only with the next settlement; bounded by what is traded until then."""
        for book in (RESIDUAL, *settings.books):
            self.book(book)

    def ledgers(self) -> Iterator[Ledger]:
        """Yield the account's ledger, then each book's."""
        yield self.account
        yield from self.books.values()

    def book(self, name: str) -> Ledger:
        """Return the book of that name; a new one where there is room."""
        name = name or RESIDUAL
        found = self.books.get(name)
        if found is None:
            has_room = name == RESIDUAL or len(self.books) < self._max_books
            found = self._new_book(name) if has_room else self.books[RESIDUAL]
        return found

    def restored(self, name: str) -> Ledger:
        """Return the ledger of that name, "" for the account's; a book that was there before is there again."""
        if not name:
            return self.account
        return self.books.get(name) or self._new_book(name)

    def book_fill(self, fill: Fill, terms: Terms, price: Decimal | None) -> bool:
        """Book a fill in the account and its books; false, and nothing done, where it closes more than is held."""
        if fill.offset is Offset.OPEN:
            self._open(fill, terms, price)
            return True
        return self._close(fill, terms)

    def hand_over(self, fill: Fill) -> Ledger | None:
        """Give what nobody's book still holds of an opening of today to the book it turned out to belong to.

        Its part of the commission goes with it. Lots that others have closed against meanwhile, and those of a day
        that was settled, stay what they were. Returns the book that got something.
        """
        owner, residual = self.book(book_name(fill.product_code, fill.strategy)), self.books[RESIDUAL]
        if fill.offset is not Offset.OPEN or owner is residual:
            return None
        key = (fill.instrument_id, Direction.LONG if fill.side is Side.BUY else Direction.SHORT)
        lot = residual.hand_over(key, fill_name(fill), owner)
        if lot is None:
            return None
        whole = self._opening_commission(fill, owner.holdings[key].terms)
        part = whole * lot.quantity / fill.quantity
        part = whole if lot.quantity == fill.quantity else part.quantize(_FINEST, rounding=ROUND_FLOOR)
        for ledger, amount in ((residual, -part), (owner, part)):
            ledger.charge(fill.instrument_id, amount)
            ledger.touch(fill.ts_event, key)
        return owner

    def _new_book(self, name: str) -> Ledger:
        book = self.books[name] = Ledger(self.settings, name, days_kept=self._days_kept, changes=self._changes)
        book.trading_day = self.account.trading_day
        return book

    def marked_like(self, instrument_id: str) -> Holding | None:
        """Return a position whose mark a new one of the same contract must share; `None` where there is none."""
        holdings = self.account.holdings
        return holdings.get((instrument_id, Direction.LONG)) or holdings.get((instrument_id, Direction.SHORT))

    def _open(self, fill: Fill, terms: Terms, price: Decimal | None) -> None:
        direction = Direction.LONG if fill.side is Side.BUY else Direction.SHORT
        commission = self._opening_commission(fill, terms)
        for ledger in (self.account, self.book(book_name(fill.product_code, fill.strategy))):
            lot = Lot(
                fill_name(fill), fill.trading_day, opened_at=fill.ts_event, quantity=fill.quantity, price=fill.price
            )
            ledger.open(terms, direction, lot, price=price)
            ledger.charge(fill.instrument_id, commission)
            ledger.touch(fill.ts_event, (fill.instrument_id, direction))

    def _close(self, fill: Fill, terms: Terms) -> bool:
        key = (fill.instrument_id, Direction.LONG if fill.side is Side.SELL else Direction.SHORT)
        holding = self.account.holdings.get(key)
        split = closing_split(
            fill.offset,
            fill.quantity,
            holding.split if holding is not None else DaySplit(0, 0),
            is_date_kept=terms.is_date_kept,
            priority=terms.rates.close_priority,
        )
        if holding is None or split is None:
            return False
        commission = self._as_charged(
            closing_commission(terms.rates.commission, split, price=fill.price, contract_multiplier=terms.multiplier)
        )
        self.account.close(holding, split, fill.price)
        self.account.charge(fill.instrument_id, commission)
        self.account.touch(fill.ts_event, key)
        shares = self._shares(self.book(book_name(fill.product_code, fill.strategy)), key, split)
        for share, part in zip(shares, _apportion(commission, shares), strict=True):
            share.ledger.close(share.ledger.holdings[key], share.split, fill.price)
            share.ledger.charge(fill.instrument_id, part)
            share.ledger.touch(fill.ts_event, key)
        return True

    def _opening_commission(self, fill: Fill, terms: Terms) -> Decimal:
        return self._as_charged(
            commission_of(
                terms.rates.commission,
                Offset.OPEN,
                price=fill.price,
                quantity=fill.quantity,
                contract_multiplier=terms.multiplier,
            )
        )

    def _as_charged(self, commission: Decimal) -> Decimal:
        """Return the commission of a fill as the broker takes it: to the cent where the account says so."""
        is_in_cents = self.settings.is_commission_in_cents
        return commission.quantize(_CENT, rounding=ROUND_HALF_UP) if is_in_cents else commission

    def _shares(self, own: Ledger, key: Key, split: DaySplit) -> list[Share]:
        """Say which book bears how much of a close, its own first; together they hold what the account held."""
        shares: list[Share] = []
        today, yesterday = split
        for ledger in self._givers(own):
            if not today + yesterday:
                break
            holding = ledger.holdings.get(key)
            if holding is None:
                continue
            part = _part(holding.split, DaySplit(today, yesterday))
            if part.today + part.yesterday:
                shares.append(Share(ledger, part))
            # What it gave of another day than the account did comes off the day that is left.
            left = today + yesterday - part.today - part.yesterday
            today = min(max(0, today - part.today), left)
            yesterday = left - today
        return shares

    def _givers(self, own: Ledger) -> Iterator[Ledger]:
        """Yield the books a close may take lots from, in their order."""
        yield own
        residual = self.books[RESIDUAL]
        if residual is not own:
            yield residual
        for name in sorted(self.books):
            if self.books[name] not in (own, residual):
                yield self.books[name]


def fill_name(fill: Fill) -> str:
    """Name a fill for ever: `SHFE:20260105:buy:4711`; the exchange repeats ids from day to day and side to side."""
    exchange, day, fill_id, side = fill.key
    return f"{exchange}:{day}:{side}:{fill_id}"


def _part(held: DaySplit, wanted: DaySplit) -> DaySplit:
    """Return what a book can give: of the wanted days first, then of the others."""
    today = min(held.today, wanted.today)
    yesterday = min(held.yesterday, wanted.yesterday)
    more = min(wanted.today - today, held.yesterday - yesterday)
    yesterday += more
    rest = wanted.today + wanted.yesterday - today - yesterday
    return DaySplit(today + min(rest, held.today - today), yesterday)


def _apportion(commission: Decimal, shares: list[Share]) -> list[Decimal]:
    """Split commission by lots; the first share bears what rounding leaves, so that the parts sum to it exactly."""
    total = sum(share.quantity for share in shares)
    parts = [(commission * share.quantity / total).quantize(_FINEST, rounding=ROUND_FLOOR) for share in shares[1:]]
    return [commission - sum(parts), *parts]
