"""What `ReqQry…` is answered with: rows of the account, its positions and orders, contracts and rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.testing.ctp_front.lots import LONG, ZERO, Lot, position_pnl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.testing.ctp_front.contracts import Contract, ContractList
    from tradewind.testing.ctp_front.investor import Investor
    from tradewind.testing.ctp_front.market import FrontMarket
    from tradewind.testing.ctp_front.settings import FrontSettings

Row = dict[str, Any]
_TODAY: Final = "1"
_HISTORY: Final = "2"
PIECE_BYTES: Final = 500


class Queries:
    """Answers each query with its rows; an empty answer is no rows."""

    def __init__(self, settings: FrontSettings, contracts: ContractList, market: FrontMarket) -> None:
        self._settings = settings
        self._contracts = contracts
        self._market = market
        self.rates_by_product: set[str] = {"ReqQryInstrumentCommissionRate"}
        """Queries whose rates are answered with the product's id in the place of the contract's."""
        self.extra: dict[str, list[Row]] = {}
        """Rows with which a test answers a query instead of what it would be."""
        self._answers: Mapping[str, Callable[[Investor, Row], list[Row]]] = {
            "ReqQryInstrument": self._instruments,
            "ReqQryProduct": self._products,
            "ReqQryTradingAccount": self._account,
            "ReqQryInvestorPosition": self._positions,
            "ReqQryInvestorPositionDetail": self._details,
            "ReqQryOrder": self._orders,
            "ReqQryTrade": self._trades,
            "ReqQryInstrumentMarginRate": self._margin_rates,
            "ReqQryInstrumentCommissionRate": self._commission_rates,
            "ReqQryInstrumentOrderCommRate": self._order_fees,
            "ReqQryDepthMarketData": self._quotes,
            "ReqQrySettlementInfo": self._settlement,
            "ReqQrySettlementInfoConfirm": self._confirmation,
            "ReqQryBrokerTradingParams": self._params,
            "ReqQryProductGroup": self._groups,
            "ReqQryInvestor": lambda investor, _asked: [self._who(investor) | {"InvestorName": investor.name}],
            "ReqQryTradingCode": lambda investor, _asked: [self._who(investor) | {"ClientID": investor.user_id}],
            "ReqQryExchange": lambda _investor, asked: _exchanges(asked),
        }

    def rows(self, name: str, investor: Investor, asked: Row) -> list[Row]:
        """Return the answer's rows; a query that is not simulated is answered with none."""
        if name in self.extra:
            return self.extra[name]
        answer = self._answers.get(name)
        return [] if answer is None else answer(investor, asked)

    def _who(self, investor: Investor) -> Row:
        return {"BrokerID": self._settings.broker_id, "InvestorID": investor.user_id}

    def _chosen(self, asked: Row) -> list[Contract]:
        symbol, exchange, product = (asked.get(name) for name in ("InstrumentID", "ExchangeID", "ProductID"))
        return [
            contract
            for contract in self._contracts.all()
            if symbol in (None, contract.symbol)
            and exchange in (None, contract.exchange)
            and product in (None, contract.product)
        ]

    def _instruments(self, _investor: Investor, asked: Row) -> list[Row]:
        return [contract.row() for contract in self._chosen(asked)]

    def _products(self, _investor: Investor, asked: Row) -> list[Row]:
        found = {contract.product: contract for contract in self._chosen(asked)}
        return [
            {"ProductID": name, "ProductName": name, "ExchangeID": contract.exchange, "ProductClass": "1",
             "VolumeMultiple": contract.multiplier, "PriceTick": float(contract.price_tick),
             "PositionDateType": "1" if contract.is_date_kept else "2"}
            for name, contract in found.items()
        ]  # fmt: skip

    def _groups(self, _investor: Investor, asked: Row) -> list[Row]:
        found = {contract.product: contract.exchange for contract in self._chosen(asked)}
        return [{"ProductID": name, "ProductGroupID": name, "ExchangeID": where} for name, where in found.items()]

    def _account(self, investor: Investor, _asked: Row) -> list[Row]:
        money, (margin, fees) = investor.books.money, investor.frozen()
        amounts = {
            "PreBalance": money.pre_balance, "Deposit": money.deposit, "Withdraw": money.withdraw,
            "FrozenMargin": margin, "FrozenCommission": fees, "CurrMargin": investor.margin(),
            "Commission": money.commission, "CloseProfit": money.close_pnl,
            "PositionProfit": investor.position_pnl(), "Balance": investor.balance(),
            "Available": investor.available(), "WithdrawQuota": max(investor.available(), ZERO),
            "ExchangeMargin": investor.margin(),
        }  # fmt: skip
        who = {"BrokerID": self._settings.broker_id, "AccountID": investor.user_id, "CurrencyID": "CNY"}
        numbers = {name: float(amount) for name, amount in amounts.items()}
        return [who | {"TradingDay": self._market.trading_day, "SettlementID": 1, "BizType": "1"} | numbers]

    def _positions(self, investor: Investor, asked: Row) -> list[Row]:
        day, rows = self._market.trading_day, []
        sides: dict[tuple[str, str, str], list[Lot]] = {}
        for lot in investor.books.lots:
            is_history = lot.contract.is_date_kept and lot.open_day != day
            key = (lot.contract.symbol, lot.direction, _HISTORY if is_history else _TODAY)
            sides.setdefault(key, []).append(lot)
        for (symbol, direction, date), lots in sides.items():
            if asked.get("InstrumentID") in (None, symbol):
                rows.append(self._position(investor, lots, direction=direction, date=date))
        return rows

    def _position(self, investor: Investor, lots: list[Lot], *, direction: str, date: str) -> Row:
        contract, day = lots[0].contract, self._market.trading_day
        held = sum(lot.quantity for lot in lots)
        today = sum(lot.quantity for lot in lots if lot.open_day == day)
        units, quote = contract.multiplier, self._market.quote_of(contract.symbol)
        is_long = direction == LONG
        frozen = investor.frozen_lots(contract, is_buy=not is_long, is_today=date == _TODAY and contract.is_date_kept)
        mark = self._market.mark(contract.symbol)
        margins = (contract.margin(direction, investor.margin_price(lot), lot.quantity) for lot in lots)
        return self._who(investor) | {
            "InstrumentID": contract.symbol, "ExchangeID": contract.exchange, "PosiDirection": direction,
            "HedgeFlag": "1", "PositionDate": date, "Position": held, "TodayPosition": today,
            "YdPosition": held - today, "ShortFrozen": frozen if is_long else 0,
            "LongFrozen": 0 if is_long else frozen, "TradingDay": day, "SettlementID": 1,
            "OpenCost": float(sum((lot.open_price * lot.quantity * units for lot in lots), ZERO)),
            "PositionCost": float(sum((lot.basis * lot.quantity * units for lot in lots), ZERO)),
            "PositionProfit": float(sum((position_pnl(lot, mark) for lot in lots), ZERO)),
            "UseMargin": float(sum(margins, ZERO)), "PreSettlementPrice": float(quote.pre_settlement),
            "SettlementPrice": float(quote.settlement or mark),
        }  # fmt: skip

    def _details(self, investor: Investor, asked: Row) -> list[Row]:
        return [
            self._who(investor) | {
                "InstrumentID": lot.contract.symbol, "ExchangeID": lot.contract.exchange, "HedgeFlag": lot.hedge,
                "Direction": "0" if lot.direction == LONG else "1", "OpenDate": lot.open_day,
                "TradeID": f"{lot.trade_id:>12}", "Volume": lot.quantity, "OpenPrice": float(lot.open_price),
                "TradingDay": self._market.trading_day, "TradeType": "0",
                "LastSettlementPrice": float(self._market.quote_of(lot.contract.symbol).pre_settlement),
                "PositionProfitByDate": float(position_pnl(lot, self._market.mark(lot.contract.symbol))),
                "Margin": float(lot.contract.margin(lot.direction, investor.margin_price(lot), lot.quantity)),
            }
            for lot in investor.books.lots
            if asked.get("InstrumentID") in (None, lot.contract.symbol)
        ]  # fmt: skip

    def _orders(self, investor: Investor, asked: Row) -> list[Row]:
        return [dict(order.fields) for order in investor.orders if _matches(asked, order.fields)]

    def _trades(self, investor: Investor, asked: Row) -> list[Row]:
        return [dict(trade) for trade in investor.trades if _matches(asked, trade)]

    def _margin_rates(self, investor: Investor, asked: Row) -> list[Row]:
        """Without a contract CTP answers for what is held alone, and so with nothing for who holds nothing."""
        held = {lot.contract.symbol for lot in investor.books.lots}
        rows = []
        for contract in self._chosen(asked):
            if "InstrumentID" in asked or contract.symbol in held:
                long, long_lots, short, short_lots = (float(rate) for rate in contract.margins)
                rows.append(
                    self._rated("ReqQryInstrumentMarginRate", investor, contract)
                    | {"HedgeFlag": "1", "LongMarginRatioByMoney": long, "LongMarginRatioByVolume": long_lots,
                       "ShortMarginRatioByMoney": short, "ShortMarginRatioByVolume": short_lots}
                )  # fmt: skip
        return rows

    def _commission_rates(self, investor: Investor, asked: Row) -> list[Row]:
        names = ("OpenRatioBy", "CloseRatioBy", "CloseTodayRatioBy")
        held = {lot.contract.symbol for lot in investor.books.lots}
        rows = []
        for contract in self._chosen(asked):
            if "InstrumentID" in asked or contract.symbol in held:
                fees = iter(contract.fees)
                rates = {f"{name}{kind}": float(next(fees)) for name in names for kind in ("Money", "Volume")}
                rows.append(self._rated("ReqQryInstrumentCommissionRate", investor, contract) | rates)
        return rows

    def _order_fees(self, investor: Investor, asked: Row) -> list[Row]:
        if "InstrumentID" not in asked:
            return []
        return [self._rated("", investor, contract) | {"HedgeFlag": "1"} for contract in self._chosen(asked)]

    def _rated(self, query: str, investor: Investor, contract: Contract) -> Row:
        symbol = contract.product if query in self.rates_by_product else contract.symbol
        return self._who(investor) | {"InstrumentID": symbol, "ExchangeID": contract.exchange, "InvestorRange": "3"}

    def _quotes(self, _investor: Investor, asked: Row) -> list[Row]:
        return self._market.last_fields(asked.get("InstrumentID"))

    def _settlement(self, investor: Investor, asked: Row) -> list[Row]:
        """The day's statement, or the latest; cut wherever 500 bytes end, in the middle of a character too."""
        day = str(asked.get("TradingDay", "")) or max(investor.statements, default="")
        data = investor.statements.get(day, "").encode("gb18030")
        return [
            self._who(investor) | {
                "TradingDay": day, "SettlementID": 1, "SequenceNo": number,
                "Content": data[start : start + PIECE_BYTES], "AccountID": investor.user_id, "CurrencyID": "CNY",
            }
            for number, start in enumerate(range(0, len(data), PIECE_BYTES), start=1)
        ]  # fmt: skip

    def _confirmation(self, investor: Investor, _asked: Row) -> list[Row]:
        if not investor.confirmed:
            return []
        return [self._who(investor) | {"ConfirmDate": investor.confirmed_on, "ConfirmTime": investor.confirmed_at}]

    def _params(self, investor: Investor, _asked: Row) -> list[Row]:
        return [
            self._who(investor) | {
                "MarginPriceType": self._settings.margin_price, "Algorithm": self._settings.available_algorithm,
                "AvailIncludeCloseProfit": "0", "CurrencyID": "CNY", "AccountID": investor.user_id,
            }
        ]  # fmt: skip


def _matches(asked: Row, row: Row) -> bool:
    names = ("InstrumentID", "ExchangeID", "OrderSysID", "TradeID")
    return all(asked[name] == row.get(name) for name in names if name in asked)


def _exchanges(asked: Row) -> list[Row]:
    names = ("SHFE", "INE", "DCE", "CZCE", "CFFEX", "GFEX")
    return [{"ExchangeID": name, "ExchangeName": name} for name in names if asked.get("ExchangeID") in (None, name)]
