"""A market front's session: what the child is told, at which moment, whatever happens to the connection."""

from __future__ import annotations

from typing import Any

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
    ToChild,
)
from tradewind.ctp.settings import CtpSettings
from tradewind.market.sources.ctp_session import MarketSession
from tradewind.market.sources.settings import CtpFeedSettings

FRONTS = ("tcp://one:1", "tcp://two:2")
LOGIN = Called(name="OnRspUserLogin", fields={"TradingDay": "20261124"}, request_id=1)
CONNECTED = Called(name="OnFrontConnected")
LOST = Called(name="OnFrontDisconnected", fields={"reason": 0x1001})


class Stage:
    """A session, what it told the child, and the seconds."""

    def __init__(self, **feed: Any) -> None:
        self.told: list[ToChild] = []
        self.states: list[str] = []
        self.days: list[int] = []
        self.now_s = 1_000.0
        self.has_child = True
        self.session = MarketSession(
            CtpFeedSettings(fronts=FRONTS, **feed),
            CtpSettings(no_answer_s=10, next_front_s=30, login_s=15),
            flow_dir="/flow",
            send=self._send,
            on_state=lambda event, _front: self.states.append(event),
            on_trading_day=self.days.append,
        )
        self.session.want(("a", "b", "c"))

    def _send(self, message: ToChild) -> bool:
        self.told.append(message)
        return self.has_child

    def hear(self, *messages: Any) -> None:
        for message in messages:
            self.session.hear(message, self.now_s)

    def pass_s(self, seconds: float, *, is_due: bool = True, step_s: float = 1.0) -> None:
        for _ in range(round(seconds / step_s)):
            self.now_s += step_s
            self.session.tend(self.now_s, is_due=is_due)

    def taken(self) -> list[ToChild]:
        """Return what the child was told since the last time."""
        told, self.told = self.told, []
        return told

    def sign_in(self) -> None:
        self.hear(Ready(version="v", pid=1))
        self.pass_s(1)
        self.hear(CONNECTED, LOGIN)
        self.hear(*(Called(name="OnRspSubMarketData", fields={"InstrumentID": one}) for one in "abc"))
        self.taken()


def kinds(messages: list[ToChild]) -> list[type]:
    return [type(message) for message in messages]


def fronts(messages: list[ToChild]) -> list[str]:
    return [message.fronts[0] for message in messages if isinstance(message, Connect)]


def test_nothing_is_asked_before_there_is_a_child() -> None:
    stage = Stage()
    stage.pass_s(60)
    assert stage.taken() == []


def test_connect_sign_in_and_subscribe_in_batches_follow_each_other() -> None:
    stage = Stage(batch=2, broker_id="9999")
    stage.hear(Ready(version="v", pid=1))
    stage.pass_s(1)
    assert stage.taken() == [Connect(fronts=("tcp://one:1",), flow_dir="/flow", broker_id="9999")]
    stage.hear(CONNECTED)
    fields = {"BrokerID": "9999", "UserID": "", "Password": ""}
    assert stage.taken() == [Request(name="ReqUserLogin", fields=fields, request_id=1)]
    stage.hear(LOGIN)
    assert [message.symbols for message in stage.taken() if isinstance(message, Subscribe)] == [("a", "b"), ("c",)]
    assert stage.days == [20261124]


def test_the_day_is_the_getters_once_it_has_told_one() -> None:
    stage = Stage()
    stage.sign_in()
    stage.hear(Answered(name="GetTradingDay", fields={"value": "20261125"}))
    stage.hear(Answered(name="GetTradingDay", fields={"value": "19800100"}))
    assert stage.session.trading_day == 20261125


def test_a_silent_front_is_told_after_ten_seconds_and_left_after_thirty() -> None:
    stage = Stage()
    stage.hear(Ready(version="v", pid=1))
    stage.pass_s(11)
    assert stage.session.detail() == "connecting to tcp://one:1, no answer"
    stage.pass_s(20)
    assert kinds(stage.taken()) == [Connect, Release]
    stage.pass_s(5)
    assert stage.taken() == []
    stage.hear(Released())
    stage.pass_s(1)
    assert fronts(stage.taken()) == ["tcp://two:2"]


def test_after_the_last_front_comes_the_first() -> None:
    stage = Stage()
    stage.hear(Ready(version="v", pid=1))
    tried: list[str] = []
    for _ in range(3):
        stage.pass_s(31)
        tried += fronts(stage.taken())
        stage.hear(Released())
    stage.pass_s(1)
    assert [*tried, *fronts(stage.taken())] == [FRONTS[0], FRONTS[1], FRONTS[0], FRONTS[1]]


def test_a_front_that_closes_every_second_is_left_like_a_silent_one() -> None:
    stage = Stage()
    stage.hear(Ready(version="v", pid=1))
    for _ in range(31):
        stage.pass_s(1)
        stage.hear(LOST)
    assert kinds(stage.taken()) == [Connect, Release]


def test_a_lost_connection_is_left_to_the_library_for_a_while() -> None:
    stage = Stage()
    stage.sign_in()
    stage.hear(LOST)
    assert stage.session.subscribed == 0
    stage.pass_s(29)
    assert stage.taken() == []
    stage.hear(CONNECTED, LOGIN)
    assert [message.symbols for message in stage.taken() if isinstance(message, Subscribe)] == [("a", "b", "c")]


def test_what_an_old_connection_says_after_its_release_is_not_heard() -> None:
    stage = Stage()
    stage.hear(Ready(version="v", pid=1))
    stage.pass_s(31)
    stage.hear(CONNECTED, LOGIN)
    assert not stage.session.is_signed_in
    assert kinds(stage.taken()) == [Connect, Release]


def test_a_login_without_an_answer_is_given_up() -> None:
    stage = Stage()
    stage.hear(Ready(version="v", pid=1))
    stage.pass_s(1)
    stage.hear(CONNECTED)
    stage.pass_s(16)
    assert kinds(stage.taken()) == [Connect, Request, Release]


def test_a_login_refused_for_good_is_never_repeated() -> None:
    for number in (3, 63, 75, 9999):
        stage = Stage()
        stage.hear(Ready(version="v", pid=1))
        stage.pass_s(1)
        stage.hear(CONNECTED, Called(name="OnRspUserLogin", error_id=number, error_text="no", request_id=1))
        assert kinds(stage.taken()) == [Connect, Request, Release]
        stage.hear(Released())
        stage.pass_s(3600, step_s=10)
        assert stage.taken() == []
        assert stage.session.detail().startswith("stopped: the front refuses the login: no")


def test_a_login_that_comes_too_early_is_repeated_less_and_less_often() -> None:
    stage = Stage()
    stage.hear(Ready(version="v", pid=1))
    stage.pass_s(1)
    stage.hear(CONNECTED)
    stage.taken()
    waits = []
    for _ in range(5):
        stage.hear(Called(name="OnRspUserLogin", error_id=90, request_id=1))
        begun_s = stage.now_s
        while not stage.told:
            stage.pass_s(1)
        assert kinds(stage.taken()) == [Request]
        waits.append(stage.now_s - begun_s)
    assert waits == [1, 2, 4, 8, 16]


def test_a_request_that_did_not_leave_is_sent_again() -> None:
    stage = Stage()
    stage.hear(Ready(version="v", pid=1))
    stage.pass_s(1)
    stage.hear(CONNECTED, Returned(request_id=1, code=-1))
    stage.taken()
    stage.pass_s(1)
    assert kinds(stage.taken()) == [Request]
    stage.hear(LOGIN)
    stage.taken()
    stage.hear(Returned(request_id=101, code=-3))
    stage.pass_s(1)
    assert kinds(stage.taken()) == [Subscribe]


def test_a_weekend_is_waited_out_with_few_tries_and_no_alarm() -> None:
    stage = Stage()
    stage.sign_in()
    stage.pass_s(10, is_due=False)
    stage.hear(LOST)
    stage.pass_s(1, is_due=False)
    assert kinds(stage.taken()) == [Release]
    stage.hear(Released())
    begun_s = stage.now_s
    while stage.now_s - begun_s < 48 * 3600:
        stage.pass_s(10, is_due=False, step_s=5)
        if stage.told and isinstance(stage.told[-1], Release):
            stage.hear(Released())
    tries = fronts(stage.taken())
    assert 48 * 3600 / 700 < len(tries) < 48 * 3600 / 600
    assert stage.session.detail().startswith(("waiting for the next session", "connecting"))


def test_the_next_session_does_not_wait_for_the_next_try() -> None:
    stage = Stage()
    stage.sign_in()
    stage.pass_s(1, is_due=False)
    stage.hear(LOST)
    stage.pass_s(1, is_due=False)
    stage.hear(Released())
    stage.taken()
    stage.pass_s(1)
    assert kinds(stage.taken()) == [Connect]


def test_a_connection_that_holds_is_kept_outside_the_sessions_and_asked_for_the_new_day() -> None:
    stage = Stage()
    stage.sign_in()
    stage.pass_s(600, is_due=False, step_s=10)
    assert stage.taken() == []
    stage.pass_s(1)
    assert stage.taken() == [Ask(name="GetTradingDay")]


def test_a_new_child_begins_anew() -> None:
    stage = Stage()
    stage.sign_in()
    stage.session.child_ended()
    stage.pass_s(60)
    assert stage.taken() == []
    assert stage.states[-1] == "lost"
    stage.hear(Ready(version="v", pid=2))
    stage.pass_s(1)
    assert kinds(stage.taken()) == [Connect]


def test_what_the_child_cannot_do_is_tried_again_after_a_minute() -> None:
    stage = Stage()
    stage.hear(Ready(version="v", pid=1))
    stage.pass_s(1)
    stage.hear(Failed(reason="another process uses /flow"))
    stage.hear(Released())
    assert kinds(stage.taken()) == [Connect, Release]
    stage.pass_s(58)
    assert stage.taken() == []
    stage.pass_s(3)
    assert kinds(stage.taken()) == [Connect]
