"""One market front's session: connected, signed in, subscribed, and all of it again after every break.

Told the time, what the child says and whether the market needs us, it says what the child is to do; it waits for
nothing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.ctp.error_texts import RETURN_CODES, Reaction, meaning_of, reason_shown, shown
from tradewind.ctp.fronts import FrontState, FrontWatch
from tradewind.ctp.messages import (
    Answered,
    Ask,
    Called,
    Connect,
    Failed,
    Ready,
    Release,
    Released,
    Request,
    Returned,
    Subscribe,
)
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.ctp.messages import FromChild, ToChild
    from tradewind.ctp.settings import CtpSettings
    from tradewind.market.sources.settings import CtpFeedSettings

_LOG = get_log("market.ctp")
_LOGIN: Final = 1
_FIRST_SUBSCRIPTION: Final = 100
_ASK_AGAIN_S: Final = 1.0
_SLOWEST_S: Final = 60.0
_NO_DAY: Final = "19800100"
_REFUSALS_TOLD: Final = 20


class MarketSession:
    """What stands between us and quotes; not thread-safe: belongs to the source."""

    def __init__(
        self,
        feed: CtpFeedSettings,
        settings: CtpSettings,
        *,
        flow_dir: str,
        send: Callable[[ToChild], bool],
        on_state: Callable[[str, str], None],
        on_trading_day: Callable[[int], None],
    ) -> None:
        """`on_state` gets what became of the connection and its front; events are those of `counts`."""
        self._feed = feed
        self._settings = settings
        self._flow_dir = flow_dir
        self._send = send
        self._on_state = on_state
        self._on_trading_day = on_trading_day
        self._fronts = FrontWatch(feed.fronts, no_answer_s=settings.no_answer_s, next_front_s=settings.next_front_s)
        self._is_child_ready = False
        self._is_releasing = False
        self._is_due = False
        self._login_since_s = 0.0
        self._login_again_s: float | None = None
        self._login_tries = 0
        self._subscribe_again_s: float | None = None
        self._rest_until_s = 0.0
        self._not_before_s = 0.0
        self._wanted: dict[str, None] = {}
        self._agreed: set[str] = set()
        self._refused: dict[str, str] = {}
        self._number = _FIRST_SUBSCRIPTION
        self.is_signed_in = False
        self.trading_day = 0
        self.stopped = ""
        """Why nothing more is asked of the fronts before somebody acts."""

    @property
    def front(self) -> str:
        """The front in use."""
        return self._fronts.front

    @property
    def subscribed(self) -> int:
        """How many contracts the front has agreed to send."""
        return len(self._agreed)

    @property
    def refused(self) -> dict[str, str]:
        """The contracts that the front does not send, and why."""
        return dict(self._refused)

    def detail(self) -> str:
        """Return how it stands in words."""
        state, front = self._fronts.state, self._fronts.front
        if self.stopped:
            return f"stopped: {self.stopped}"
        if state is FrontState.CONNECTED:
            if not self.is_signed_in:
                return f"connected to {front}, signing in"
            return f"signed in at {front}, {len(self._agreed)} of {len(self._wanted)} contracts subscribed"
        words = {
            FrontState.CONNECTING: f"connecting to {front}",
            FrontState.NO_ANSWER: f"connecting to {front}, no answer",
            FrontState.LOST: f"lost {front}, connecting again",
            FrontState.IDLE: "waiting for the next session" if not self._is_due else "waiting for the library",
        }
        return words[state]

    def want(self, symbols: Iterable[str]) -> None:
        """Subscribe these symbols whenever there is a session; the ones before them are forgotten."""
        self._wanted = dict.fromkeys(symbols)

    def add(self, symbol: str) -> None:
        """Subscribe one more."""
        self.change(added=[symbol], dropped=[])

    def drop(self, symbol: str) -> None:
        """Subscribe it no more."""
        self.change(added=[], dropped=[symbol])

    def change(self, *, added: list[str], dropped: list[str]) -> None:
        """Subscribe some more and others no more, each with as few requests as may be."""
        for symbol in dropped:
            self._wanted.pop(symbol, None)
            self._agreed.discard(symbol)
        self._wanted.update(dict.fromkeys(added))
        if not self.is_signed_in:
            return
        if dropped:
            self._send(Subscribe(symbols=tuple(dropped), is_wanted=False, request_id=self._next()))
        for at in range(0, len(added), self._feed.batch):
            self._subscribe(tuple(added[at : at + self._feed.batch]))

    def child_ended(self) -> None:
        """Note that the child is gone, and with it the connection."""
        self._is_child_ready = self._is_releasing = False
        self._lose()
        self._fronts.rest()

    def tend(self, now_s: float, *, is_due: bool) -> None:
        """Look after the connection; `is_due`: the market is open or soon will be, so that a break is worth mending."""
        begins, self._is_due = is_due and not self._is_due, is_due
        if begins:
            self._rest_until_s = 0.0
            if self.is_signed_in:
                self._send(Ask(name="GetTradingDay"))
        if not self._is_child_ready or self._is_releasing or self.stopped:
            return
        if self._fronts.state is FrontState.IDLE:
            if now_s >= self._not_before_s and (is_due or now_s >= self._rest_until_s):
                self._connect(now_s)
        elif self._fronts.state is FrontState.CONNECTED:
            self._tend_login(now_s)
        elif self._fronts.state is FrontState.LOST and not is_due:
            self._release(now_s, "rested")
        else:
            self._tend_waiting(now_s)

    def hear(self, message: FromChild, now_s: float) -> None:
        """Take what the child says."""
        match message:
            case Ready():
                self._is_child_ready = True
            case Released():
                self._is_releasing = False
            case Called() if not self._is_releasing:
                self._called(message, now_s)
            case Returned() if message.code and not self._is_releasing:
                self._not_sent(message, now_s)
            case Answered(name="GetTradingDay"):
                self._take_day(str(message.fields.get("value", "")))
            case Failed() if not message.is_final:
                _LOG.warning("ctp_child_refused", reason=message.reason, again_in_s=_SLOWEST_S)
                self._not_before_s = now_s + _SLOWEST_S
                self._release(now_s, "child_refused")
            case _:
                return

    def _connect(self, now_s: float) -> None:
        front = self._fronts.begin(now_s)
        self._send(
            Connect(
                fronts=(front,),
                flow_dir=self._flow_dir,
                broker_id=self._feed.broker_id,
                user_id=self._feed.user_id,
                production=self._settings.production,
            )
        )
        _LOG.info("ctp_front_connecting", front=front)

    def _tend_waiting(self, now_s: float) -> None:
        before = self._fronts.state
        if self._fronts.is_overdue(now_s):
            self._release(now_s, "next_front")
        elif self._fronts.state is not before:
            self._on_state("no_answer", self.front)
            say = _LOG.warning if self._is_due else _LOG.info
            say("ctp_front_silent", front=self.front, remedy="look at market.ctp.fronts and at the way there")

    def _tend_login(self, now_s: float) -> None:
        if self.is_signed_in:
            if self._subscribe_again_s is not None and now_s >= self._subscribe_again_s:
                self._subscribe_again_s = None
                self._subscribe_all()
        elif self._login_again_s is not None:
            if now_s >= self._login_again_s:
                self._sign_in(now_s)
        elif now_s - self._login_since_s >= self._settings.login_s:
            _LOG.warning("ctp_login_not_answered", front=self.front)
            self._release(now_s, "next_front")

    def _release(self, now_s: float, event: str) -> None:
        """Let go of the library's API object; it cannot be told to use another front, nor to try less often."""
        lost = self.front
        self._lose()
        self._is_releasing = self._send(Release())
        self._fronts.rest()
        if event == "next_front":
            self._fronts.take_next()
        if not self._is_due:
            self._rest_until_s = now_s + self._feed.idle_retry_s
        self._on_state(event, lost)

    def _lose(self) -> None:
        was_connected = self._fronts.state is FrontState.CONNECTED
        self.is_signed_in = False
        self._agreed.clear()
        self._login_again_s = self._subscribe_again_s = None
        if was_connected:
            self._on_state("lost", self.front)

    def _called(self, message: Called, now_s: float) -> None:
        match message.name:
            case "OnFrontConnected":
                self._fronts.note_connected()
                self._login_tries = 0
                self._on_state("connected", self.front)
                _LOG.info("ctp_front_connected", front=self.front)
                self._sign_in(now_s)
            case "OnFrontDisconnected":
                self._disconnected(int((message.fields or {}).get("reason", 0)), now_s)
            case "OnRspUserLogin":
                self._logged_in(message, now_s)
            case "OnRspSubMarketData":
                self._subscribed(message)
            case "OnRspError":
                _LOG.warning("ctp_front_refused", reason=shown(message.error_id, message.error_text))
            case _:
                return

    def _disconnected(self, reason: int, now_s: float) -> None:
        if self._fronts.state is FrontState.CONNECTED:
            say = _LOG.warning if self._is_due else _LOG.info
            say(
                "ctp_front_lost",
                front=self.front,
                reason=reason_shown(reason),
                remedy="it is connected again by itself",
            )
        else:
            self._on_state("refused", self.front)
        self._lose()
        self._fronts.note_lost(now_s)

    def _sign_in(self, now_s: float) -> None:
        feed = self._feed
        self._login_since_s, self._login_again_s = now_s, None
        fields = {"BrokerID": feed.broker_id, "UserID": feed.user_id, "Password": feed.password}
        self._send(Request(name="ReqUserLogin", fields=fields, request_id=_LOGIN))

    def _logged_in(self, message: Called, now_s: float) -> None:
        if message.error_id:
            self._not_logged_in(message, now_s)
            return
        self.is_signed_in = True
        self._login_tries = 0
        self._on_state("signed_in", self.front)
        self._take_day(str((message.fields or {}).get("TradingDay", "")))
        self._send(Ask(name="GetTradingDay"))
        _LOG.info("ctp_signed_in", front=self.front, trading_day=self.trading_day, contracts=len(self._wanted))
        self._subscribe_all()

    def _not_logged_in(self, message: Called, now_s: float) -> None:
        reason = shown(message.error_id, message.error_text)
        self._on_state("login_refused", self.front)
        if meaning_of(message.error_id).reaction is Reaction.RETRY:
            self._login_again_s = now_s + self._next_try_s()
            _LOG.warning("ctp_login_refused", front=self.front, reason=reason)
            return
        # Signing in again with the same would be refused again, and may lock the account for everybody.
        self.stopped = f"the front refuses the login: {reason}"
        _LOG.error(
            "ctp_login_refused",
            front=self.front,
            reason=reason,
            remedy="correct market.ctp.broker_id, user_id and password and start again",
        )
        self._release(now_s, "stopped")

    def _not_sent(self, message: Returned, now_s: float) -> None:
        """A request did not leave: try it again, unless the connection breaks anyhow."""
        reason = RETURN_CODES.get(message.code, f"code {message.code}")
        _LOG.warning("ctp_request_not_sent", reason=reason, login=message.request_id == _LOGIN)
        if message.request_id == _LOGIN:
            self._login_again_s = now_s + self._next_try_s()
        elif self.is_signed_in:
            self._subscribe_again_s = now_s + _ASK_AGAIN_S

    def _next_try_s(self) -> float:
        self._login_tries += 1
        step_s: float = min(_ASK_AGAIN_S * 2 ** (self._login_tries - 1), _SLOWEST_S)
        return step_s * self._settings.retry_scale

    def _subscribe_all(self) -> None:
        symbols = [symbol for symbol in self._wanted if symbol not in self._agreed]
        for at in range(0, len(symbols), self._feed.batch):
            self._subscribe(tuple(symbols[at : at + self._feed.batch]))

    def _subscribe(self, symbols: tuple[str, ...]) -> None:
        self._send(Subscribe(symbols=symbols, request_id=self._next()))

    def _subscribed(self, message: Called) -> None:
        symbol = str((message.fields or {}).get("InstrumentID", ""))
        if not message.error_id:
            self._refused.pop(symbol, None)
            if symbol in self._wanted:
                self._agreed.add(symbol)
            return
        self._on_state("subscription_refused", self.front)
        reason = shown(message.error_id, message.error_text)
        if symbol not in self._refused and len(self._refused) < _REFUSALS_TOLD:
            self._refused[symbol] = reason
            _LOG.warning("ctp_subscription_refused", symbol=symbol, reason=reason)

    def _take_day(self, text: str) -> None:
        """Take the day of the front, which is the trading day of all that comes, whatever a quote says of itself."""
        if text == _NO_DAY or not (text.isascii() and text.isdecimal() and len(text) == len(_NO_DAY)):
            return
        if int(text) != self.trading_day:
            self.trading_day = int(text)
            self._on_trading_day(self.trading_day)

    def _next(self) -> int:
        self._number += 1
        return self._number
