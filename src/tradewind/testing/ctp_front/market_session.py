"""One client at a market front: logs in, whoever it is, and subscribes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.testing.ctp_front.codes import OK, told

if TYPE_CHECKING:
    from tradewind.testing.ctp_front.link import Link
    from tradewind.testing.ctp_front.state import FrontState

_NOT_LOGGED_IN = 6
_NO_CONTRACT = 16


class MarketSession:
    """Real market fronts look at no user and no password, and neither does this one."""

    def __init__(self, link: Link, state: FrontState) -> None:
        self._link = link
        self._state = state
        self._is_in = False
        self._number = state.next_session()

    def request(self, name: str, asked: dict[str, Any], request_id: int) -> None:
        """Do what is asked: log in or out."""
        if name == "ReqUserLogin":
            self._is_in = True
            market, settings = self._state.market, self._state.settings
            info = {"QryFreq": settings.query_rate, "FTDPkgFreq": settings.order_rate}
            self._link.send("login", {"TradingDay": market.trading_day, "info": info})
            now = f"{self._state.clock.china():%H:%M:%S}"
            row = {"TradingDay": market.trading_day, "LoginTime": now, "FrontID": 1, "SessionID": self._number}
            times = {f"{name}Time": now for name in ("SHFE", "DCE", "CZCE", "FFEX", "INE", "GFEX")}
            self._link.respond("OnRspUserLogin", asked_for(asked) | row | times, OK, request_id)
        elif name == "ReqUserLogout":
            self.leave()
            self._link.respond("OnRspUserLogout", asked, OK, request_id)
        else:
            self._link.respond("OnRspError", None, told(_NOT_LOGGED_IN), request_id)

    def refuse(self, name: str, asked: dict[str, Any], request_id: int, code: int) -> None:
        """Refuse a request with a code."""
        del asked
        self._link.respond(f"OnRsp{name.removeprefix('Req')}", None, told(code), request_id)

    def subscribe(self, symbols: list[str], *, is_wanted: bool) -> None:
        """Answer each contract by itself, then send its ticks."""
        name = "OnRspSubMarketData" if is_wanted else "OnRspUnSubMarketData"
        market = self._state.market
        for number, symbol in enumerate(symbols, start=1):
            is_known = self._is_in and self._state.contracts.find(symbol) is not None
            error = OK if is_known else told(_NO_CONTRACT if self._is_in else _NOT_LOGGED_IN)
            self._link.respond(name, {"InstrumentID": symbol}, error, 0, is_last=number == len(symbols))
            if not is_known:
                continue
            if is_wanted:
                market.subscribe(self._link, symbol)
            else:
                market.unsubscribe(self._link, symbol)

    def leave(self) -> None:
        """The connection ended."""
        self._is_in = False
        self._state.market.forget(self._link)


def asked_for(asked: dict[str, Any]) -> dict[str, Any]:
    """Return what an answer repeats of a login."""
    return {name: asked[name] for name in ("BrokerID", "UserID") if name in asked}
