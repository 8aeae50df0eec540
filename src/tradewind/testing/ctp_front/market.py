"""The market of the fronts: a quote per contract, who subscribed to it, and the prices the books are counted at."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tradewind.domain.tick import Tick
from tradewind.testing.ctp_front.clock import china
from tradewind.testing.ctp_front.quotes import Quote, packed
from tradewind.testing.ctp_front.wire import frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.tick import RawTick
    from tradewind.testing.ctp_front.clock import FrontClock
    from tradewind.testing.ctp_front.contracts import ContractList
    from tradewind.testing.ctp_front.link import Link

_FIRST_PRICE: Final = Decimal(4000)
Price = Decimal | float | int | str


class FrontMarket:
    """Quotes of the day. `on_tick` hears each as the matching wants it."""

    def __init__(self, contracts: ContractList, clock: FrontClock, on_tick: Callable[[Tick], None]) -> None:
        self._contracts = contracts
        self._clock = clock
        self._on_tick = on_tick
        self.trading_day = ""
        self.quotes: dict[str, Quote] = {}
        self.sent = 0
        """Ticks sent to subscribers, each subscriber's counted."""
        self._last: dict[str, bytes] = {}
        self._fields: dict[str, dict[str, Any]] = {}
        self._subscribers: dict[str, list[Link]] = {}
        self._seq = 0

    def quote_of(self, symbol: str) -> Quote:
        """Return the contract's day; one that never had a price begins at 4 000 times its tick.

        Raises: InputError: there is no such contract.
        """
        found = self.quotes.get(symbol)
        if found is None:
            contract = self._contracts.require(symbol)
            found = self.quotes[symbol] = Quote(contract, _FIRST_PRICE * contract.price_tick)
        return found

    def _opened(self, symbol: str, last: Price | None) -> Quote:
        """Return the contract's day; one nobody named a price for settled yesterday at its first price of today."""
        is_new = symbol not in self.quotes
        return self.open_at(symbol, last) if is_new and last is not None else self.quote_of(symbol)

    def open_at(self, symbol: str, pre_settlement: Price) -> Quote:
        """Begin a contract's day with this price of yesterday."""
        quote = self.quotes[symbol] = Quote(self._contracts.require(symbol), exact(pre_settlement))
        return quote

    def quote(
        self,
        symbol: str,
        last: Price | None = None,
        *,
        lots: int = 1,
        bid: Price | None = None,
        ask: Price | None = None,
        bid_lots: int = 100,
        ask_lots: int = 100,
        open_interest: int | None = None,
        **changes: Any,  # noqa: ANN401 - fields of the struct as a test wants them
    ) -> None:
        """Let lots trade at `last` and show a book around it: one tick on each side unless told otherwise.

        Raises: InputError: there is no such contract.
        """
        quote = self._opened(symbol, last)
        if last is not None:
            quote.trade(exact(last), lots)
        if open_interest is not None:
            quote.open_interest = open_interest
        at, tick = quote.last or quote.pre_settlement, quote.contract.price_tick
        bid_price = at - tick if bid is None else exact(bid)
        ask_price = at + tick if ask is None else exact(ask)
        quote.book = {}
        for side, price, shown in (("Bid", bid_price, bid_lots), ("Ask", ask_price, ask_lots)):
            if shown:
                quote.book |= {f"{side}Price1": price, f"{side}Volume1": shown}
        self.publish(symbol, quote.fields(self.trading_day, self._clock.china()) | changes)
        if quote.last is not None:
            self._on_tick(self.clean(quote, lots if last is not None else 0))

    def take(self, raw: RawTick) -> None:
        """Send a tick of a recording or of the simulated market, as the fronts would have sent it at that moment."""
        contract = self._contracts.list_also(raw[0], int(self.trading_day))
        if contract is None or raw[4] is None:
            return
        symbol = contract.symbol
        quote = self._opened(symbol, raw[15] or raw[4])
        lots = max(0, (raw[5] or 0) - quote.volume)
        quote.trade(exact(raw[4]), 0)
        quote.volume, quote.turnover = raw[5] or quote.volume, exact(raw[6] or quote.turnover)
        quote.open_interest, quote.book = int(raw[7] or 0), _book(raw)
        now = china(raw[1])
        self.publish(symbol, quote.fields(self.trading_day, now) | _told(raw))
        self._on_tick(self.clean(quote, lots))

    def publish(self, symbol: str, fields: dict[str, Any]) -> None:
        """Send a tick just as it is given to whoever subscribed; it is the snapshot of later subscribers."""
        shown = self._fields[symbol] = {"InstrumentID": symbol} | fields
        data = self._last[symbol] = frame("tick", packed(shown))
        for link in tuple(self._subscribers.get(symbol, ())):
            link.send_bytes(data)
            self.sent += 1

    def repeat(self, symbol: str) -> None:
        """Send the last tick once more, as fronts do after a subscription."""
        for link in tuple(self._subscribers.get(symbol, ())):
            link.send_bytes(self._last[symbol])

    def last_fields(self, symbol: str | None) -> list[dict[str, Any]]:
        """Return the last tick of a contract, or of all, as plain numbers and texts."""
        chosen = [self._fields[name] for name in self._fields if symbol in (None, name)]
        return [
            {name: float(value) if isinstance(value, Decimal) else value for name, value in fields.items()}
            for fields in chosen
        ]

    def subscribe(self, link: Link, symbol: str) -> None:
        """Send this contract's ticks there; the last one at once, however old it is."""
        links = self._subscribers.setdefault(symbol, [])
        if link not in links:
            links.append(link)
        if symbol in self._last:
            link.send_bytes(self._last[symbol])

    def unsubscribe(self, link: Link, symbol: str) -> None:
        """Send them no more."""
        if link in self._subscribers.get(symbol, []):
            self._subscribers[symbol].remove(link)

    def forget(self, link: Link) -> None:
        """The connection ended: its subscriptions with it."""
        for links in self._subscribers.values():
            if link in links:
                links.remove(link)

    def mark(self, symbol: str) -> Decimal:
        """Return what lots of a contract are worth now."""
        quote = self.quote_of(symbol)
        return quote.settlement or quote.last or quote.pre_settlement

    def settle(self, prices: dict[str, Price]) -> dict[str, Decimal]:
        """Fix every quoted contract's settlement price, given or the day's average, and send it in two ticks."""
        found: dict[str, Decimal] = {}
        for symbol, quote in self.quotes.items():
            quote.settlement = exact(prices[symbol]) if symbol in prices else quote.average()
            found[symbol] = quote.settlement
            fields = quote.fields(self.trading_day, self._clock.china())
            for _ in range(2):
                self.publish(symbol, fields)
        return found

    def begin(self, trading_day: str) -> None:
        """Begin a trading day: yesterday's settlement is the base, volumes begin at nothing."""
        self.trading_day = trading_day
        ended, self.quotes = self.quotes, {}
        for symbol, quote in ended.items():
            if self._contracts.find(symbol) is None:
                continue
            fresh = self.open_at(symbol, quote.settlement or quote.average())
            fresh.pre_close = quote.last or fresh.pre_settlement
            fresh.open_interest = fresh.pre_open_interest = quote.open_interest

    def clean(self, quote: Quote, lots: int) -> Tick:
        """Return the quote as the matching reads it; `lots` traded with it."""
        self._seq += 1
        now, book, contract = self._clock.now_ns(), quote.book, quote.contract
        upper, lower = quote.limits()
        return Tick(
            instrument_id=f"{contract.symbol}.{contract.exchange}", seq=self._seq, ts_event=now, ts_recv=now,
            trading_day=int(self.trading_day), last_price=float(quote.last or 0), volume=quote.volume,
            turnover=float(quote.turnover), open_interest=float(quote.open_interest),
            bid_price=_number(book.get("BidPrice1")), bid_volume=book.get("BidVolume1", 0),
            ask_price=_number(book.get("AskPrice1")), ask_volume=book.get("AskVolume1", 0),
            open_price=None, high_price=None, low_price=None, pre_settlement_price=float(quote.pre_settlement),
            pre_close_price=None, pre_open_interest=None, limit_up=float(upper), limit_down=float(lower),
            settlement_price=None, depth=None, volume_delta=lots, turnover_delta=0.0,
        )  # fmt: skip


def exact(price: Price) -> Decimal:
    """Return a price as it is written."""
    return price if isinstance(price, Decimal) else Decimal(str(price))


def _number(price: Decimal | None) -> float | None:
    return None if price is None else float(price)


def _book(raw: RawTick) -> dict[str, Any]:
    """Return the levels that a tick shows, by the struct's names."""
    levels = [(raw[8], raw[9], raw[10], raw[11]), *(raw[21] or ())]
    book: dict[str, Any] = {}
    for level, (bid, bid_lots, ask, ask_lots) in enumerate(levels, start=1):
        for side, price, lots in (("Bid", bid, bid_lots), ("Ask", ask, ask_lots)):
            if price is not None and lots:
                book |= {f"{side}Price{level}": exact(price), f"{side}Volume{level}": lots}
    return book


def _told(raw: RawTick) -> dict[str, Any]:
    """Return what a tick says itself of the day; the rest is the quote's."""
    said = {
        "OpenPrice": raw[12], "HighestPrice": raw[13], "LowestPrice": raw[14], "PreSettlementPrice": raw[15],
        "PreClosePrice": raw[16], "PreOpenInterest": raw[17], "UpperLimitPrice": raw[18], "LowerLimitPrice": raw[19],
        "SettlementPrice": raw[20],
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}
