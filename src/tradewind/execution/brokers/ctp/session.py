"""How an account gets to work at its broker, step by step, and what each failure on the way calls for.

connect → authenticate → log in → settlement confirmed? → contracts → funds → positions → working. A refusal that more
tries make worse (a wrong password, a program that is not known there) ends the way until a person says otherwise; any
other is tried again, later each time. A new connection is a new session: every step is gone again but the contracts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

from tradewind.ctp.error_texts import REMEDIES, Reaction, meaning_of, reason_shown, shown
from tradewind.execution.brokers.ctp.login import authenticate, log_in
from tradewind.kernel.backoff import LADDER_S
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.ctp.messages import Called
    from tradewind.execution.brokers.ctp.credentials import Secrets
    from tradewind.execution.brokers.ctp.door import Ground
    from tradewind.execution.brokers.ctp.queries import QueryLine, QueryResult
    from tradewind.kernel.clock import Timer


class Step(StrEnum):
    """Where an account stands."""

    STOPPED = "stopped"
    STARTING = "starting"
    """The child process loads the library."""
    CONNECTING = "connecting"
    AUTHENTICATING = "authenticating"
    LOGGING_IN = "logging_in"
    SETTLEMENT = "settlement"
    """It is asked whether the last settlement statement is confirmed, and confirmed by policy."""
    CONTRACTS = "contracts"
    FUNDS = "funds"
    POSITIONS = "positions"
    WORKING = "working"
    WAITING = "waiting"
    """A refusal that may pass: the next try has its time."""
    REFUSED = "refused"
    """A refusal that more tries make worse: a person is asked."""


_A_PERSON: Final = "somebody has to act before the next try"
NOT_CONFIRMED: Final = 42
_LOADING: Final = {
    Step.CONTRACTS: "ReqQryInstrument",
    Step.FUNDS: "ReqQryTradingAccount",
    Step.POSITIONS: "ReqQryInvestorPosition",
}
_NEXT: Final = {
    Step.SETTLEMENT: Step.CONTRACTS,
    Step.CONTRACTS: Step.FUNDS,
    Step.FUNDS: Step.POSITIONS,
    Step.POSITIONS: Step.WORKING,
}
_AWAITED: Final = frozenset({Step.AUTHENTICATING, Step.LOGGING_IN})
_RESTART_AFTER: Final = 4
"""Looks without a front's answer before the library is made anew."""


class SessionOwner(Protocol):
    """Who is told what the session comes to."""

    def entered(self, login: Mapping[str, Any]) -> None:
        """Logged in: a new session (CThostFtdcRspUserLoginField)."""

    def loaded(self, step: Step, rows: tuple[dict[str, Any], ...]) -> None:
        """The rows of a loading step came."""

    def working(self) -> None:
        """Orders may go."""

    def acted(self, act: str, detail: str) -> None:
        """Something was done in the account's name; it is put on record."""


class Session:
    """The way of one account; `is_working` while orders may go."""

    def __init__(self, ground: Ground, *, secrets: Secrets, queries: QueryLine, owner: SessionOwner) -> None:
        self._account = ground.account
        self._settings = ground.settings
        self._clock = ground.clock
        self._door = ground.door
        self._ids = ground.ids
        self._secrets = secrets
        self._queries = queries
        self._owner = owner
        self._tries = 0
        self._silent = 0
        self._timer: Timer | None = None
        self._contracts_of = 0
        self._confirmed_of = 0
        self.step = Step.STOPPED
        self.reason = ""
        self.since_ts = 0
        self.trading_day = 0
        self.is_confirmed = False
        self.is_connected = False

    @property
    def is_working(self) -> bool:
        """True while orders may go, if the settlement statement is confirmed."""
        return self.step is Step.WORKING

    def starting(self, reason: str = "") -> None:
        """Await the child."""
        self._leave(reason)
        if self.step is not Step.REFUSED:
            self._enter(Step.STARTING, reason)

    def ready(self) -> None:
        """The child runs and connects."""
        self._silent = 0
        if self.step is not Step.REFUSED:
            self._enter(Step.CONNECTING)
            self._look_later()

    def gone(self, reason: str) -> None:
        """The connection, or the child, is gone: await the next."""
        self._leave(reason)
        if self.step is not Step.REFUSED:
            self._enter(Step.CONNECTING, reason)
            self._look_later()

    def refuse(self, reason: str) -> None:
        """What stands in the way will not pass by itself."""
        self._enter(Step.REFUSED, reason)

    def stop(self) -> None:
        """Do nothing more."""
        self._leave("stopped")
        self._enter(Step.STOPPED)

    def connected(self) -> None:
        """The front answers: say who we are. Not after a refusal: more tries lock the account."""
        self.is_connected = True
        self._silent = 0
        if self.step is not Step.REFUSED:
            self._present()

    def again(self) -> None:
        """A person says that what was refused is mended."""
        if self.step is not Step.REFUSED:
            return
        self._tries = 0
        if self.is_connected:
            self._present()
        else:
            self._enter(Step.CONNECTING)
            self._look_later()

    def confirm(self) -> None:
        """Confirm the settlement statement of the last day, by policy or because a person said so."""
        self._door.request("ReqSettlementInfoConfirm", self._whose(), self._ids())

    def unconfirmed(self) -> None:
        """The front says that the statement is not confirmed (42)."""
        self.is_confirmed = False
        self._confirmed_of = 0
        if self._account.confirmation == "unseen":
            self.confirm()

    def hear(self, called: Called) -> None:
        """Take a callback about connecting, logging in or confirming."""
        match called.name:
            case "OnFrontConnected":
                self.connected()
            case "OnFrontDisconnected":
                self.is_connected = False
                reason = (called.fields or {}).get("reason", 0)
                self.gone(f"the front hung up: {reason_shown(reason)}")
            case "OnRspAuthenticate" if self.step is Step.AUTHENTICATING:
                self._log_in() if not called.error_id else self._refused(called)
            case "OnRspUserLogin" if self.step is Step.LOGGING_IN:
                self._logged_in(called)
            case "OnRspSettlementInfoConfirm":
                self._confirmed(called)
            case _:
                """Answers of others, and what is told for show."""

    def _present(self) -> None:
        asked = authenticate(self._account, self._secrets)
        if asked is None:
            self._log_in()
            return
        self._enter(Step.AUTHENTICATING)
        self._request(*asked)

    def _log_in(self) -> None:
        self._enter(Step.LOGGING_IN)
        self._request(*log_in(self._account, self._secrets))

    def _logged_in(self, called: Called) -> None:
        if called.error_id or called.fields is None:
            self._refused(called)
            return
        self._tries = 0
        day = str(called.fields["TradingDay"]).strip()
        self.trading_day = int(day) if day.isdecimal() else 0
        self._owner.acted("broker_login", f"trading day {day}")
        self._owner.entered(called.fields)
        self._door.ask("GetFrontInfo")
        self._queries.begin()
        self._ask_confirmation()

    def _ask_confirmation(self) -> None:
        self._enter(Step.SETTLEMENT)
        self._queries.ask("ReqQrySettlementInfoConfirm", self._whose(), self._on_confirmation, is_urgent=True)

    def _on_confirmation(self, result: QueryResult) -> None:
        if self.step is not Step.SETTLEMENT:
            return
        days = [str(row["ConfirmDate"]).strip() for row in result.rows]
        # What was confirmed at night may bear the evening's date, which is before its trading day.
        self.is_confirmed = self._confirmed_of == self.trading_day or any(
            day.isdecimal() and int(day) >= self.trading_day for day in days
        )
        if result.error:
            self._try_later(f"the confirmation cannot be asked for: {result.error}", self._ask_confirmation)
        elif self.is_confirmed or self._account.confirmation == "compared":
            self._go_on()
        else:
            self.confirm()

    def _confirmed(self, called: Called) -> None:
        if called.error_id:
            self.reason = f"the statement could not be confirmed: {shown(called.error_id, called.error_text)}"
            if self.step is Step.SETTLEMENT:
                self._try_later(self.reason, self._ask_confirmation)
            return
        self._confirmed_of = self.trading_day
        if not self.is_confirmed:
            self.is_confirmed = True
            self._owner.acted("settlement_confirmed", f"by {self._account.confirmation}")
        if self.step is Step.SETTLEMENT:
            self._go_on()

    def _go_on(self) -> None:
        step = _NEXT[self.step]
        if step is Step.CONTRACTS and self._contracts_of == self.trading_day:
            step = _NEXT[step]
        self._load(step)

    def _load(self, step: Step) -> None:
        self._enter(step)
        if step is Step.WORKING:
            self._owner.working()
            return
        fields = {} if step is Step.CONTRACTS else self._whose()
        self._queries.ask(_LOADING[step], fields, lambda result: self._loaded(step, result), is_urgent=True)

    def _loaded(self, step: Step, result: QueryResult) -> None:
        if self.step is not step:
            return
        if result.error:
            self._try_later(f"{step} cannot be asked for: {result.error}", lambda: self._load(step))
            return
        if step is Step.CONTRACTS:
            self._contracts_of = self.trading_day
        self._owner.loaded(step, result.rows)
        self._go_on()

    def _refused(self, called: Called) -> None:
        what = shown(called.error_id, called.error_text)
        self._tries += 1
        self._owner.acted("broker_login_refused", what)
        is_for_good = meaning_of(called.error_id).reaction is Reaction.PERSON
        if is_for_good or self._tries >= self._settings.login_tries:
            self.refuse(f"{what}: {REMEDIES.get(called.error_id, _A_PERSON)}")
        else:
            self._try_later(what, self._present)

    def _try_later(self, reason: str, step_again: Callable[[], None]) -> None:
        """Take the same step again after a while: the connection stands, what we are told may pass."""
        wait_s = LADDER_S[min(self._tries, len(LADDER_S) - 1)]
        self._enter(Step.WAITING, reason)

        def again(_ts: int) -> None:
            self._timer = None
            if self.step is Step.WAITING and self.is_connected:
                step_again()

        self._arm(wait_s, again)

    def _whose(self) -> dict[str, object]:
        return {"BrokerID": self._account.place.broker_id, "InvestorID": self._account.investor}

    def _request(self, name: str, fields: dict[str, object]) -> None:
        if self._door.request(name, fields, self._ids()):
            self._arm(self._settings.login_after_s, self._overdue)

    def returned(self, code: int) -> None:
        """Take a code other than 0 of a request of this session: it did not go out."""
        if self.step in _AWAITED or self.step is Step.SETTLEMENT:
            again = self._present if self.step in _AWAITED else self._ask_confirmation
            self._tries += 1
            self._try_later(f"the request did not go out ({code})", again)

    def _overdue(self, _ts: int) -> None:
        self._timer = None
        if self.step in _AWAITED:
            self._door.restart(f"no answer to {self.step} within {self._settings.login_after_s:g} s")

    def _look_later(self) -> None:
        self._arm(self._settings.login_after_s, self._look)

    def _look(self, _ts: int) -> None:
        """A front that refuses connections says nothing at all: say so, and make the library anew after a while."""
        self._timer = None
        if self.step is not Step.CONNECTING:
            return
        self._silent += 1
        self.reason = f"connecting, no answer: none of {len(self._account.place.fronts)} fronts answers"
        if self._silent % _RESTART_AFTER:
            self._look_later()
        else:
            self._door.restart(self.reason)

    def _leave(self, reason: str) -> None:
        self._stop_timer()
        self.is_connected = False
        self._queries.cut(reason)

    def _enter(self, step: Step, reason: str = "") -> None:
        self._stop_timer()
        self.step, self.reason, self.since_ts = step, reason, self._clock.now_ns()

    def _arm(self, seconds: float, then: Callable[[int], None]) -> None:
        self._stop_timer()
        self._timer = self._clock.call_at(self._clock.now_ns() + round(seconds * NS_PER_S), then)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
