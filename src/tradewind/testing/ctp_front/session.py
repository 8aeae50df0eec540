"""One client at a trading front: authenticates, logs in, confirms, asks and trades. It holds the fronts' lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.testing.ctp_front.codes import OK, told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.testing.ctp_front.investor import Investor
    from tradewind.testing.ctp_front.link import Link
    from tradewind.testing.ctp_front.state import FrontState

Row = dict[str, Any]
BAD_LOGIN: Final = 3
NOT_LOGGED_IN: Final = 6
TOO_MANY_SESSIONS: Final = 60
BAD_AUTHENTICATION: Final = 63
NOT_AUTHENTICATED: Final = 64
LOCKED: Final = 75
NOT_READY: Final = 90
NO_RIGHT: Final = 9
_ORDERS: Final = {"ReqOrderInsert", "ReqOrderAction"}


class TradingSession:
    """What the client is: its numbers change with every connection."""

    def __init__(self, link: Link, state: FrontState) -> None:
        self._link = link
        self._state = state
        self._is_authenticated = not state.settings.needs_authentication
        self.number = state.next_session()
        self.investor: Investor | None = None
        self._requests: Mapping[str, Callable[[Row, int], None]] = {
            "ReqAuthenticate": self._authenticate,
            "ReqUserLogin": self._log_in,
            "ReqUserLogout": self._log_out,
            "ReqSettlementInfoConfirm": self._confirm,
            "ReqOrderInsert": self._insert,
            "ReqOrderAction": self._cancel,
            "ReqUserPasswordUpdate": self._change_password,
        }

    @property
    def numbers(self) -> tuple[int, int]:
        """Return (FrontID, SessionID)."""
        return 1, self.number

    def request(self, name: str, asked: Row, request_id: int) -> None:
        """Do what is asked."""
        known = self._requests.get(name)
        if known is not None:
            known(asked, request_id)
        elif name.startswith("ReqQry"):
            self._query(name, asked, request_id)
        else:
            self._link.respond("OnRspError", None, told(NO_RIGHT), request_id)

    def refuse(self, name: str, asked: Row, request_id: int, code: int) -> None:
        """Refuse a request of whatever name with a code, as CTP would."""
        error = told(code)
        if name == "ReqOrderInsert":
            self._refuse_order(asked, request_id, error)
        elif name == "ReqOrderAction":
            self._refuse_cancel(asked, request_id, error)
        else:
            self._link.respond(f"OnRsp{name.removeprefix('Req')}", None, error, request_id)

    def leave(self) -> None:
        """The connection ended."""
        if self.investor is not None:
            self.investor.flow.leave(self._link)
            self._state.public.leave(self._link)
            self._state.sessions[self.investor.user_id] -= 1
            self.investor = None

    def _authenticate(self, asked: Row, request_id: int) -> None:
        settings = self._state.settings
        is_right = (asked.get("AppID"), asked.get("AuthCode")) == (settings.app_id, settings.auth_code)
        self._is_authenticated |= is_right
        row = {name: asked[name] for name in ("BrokerID", "UserID", "AppID") if name in asked} | {"AppType": "1"}
        self._link.respond("OnRspAuthenticate", row, OK if is_right else told(BAD_AUTHENTICATION), request_id)

    def _log_in(self, asked: Row, request_id: int) -> None:
        state, settings = self._state, self._state.settings
        code, investor = self._login_refusal(asked)
        if code or investor is None:
            self._link.respond("OnRspUserLogin", None, told(code), request_id)
            return
        self.investor = investor
        state.sessions[investor.user_id] += 1
        day, now = state.market.trading_day, f"{state.clock.china():%H:%M:%S}"
        info = {"QryFreq": settings.query_rate, "FTDPkgFreq": settings.order_rate}
        self._link.send("login", {"TradingDay": day, "info": info})
        row = {
            "TradingDay": day, "LoginTime": now, "BrokerID": settings.broker_id, "UserID": investor.user_id,
            "SystemName": "TradingHosting", "FrontID": 1, "SessionID": self.number,
            "MaxOrderRef": str(investor.max_reference),
            **{f"{name}Time": now for name in ("SHFE", "DCE", "CZCE", "FFEX", "INE", "GFEX")},
        }  # fmt: skip
        self._link.respond("OnRspUserLogin", row, OK, request_id)
        state.public.join(self._link, day)
        investor.flow.join(self._link, day)

    def _login_refusal(self, asked: Row) -> tuple[int, Investor | None]:
        state = self._state
        if not self._is_authenticated:
            return NOT_AUTHENTICATED, None
        investor = state.investors.get(str(asked.get("UserID", "")))
        if investor is None or asked.get("BrokerID") != state.settings.broker_id:
            return BAD_LOGIN, None
        if investor.failures >= state.settings.max_failures:
            return LOCKED, None
        if asked.get("Password") != investor.password:
            investor.failures += 1
            return BAD_LOGIN, None
        if state.sessions[investor.user_id] >= state.settings.max_sessions:
            return TOO_MANY_SESSIONS, None
        investor.failures = 0
        return 0, investor

    def _log_out(self, asked: Row, request_id: int) -> None:
        self.leave()
        self._link.respond("OnRspUserLogout", asked, OK, request_id)

    def _change_password(self, asked: Row, request_id: int) -> None:
        investor = self._state.investors.get(str(asked.get("UserID", "")))
        is_right = investor is not None and asked.get("OldPassword") == investor.password
        if investor is not None and is_right:
            investor.password = str(asked.get("NewPassword", ""))
        shown: Row = {name: asked[name] for name in ("BrokerID", "UserID") if name in asked}
        self._link.respond("OnRspUserPasswordUpdate", shown, OK if is_right else told(BAD_LOGIN), request_id)

    def _confirm(self, asked: Row, request_id: int) -> None:
        if self.investor is None:
            self._link.respond("OnRspSettlementInfoConfirm", None, told(NOT_LOGGED_IN), request_id)
            return
        state = self._state
        self.investor.confirmed = state.market.trading_day
        now, day = state.clock.china(), self.investor.confirmed
        self.investor.confirmed_on = f"{now:%Y%m%d}" if state.settings.dates_confirmations else day
        self.investor.confirmed_at = f"{now:%H:%M:%S}"
        row = asked | {"ConfirmDate": self.investor.confirmed_on, "ConfirmTime": self.investor.confirmed_at}
        self._link.respond("OnRspSettlementInfoConfirm", row, OK, request_id)

    def _insert(self, asked: Row, request_id: int) -> None:
        if self.investor is None:
            self._refuse_order(asked, request_id, told(NOT_LOGGED_IN))
            return
        error = self._state.desk.insert(self.investor, asked, self.numbers)
        if error is not None:
            self._refuse_order(asked, request_id, error)

    def _cancel(self, asked: Row, request_id: int) -> None:
        error = told(NOT_LOGGED_IN)
        if self.investor is not None:
            refused = self._state.desk.cancel(self.investor, asked, self.numbers)
            if refused is None:
                return
            error = refused
        self._refuse_cancel(asked, request_id, error)

    def _refuse_order(self, asked: Row, request_id: int, error: tuple[int, str]) -> None:
        self._link.respond("OnRspOrderInsert", asked, error, request_id)
        if self.investor is not None:
            self._state.desk.refuse(self.investor, asked, error)

    def _refuse_cancel(self, asked: Row, request_id: int, error: tuple[int, str]) -> None:
        self._link.respond("OnRspOrderAction", asked, error, request_id)
        if self.investor is not None:
            self._state.desk.refuse_cancel(self.investor, asked, error)

    def _query(self, name: str, asked: Row, request_id: int) -> None:
        answer = f"OnRsp{name.removeprefix('Req')}"
        if self.investor is None:
            self._link.respond("OnRspError", None, told(NOT_LOGGED_IN), request_id)
            return
        if self._state.faults.is_syncing:
            self._link.respond(answer, None, told(NOT_READY), request_id)
            return
        rows = self._state.queries.rows(name, self.investor, asked)
        if not rows:
            # An empty answer is one callback with neither struct.
            self._link.respond(answer, None, None, request_id)
        for number, row in enumerate(rows, start=1):
            self._link.respond(answer, row, None, request_id, is_last=number == len(rows))


def is_order(name: str) -> bool:
    """Say whether a request counts against the order flow limit."""
    return name in _ORDERS
