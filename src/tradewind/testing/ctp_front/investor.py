"""One investor at the broker: books, orders of the day, what he was told, what he confirmed and may still do."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tradewind.testing.ctp_front.link import Flow
from tradewind.testing.ctp_front.lots import CLOSE_TODAY, LONG, OPEN, SHORT, ZERO, Books, Lot, Money, margin

if TYPE_CHECKING:
    from tradewind.testing.ctp_front.contracts import Contract
    from tradewind.testing.ctp_front.market import FrontMarket
    from tradewind.testing.ctp_front.orders import FrontOrder
    from tradewind.testing.ctp_front.settings import FrontSettings, FrontUser

_ONLY_LOSS: Final = "2"
_ONLY_GAIN: Final = "3"
_NEITHER: Final = "4"
_AT_OPEN_PRICE: Final = "4"
TOO_MUCH: Final = 30
NO_FUNDS: Final = 31
TODAY_SHORT: Final = 50
YESTERDAY_SHORT: Final = 51


class Investor:
    """His whole state at the fronts."""

    def __init__(self, user: FrontUser, settings: FrontSettings, market: FrontMarket) -> None:
        self.user_id = user.user_id
        self.password = user.password
        self.name = user.name
        self._settings = settings
        self._market = market
        self.books = Books(Money(user.balance))
        self.flow = Flow("Private")
        self.orders: list[FrontOrder] = []
        self.trades: list[dict[str, Any]] = []
        self.confirmed = ""
        """The trading day on which the last settlement was confirmed."""
        self.confirmed_on = ""
        """The date of that moment: in a night session, of the evening."""
        self.confirmed_at = ""
        self.failures = 0
        self.max_reference = 0
        self.statements: dict[str, str] = {}
        """The text of each day's statement."""

    def margin_price(self, lot: Lot) -> Decimal:
        """Return the price that the broker counts a lot's margin at."""
        quote = self._market.quote_of(lot.contract.symbol)
        if quote.settlement is not None:
            return quote.settlement
        if lot.open_day == self._market.trading_day and self._settings.margin_price == _AT_OPEN_PRICE:
            return lot.open_price
        return quote.pre_settlement

    def margin(self) -> Decimal:
        """Return the margin of all lots; at their last day's settlement lots are delivered and need none."""
        return margin([lot for lot in self.books.lots if not self.is_delivered(lot)], self.margin_price)

    def is_delivered(self, lot: Lot) -> bool:
        """Say whether the settlement of its contract's last day has ended a lot."""
        is_settled = self._market.quote_of(lot.contract.symbol).settlement is not None
        return is_settled and lot.contract.expire_date <= int(self._market.trading_day)

    def position_pnl(self) -> Decimal:
        """Return the profit of all lots at the prices now."""
        return self.books.position_pnl({lot.contract.symbol: self._mark(lot) for lot in self.books.lots})

    def balance(self) -> Decimal:
        """Return the dynamic equity."""
        money = self.books.money
        moved = money.deposit - money.withdraw
        return money.pre_balance + moved + money.close_pnl + self.position_pnl() - money.commission

    def frozen(self) -> tuple[Decimal, Decimal]:
        """Return (margin, commission) that standing orders hold."""
        held, fees = ZERO, ZERO
        for order in self.standing():
            if order.offset == OPEN:
                held += order.contract.margin(LONG if order.is_buy else SHORT, self._price(order), order.remaining)
                fees += order.contract.fee("open", self._price(order), order.remaining)
            else:
                fees += order.contract.fee("close", self._price(order), order.remaining)
        return held, fees

    def available(self) -> Decimal:
        """Return what may still be used; the profit of positions counts as the broker's algorithm says."""
        profit, algorithm = self.position_pnl(), self._settings.available_algorithm
        leaves_out = {_ONLY_LOSS: max(profit, ZERO), _ONLY_GAIN: min(profit, ZERO), _NEITHER: profit}
        return self.balance() - leaves_out.get(algorithm, ZERO) - self.margin() - sum(self.frozen())

    def standing(self) -> list[FrontOrder]:
        """Return the orders that are not over."""
        return [order for order in self.orders if not order.is_final]

    def closing_refusal(self, contract: Contract, *, is_buy: bool, offset: str, quantity: int) -> int:
        """Return the code that refuses a close, 0 where enough lots are held and not frozen."""
        direction = SHORT if is_buy else LONG
        day = self._market.trading_day
        lots = list(self.books.held(contract.symbol, direction))
        today = sum(lot.quantity for lot in lots if lot.open_day == day)
        older = sum(lot.quantity for lot in lots) - today
        frozen_today = self.frozen_lots(contract, is_buy=is_buy, is_today=True)
        frozen_older = self.frozen_lots(contract, is_buy=is_buy, is_today=False)
        if not contract.is_date_kept:
            return TOO_MUCH if quantity > today + older - frozen_today - frozen_older else 0
        if offset == CLOSE_TODAY:
            return TODAY_SHORT if quantity > today - frozen_today else 0
        return YESTERDAY_SHORT if quantity > older - frozen_older else 0

    def frozen_lots(self, contract: Contract, *, is_buy: bool, is_today: bool) -> int:
        """Return the lots of a contract that standing closing orders of that direction hold."""
        return sum(
            order.remaining
            for order in self.standing()
            if order.contract.symbol == contract.symbol
            and order.is_buy is is_buy
            and order.offset != OPEN
            and (order.offset == CLOSE_TODAY) is is_today
        )

    def funds_refusal(self, order: FrontOrder) -> int:
        """Return `NO_FUNDS` where an opening order needs more than is available."""
        price = self._price(order)
        needed = order.contract.margin(LONG if order.is_buy else SHORT, price, order.remaining)
        needed += order.contract.fee("open", price, order.remaining)
        return NO_FUNDS if needed > self.available() else 0

    def roll(self) -> None:
        """End the day: lots stand at the settlement price, money and orders begin anew, expired lots are gone."""
        balance, day = self.balance(), int(self._market.trading_day)
        for lot in self.books.lots:
            lot.basis = self._mark(lot)
        left = [lot for lot in self.books.lots if lot.contract.expire_date > day]
        self.books = Books(Money(balance), left)
        self.flow.clear()
        self.orders.clear()
        self.trades.clear()
        self.max_reference = 0

    def _mark(self, lot: Lot) -> Decimal:
        return self._market.mark(lot.contract.symbol)

    def _price(self, order: FrontOrder) -> Decimal:
        return order.price or self._market.quote_of(order.contract.symbol).limits()[0]
