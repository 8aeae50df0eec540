"""A broker's CTP fronts: the object that tests drive, in their own process or through `control`.

    fronts = CtpFronts()
    fronts.start()
    fronts.market.quote("au2506", 720)
    ...
    fronts.settle(); fronts.begin_day(20250402)

Every method may be called from any thread. Whatever a test does to `market`, `desk` or `faults` directly it does under
`fronts.lock` when clients are connected.
"""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tradewind.errors import InputError
from tradewind.market.calendar import ExchangeCalendar
from tradewind.testing.ctp_front.clock import FrontClock
from tradewind.testing.ctp_front.contracts import ContractList, shipped_contracts
from tradewind.testing.ctp_front.desk import FrontDesk
from tradewind.testing.ctp_front.faults import Faults
from tradewind.testing.ctp_front.investor import Investor
from tradewind.testing.ctp_front.market import FrontMarket, Price
from tradewind.testing.ctp_front.queries import Queries
from tradewind.testing.ctp_front.server import FrontDoor
from tradewind.testing.ctp_front.settings import FrontSettings
from tradewind.testing.ctp_front.state import FrontState
from tradewind.testing.ctp_front.statement import statement_text

if TYPE_CHECKING:
    from tradewind.domain.tick import RawTick, Tick
    from tradewind.kernel.clock import Clock
    from tradewind.testing.ctp_front.contracts import Contract
    from tradewind.testing.ctp_front.faults import Door, Mischief, Shape
    from tradewind.testing.ctp_front.orders import FrontOrder

BROKER: Final = "信风模拟期货有限公司"
EXTERNAL_SESSION: Final = (9, 9_000_001)
"""FrontID and SessionID of the investor's other terminal."""


class CtpFronts:
    """Market front and trading front of one broker, and the exchanges behind them."""

    def __init__(
        self,
        settings: FrontSettings | None = None,
        *,
        contracts: ContractList | None = None,
        keeps_hours: bool = False,
        heartbeat_s: float = 5.0,
        clock: Clock | None = None,
    ) -> None:
        """Trade the shipped futures unless others are given, round the clock unless `keeps_hours`, by `clock`."""
        settings = settings or FrontSettings()
        self.settings = settings
        self.lock = threading.RLock()
        self.clock = FrontClock(clock)
        self.faults = Faults()
        self.contracts = contracts or shipped_contracts(settings.trading_day)
        self._calendar = ExchangeCalendar() if keeps_hours else None
        self.market = FrontMarket(self.contracts, self.clock, self._on_tick)
        self.desk = FrontDesk(
            settings=settings,
            contracts=self.contracts,
            market=self.market,
            faults=self.faults,
            clock=self.clock,
            is_open=self._is_open,
        )
        self.queries = Queries(settings, self.contracts, self.market)
        self.investors = {user.user_id: Investor(user, settings, self.market) for user in settings.users}
        self.state = FrontState(
            settings, self.clock, self.contracts, self.market, self.desk, self.queries, self.faults, self.investors
        )
        self.market.begin(str(settings.trading_day))
        self.market_door = FrontDoor("market", self.state, self.lock, heartbeat_s=heartbeat_s)
        self.trading_door = FrontDoor("trading", self.state, self.lock, heartbeat_s=heartbeat_s)

    @property
    def market_address(self) -> str:
        """Return the market front, `tcp://…`."""
        return self.market_door.address

    @property
    def trading_address(self) -> str:
        """Return the trading front, `tcp://…`."""
        return self.trading_door.address

    @property
    def trading_day(self) -> str:
        """Return the day the fronts are in."""
        return self.market.trading_day

    def start(self, market_port: int = 0, trading_port: int = 0) -> None:
        """Open both doors; at free ports unless told otherwise, and at the same ones again after `stop`."""
        self.market_door.open(market_port)
        self.trading_door.open(trading_port)

    def stop(self) -> None:
        """Shut both doors and hang up: connections are refused until `start`. It is a maintenance break, too."""
        self.market_door.shut()
        self.trading_door.shut()

    def disconnect(self) -> None:
        """Hang up on everybody; who connects again is let in."""
        self.market_door.hang_up()
        self.trading_door.hang_up()

    def order(self, reference: str | int, user_id: str = "") -> FrontOrder:
        """Return an investor's newest order of that OrderRef, or exchange's number.

        Raises: InputError: there is none.
        """
        wanted = str(reference).strip()
        with self.lock:
            for order in reversed(self.investor(user_id).orders):
                if wanted in (order.reference, order.system_id.strip()):
                    return order
        message = f"no order {wanted!r} of today"
        raise InputError(message)

    def investor(self, user_id: str = "") -> Investor:
        """Return an investor, the first one unless named.

        Raises: InputError: there is none of that id.
        """
        if not user_id:
            return next(iter(self.investors.values()))
        if user_id not in self.investors:
            message = f"no user {user_id!r}; there are {', '.join(self.investors)}"
            raise InputError(message)
        return self.investors[user_id]

    def quote(self, symbol: str, last: Price | None = None, **book: Any) -> None:  # noqa: ANN401 - see FrontMarket
        """Let the market move; see `FrontMarket.quote`."""
        with self.lock:
            self.market.quote(symbol, last, **book)

    def take(self, raw: RawTick) -> None:
        """Send one tick of a recording or of the simulated market; see `feed`."""
        with self.lock:
            self.market.take(raw)

    def fail(self, request: str, mischief: Mischief, *, code: int = 0, times: int = 1) -> None:
        """Let the next requests of that name go wrong; `hello` is the connection itself. See `faults`."""
        with self.lock:
            self.faults.add(request, mischief, code=code, times=times)

    def set_shape(self, shape: Shape) -> None:
        """Say in which order, and how often, returns are told."""
        with self.lock:
            self.faults.shape = shape

    def set_syncing(self, *, is_syncing: bool) -> None:
        """Answer queries with 90 and orders with 35, or again as they should be."""
        with self.lock:
            self.faults.is_syncing = is_syncing

    def refuse_next_order(self, words: str = "交易所拒绝") -> None:
        """Let the exchange refuse the next order in these words."""
        with self.lock:
            self.faults.exchange_refusals.append(words)

    def refuse_next_cancel(self, words: str = "交易所拒绝撤单") -> None:
        """Let the exchange refuse the next cancel in these words."""
        with self.lock:
            self.faults.cancel_refusals.append(words)

    def set_mood(self, mood: Door) -> None:
        """Say how both doors meet connections from now on: open, silent or closing."""
        self.market_door.mood = self.trading_door.mood = mood

    def mute(self) -> None:
        """Say nothing more on the connections there are: heartbeats stop."""
        self.market_door.mute()
        self.trading_door.mute()

    def announce(self, symbol: str, status: str) -> None:
        """Tell everybody a contract's trading status on the public flow: 0 before trading … 2 continuous … 6 closed.

        Raises: InputError: there is no such contract.
        """
        with self.lock:
            contract = self.contracts.require(symbol)
            fields = {
                "ExchangeID": contract.exchange, "InstrumentID": symbol, "InstrumentStatus": status,
                "EnterTime": f"{self.clock.china():%H:%M:%S}", "EnterReason": "1",
            }  # fmt: skip
            self.state.public.tell([("OnRtnInstrumentStatus", fields, None)], self.faults.shape)

    def stand_at(self, moment: str) -> None:
        """Let the fronts' clock stand at `2025-04-01 21:00:00`, China's time."""
        self.clock.stand_at(moment)

    def fill(self, reference: str | int, quantity: int | None = None, price: Price | None = None) -> None:
        """Let lots of a standing order be done."""
        with self.lock:
            self.desk.fill(self.order(reference), quantity, None if price is None else Decimal(str(price)))

    def place_elsewhere(self, symbol: str, **fields: Any) -> FrontOrder:  # noqa: ANN401 - fields of CTP's struct
        """Place an order of another terminal on the account: one lot bought at the last price unless told.

        Raises: InputError: the desk refused it.
        """
        with self.lock:
            investor, contract = self.investor(), self.contracts.require(symbol)
            asked = {
                "BrokerID": self.settings.broker_id, "InvestorID": investor.user_id, "UserID": investor.user_id,
                "InstrumentID": symbol, "ExchangeID": contract.exchange, "OrderRef": str(investor.max_reference + 1),
                "OrderPriceType": "2", "Direction": "0", "CombOffsetFlag": "0", "CombHedgeFlag": "1",
                "LimitPrice": float(self.market.mark(symbol)), "VolumeTotalOriginal": 1, "TimeCondition": "3",
                "VolumeCondition": "1", "MinVolume": 1, "ContingentCondition": "1", "ForceCloseReason": "0",
            } | fields  # fmt: skip
            confirmed, investor.confirmed = investor.confirmed, self.trading_day
            refused = self.desk.insert(investor, asked, EXTERNAL_SESSION)
            investor.confirmed = confirmed
            if refused is not None:
                raise InputError(refused[1])
            return investor.orders[-1]

    def move_money(self, amount: Price, user_id: str = "") -> None:
        """Let money come (positive) or go (negative)."""
        with self.lock:
            self.investor(user_id).books.move(self.trading_day, Decimal(str(amount)))

    def settle(self, prices: dict[str, Price] | None = None) -> dict[str, Decimal]:
        """End the day's trading: settlement prices (given, or the day's average) and each investor's statement."""
        with self.lock:
            self.desk.end_day(list(self.investors.values()))
            found = self.market.settle(prices or {})
            for investor in self.investors.values():
                investor.statements[self.trading_day] = statement_text(investor, self.market, BROKER)
            return found

    def begin_day(self, trading_day: int) -> None:
        """Begin a trading day after `settle`: books roll, expired contracts go, and everybody is hung up on.

        Raises: InputError: the day before was not settled, or is not before.
        """
        with self.lock:
            ended = self.trading_day
            if not all(ended in investor.statements for investor in self.investors.values()):
                message = f"{ended} is not settled yet: call settle first"
                raise InputError(message)
            if str(trading_day) <= ended:
                message = f"the next trading day must be after {ended}, was {trading_day}"
                raise InputError(message)
            for investor in self.investors.values():
                investor.roll()
            for contract in self.contracts.all():
                if contract.expire_date <= int(ended):
                    self.contracts.remove(contract.symbol)
            self.state.public.clear()
            self.market.begin(str(trading_day))
        self.disconnect()

    def _on_tick(self, tick: Tick) -> None:
        self.desk.on_tick(tick)

    def _is_open(self, contract: Contract) -> bool:
        if self._calendar is None:
            return True
        return self._calendar.section_at(contract.hours_id, self.clock.now_ns()) is not None
