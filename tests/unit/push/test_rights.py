"""Nobody is pushed what is beyond their reach, and what they are pushed is without a hole, however rights change."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from push_builders import FakeTimers, FakeWire, make_hub, read_frames
from store_builders import make_account, make_fill, make_instruction, make_order, make_position, make_trigger
from tradewind.domain.book import Adjustment
from tradewind.domain.plan import PlanParams, TradingPlan
from tradewind.domain.rights import ADMINISTRATOR, EVERY, SEED_CLIENT, Permission, Principal, Reach
from tradewind.domain.trading_state import LimitWarning, Scope, TradingMode, TradingState
from tradewind.kernel.clock import FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.push.conversations import NativeConversation, OpportunityConversation
from tradewind.push.feed import Feed
from tradewind.push.hub import Hub
from tradewind.push.session import CloseCode, Session
from tradewind.push.settings import PushSettings
from tradewind.push.topics import PUSH_TOPICS, PushTopic
from tradewind.push.viewers import by_product, oneself

ORDERS = next(topic for topic in PUSH_TOPICS if topic.name == "orders")


def viewer(*pairs: tuple[str, str], name: str = "li", also: tuple[Permission, ...] = ()) -> Principal:
    """Return somebody who may view these, and has further permissions for the same."""
    reach = Reach(frozenset(pairs))
    return Principal(name, dict.fromkeys((Permission.VIEW, *also), reach))


class Browser:
    """A client that keeps what a page keeps, and fails at the first hole or repeat in a topic without a selection."""

    def __init__(self, stage: Stage, principal: Principal, *, is_native: bool = True) -> None:
        self.wire = FakeWire()
        conversation = stage.native if is_native else OpportunityConversation(stage.hub)
        self.session = Session(
            self.wire,
            conversation,
            principal=principal,
            session_id="s",
            settings=stage.settings,
            metrics=stage.metrics,
            now_s=lambda: stage.timers.now_s,
        )
        self.wire.on_full, self.wire.on_drained = self.session.on_full, self.session.on_drained
        self.stage = stage
        self.positions: dict[str, dict[str, Any]] = {}
        self.modes: dict[str, str] = {}
        self.values: dict[str, list[dict[str, Any]]] = {}
        self.answers: list[dict[str, Any]] = []
        self.session.opened()
        self.read()

    def subscribe(self, topic: str, *, mode: str = "every", **more: Any) -> dict[str, Any]:
        """Ask for a topic and return the answer."""
        wish = {"op": "subscribe", "id": 1, "topic": topic, "mode": mode, **more}
        self.session.on_text(json.dumps(wish).encode())
        self.read()
        return next(answer for answer in reversed(self.answers) if answer.get("id") == 1)

    def read(self) -> list[dict[str, Any]]:
        """Take what has come and hold it against the protocol."""
        self.stage.timers.advance(1.0)
        heard = [json.loads(payload) for kind, payload in read_frames(bytes(self.wire.taken)) if kind == 0x81]
        self.wire.taken.clear()
        for message in heard:
            self._hear(message)
        return heard

    def _hear(self, message: dict[str, Any]) -> None:
        topic = message.get("topic", "")
        match message["type"]:
            case "subscribed":
                self.answers.append(message)
                self.modes[topic] = message["mode"]
                self.positions[topic] = {"epoch": message["epoch"], "offset": message["offset"]}
            case "snapshot" | "reset":
                self.positions[topic] = {"epoch": message["epoch"], "offset": message["offset"]}
                if "data" in message:
                    self.values[topic] = message["data"]
            case "delta":
                if self.modes[topic] == "every":
                    assert message["offset"] - len(message["data"]) == self.positions[topic]["offset"], "a hole"
                self.positions[topic]["offset"] = message["offset"]
                self.values.setdefault(topic, []).extend(message["data"])
            case "unsubscribed":
                self.values.pop(topic, None)
            case "error":
                self.answers.append(message)
            case _:
                pass


class Stage:
    """A hub with its clients, and events by hand."""

    def __init__(self, **changes: Any) -> None:
        self.timers = FakeTimers()
        self.metrics = Metrics()
        self.settings = PushSettings(**changes)
        self.hub = make_hub(self.timers, self.metrics, **changes)
        self.browsers: list[Browser] = []
        self.hub.on_moved = self._seat_all
        self.native = NativeConversation(
            self.hub, settings=self.settings, metrics=self.metrics, clock=FakeClock(5), server="tradewind/test"
        )
        self._number = 0

    def _seat_all(self) -> None:
        for browser in self.browsers:
            browser.session.seat()

    def browser(self, principal: Principal) -> Browser:
        """Let somebody in."""
        browser = Browser(self, principal)
        self.browsers.append(browser)
        return browser

    def order(self, product: str, account: str = "A1") -> str:
        """Let an order be told; return its id."""
        self._number += 1
        name = f"o-{self._number}"
        request = {"client_order_id": name, "product_code": product, "account_id": account}
        self.hub.feeds["orders"].accept(make_order(request=request, version=1))
        return name

    def plan(self, product: str, *, name: str = "rise", version: int = 1) -> None:
        """Let a plan be told."""
        params = PlanParams(account_id="A1", product_code=product)
        plan = TradingPlan(
            name, params, params, is_active=True, version=version, actor="li", reason="", ts_event=version
        )
        self.hub.feeds["plans"].accept(plan)


def orders_of(browser: Browser) -> list[str]:
    return [order["request"]["client_order_id"] for order in browser.values.get("orders", [])]


def test_a_snapshot_and_what_follows_hold_ones_own_only() -> None:
    stage = Stage()
    mine, _ = stage.order("fund_a"), stage.order("fund_b")
    browser = stage.browser(viewer(("fund_a", EVERY)))
    browser.subscribe("orders")
    stage.order("fund_b")
    later = stage.order("fund_a")
    browser.read()
    assert orders_of(browser) == [mine, later]


def test_each_desk_topic_is_filtered_by_product_and_account() -> None:
    stage = Stage()
    for product, account in (("fund_a", "A1"), ("fund_b", "A1"), ("fund_a", "B1")):
        whose = {"product_code": product, "account_id": account}
        book = f"{product}/rise"
        stage.hub.feeds["positions"].accept(make_position(account_id=account, book=book))
        stage.hub.feeds["accounts"].accept(make_account(account_id=account, book=book))
        stage.hub.feeds["fills"].accept(make_fill(fill_id=f"{product} {account}", **whose))
    stage.hub.feeds["accounts"].accept(make_account(account_id="A1", book=""))
    browser = stage.browser(viewer(("fund_a", "A1")))
    for topic in ("positions", "accounts", "fills"):
        browser.subscribe(topic)
        (value,) = browser.values[topic]
        assert value["account_id"] == "A1"
    assert browser.values["accounts"][0]["book"] == "fund_a/rise"


def test_what_an_account_is_worth_is_told_with_an_instruction_only_to_who_sees_all_of_it() -> None:
    stage = Stage()
    said: dict[str, Any] = {
        "wish": "weight of account equity: 2 lots",
        "weighed": "weight 0.5 of account equity 1000000",
    }
    line = Adjustment("au2606.SHFE", 0, 0, 2, 1000, Decimal("0.02"), **said)
    stage.hub.feeds["instructions"].accept(
        make_instruction(instruction_id="B000001", product_code="fund_a", account_id="A1", adjustments=(line,))
    )
    for pairs, weighed in (((("fund_a", EVERY),), None), ((("fund_a", EVERY), ("", "A1")), line.weighed)):
        browser = stage.browser(viewer(*pairs))
        browser.subscribe("instructions")
        (told,) = browser.values["instructions"]
        assert [told["adjustments"][0].get(name) for name in ("wish", "weighed")] == [line.wish, weighed]


def test_the_row_of_an_account_as_a_whole_is_for_who_has_it_all() -> None:
    stage = Stage()
    stage.hub.feeds["accounts"].accept(make_account(account_id="A1", book=""))
    for pairs, count in (((("fund_a", EVERY),), 0), ((("fund_a", EVERY), ("", "A1")), 1), (((EVERY, "A1"),), 1)):
        browser = stage.browser(viewer(*pairs))
        browser.subscribe("accounts")
        assert len(browser.values["accounts"]) == count, pairs


def test_triggers_limits_and_halts_follow_the_plan_they_name() -> None:
    stage = Stage()
    stage.plan("fund_a", name="rise")
    stage.plan("fund_b", name="fall")
    for name in ("rise", "fall", "gone"):
        stage.hub.feeds["triggers"].accept(make_trigger(trigger_id=name, strategy=name))
        warning = LimitWarning("max_order", Scope.STRATEGY, name, 80, "10", "8", 20260102, 1)
        stage.hub.feeds["limit_warnings"].accept(warning)
        state = TradingState(Scope.STRATEGY, name, TradingMode.HALTED, "li", "X", "", 1, 1)
        stage.hub.feeds["trading_states"].accept(state)
    browser = stage.browser(viewer(("fund_a", EVERY)))
    for topic, field in (("triggers", "strategy"), ("limit_warnings", "key"), ("trading_states", "key")):
        browser.subscribe(topic)
        assert [value[field] for value in browser.values[topic]] == ["rise"], topic


def test_that_everything_stands_still_is_told_to_everybody_whose_orders_stand() -> None:
    stage = Stage()
    for scope, key in (
        (Scope.PLATFORM, ""), (Scope.INSTRUMENT, "au2606.SHFE"), (Scope.ACCOUNT, "A1"), (Scope.ACCOUNT, "B1"),
        (Scope.PRODUCT, "fund_a"), (Scope.PRODUCT, "fund_b"),
    ):  # fmt: skip
        stage.hub.feeds["trading_states"].accept(TradingState(scope, key, TradingMode.HALTED, "li", "X", "", 1, 1))
    browser = stage.browser(viewer(("fund_a", "A1")))
    browser.subscribe("trading_states")
    assert [value["key"] for value in browser.values["trading_states"]] == ["", "au2606.SHFE", "A1", "fund_a"]


def test_a_plan_that_changes_hands_leaves_one_page_and_comes_to_the_other() -> None:
    stage = Stage()
    stage.plan("fund_a")
    stage.hub.feeds["triggers"].accept(make_trigger(trigger_id="t", strategy="rise"))
    first, second = stage.browser(viewer(("fund_a", EVERY))), stage.browser(viewer(("fund_b", EVERY), name="wu"))
    for browser in (first, second):
        browser.subscribe("plans", mode="latest")
        browser.subscribe("triggers")
    stage.plan("fund_b", version=2)
    for browser, count in ((first, 0), (second, 1)):
        browser.read()
        assert (len(browser.values["plans"]), len(browser.values["triggers"])) == (count, count)


@pytest.mark.parametrize(
    "topic", [topic for topic in PUSH_TOPICS if topic.viewers.permission is not None], ids=lambda topic: topic.name
)
def test_who_lacks_a_topics_permission_is_told_which_it_is(topic: PushTopic) -> None:
    stage = Stage()
    needed = topic.viewers.permission
    assert needed is not None
    other = Permission.SYSTEM if needed is not Permission.SYSTEM else Permission.MARKET
    browser = stage.browser(Principal("li", {other: Reach(frozenset({(EVERY, EVERY)}))}))
    answer = browser.subscribe(topic.name, mode=topic.mode)
    assert (answer["type"], answer["code"]) == ("error", "not_allowed")
    assert f"permission {needed}" in answer["message"]
    assert topic.name not in answer["allowed"]
    assert topic.name not in browser.session.subscriptions


def test_the_greeting_offers_what_one_may_have() -> None:
    stage = Stage()
    wire_of = {}
    for principal in (ADMINISTRATOR, SEED_CLIENT):
        wire = FakeWire()
        session = Session(
            wire,
            stage.native,
            principal=principal,
            session_id=None,
            settings=stage.settings,
            metrics=stage.metrics,
            now_s=lambda: 0.0,
        )
        session.opened()
        ((_, payload),) = read_frames(bytes(wire.taken))
        wire_of[principal.username] = set(json.loads(payload)["topics"])
    assert wire_of["administrator"] == {topic.name for topic in PUSH_TOPICS}
    assert wire_of["seed-client"] == {"quotes", "features", "bars", "signals", "opportunities", "risk_alerts"}


def test_clients_of_equal_reach_share_one_framing() -> None:
    stage = Stage()
    one, other = stage.browser(viewer(("fund_a", EVERY))), stage.browser(viewer(("fund_a", EVERY), name="wu"))
    for browser in (one, other):
        browser.subscribe("orders")
    first, second = (browser.session.subscriptions["orders"].audience for browser in (one, other))
    assert first is second


def test_who_reaches_everything_is_served_from_the_topic_itself() -> None:
    stage = Stage()
    browser = stage.browser(ADMINISTRATOR)
    for topic in (topic for topic in PUSH_TOPICS if topic.viewers.permission is not None):
        browser.subscribe(topic.name, mode=topic.mode)
        assert browser.session.subscriptions[topic.name].audience.feed is stage.hub.feeds[topic.name]


def test_a_client_goes_on_where_it_was_while_its_rights_are_the_same() -> None:
    stage = Stage()
    browser = stage.browser(viewer(("fund_a", EVERY)))
    browser.subscribe("orders")
    first = stage.order("fund_a")
    browser.read()
    where = browser.positions["orders"]
    browser.session.on_gone()
    stage.order("fund_b")
    second = stage.order("fund_a")
    again = stage.browser(viewer(("fund_a", EVERY)))
    assert again.subscribe("orders", resume=where)["recovered"]
    assert (orders_of(browser), orders_of(again)) == ([first], [second])


@pytest.mark.parametrize("after", [viewer(("fund_b", EVERY)), ADMINISTRATOR, viewer(("fund_a", "A1"))], ids=str)
def test_a_place_under_other_rights_is_never_gone_on_from(after: Principal) -> None:
    stage = Stage()
    browser = stage.browser(viewer(("fund_a", EVERY)))
    browser.subscribe("orders")
    stage.order("fund_a")
    browser.read()
    browser.session.on_gone()
    again = stage.browser(after)
    assert not again.subscribe("orders", resume=browser.positions["orders"])["recovered"]


def test_another_process_never_takes_a_place_of_this_one_for_its_own() -> None:
    places = []
    for process in ("here", "there"):
        stage = Stage()
        stage.hub = Hub(
            settings=stage.settings, epoch=process, metrics=stage.metrics, timers=stage.timers, system_status=dict
        )
        stage.hub.begin_epoch("the streams' life")
        places.append(stage.hub.feed_for(ORDERS, viewer(("fund_a", EVERY))).epoch)
    assert places[0] != places[1]


def test_rights_that_change_take_effect_on_the_open_connection() -> None:
    stage = Stage()
    stage.order("fund_a")
    theirs = stage.order("fund_b")
    browser = stage.browser(viewer(("fund_a", EVERY)))
    browser.subscribe("orders")
    before = browser.positions["orders"]["epoch"]
    browser.session.change_rights(viewer(("fund_b", EVERY)))
    told = browser.read()
    assert [message["type"] for message in told] == ["subscribed", "snapshot"]
    assert (told[0]["id"], told[0]["recovered"]) == (None, False)
    assert told[0]["epoch"] != before
    assert orders_of(browser) == [theirs]


def test_a_permission_that_is_lost_ends_its_subscriptions_and_no_others() -> None:
    stage = Stage()
    both = viewer((EVERY, EVERY), also=(Permission.MARKET,))
    browser = stage.browser(both)
    browser.subscribe("orders")
    browser.subscribe("signals")
    browser.session.change_rights(SEED_CLIENT)
    told = browser.read()
    assert [message["type"] for message in told] == ["error", "unsubscribed"]
    assert "the subscription to orders has ended: this needs the permission view" in told[0]["message"]
    assert set(browser.session.subscriptions) == {"signals"}


def test_who_has_nothing_left_is_sent_away_and_told_why() -> None:
    stage = Stage()
    browser = stage.browser(viewer(("fund_a", EVERY)))
    browser.subscribe("orders")
    browser.session.change_rights(Principal("li", {}))
    assert browser.wire.closed_with is not None
    assert browser.wire.closed_with[0] == CloseCode.NOT_ALLOWED
    stage.order("fund_a")
    assert orders_of(browser) == []


def test_the_older_stream_ends_with_the_permission_for_the_market() -> None:
    stage = Stage()
    browser = Browser(stage, SEED_CLIENT, is_native=False)
    browser.session.change_rights(viewer(("fund_a", EVERY)))
    assert browser.wire.closed_with is not None
    assert browser.wire.closed_with[0] == CloseCode.NOT_ALLOWED


def test_rights_that_stay_the_same_disturb_nothing() -> None:
    stage = Stage()
    browser = stage.browser(viewer(("fund_a", EVERY)))
    browser.subscribe("orders")
    browser.session.change_rights(viewer(("fund_a", EVERY)))
    assert browser.read() == []


def test_feeds_of_reaches_that_nobody_has_any_more_are_let_go() -> None:
    stage = Stage()
    for number in range(200):
        browser = stage.browser(viewer((f"fund_{number}", EVERY)))
        browser.subscribe("orders")
        browser.session.on_gone()
    assert len(stage.hub._parts._parts) <= 65
    assert len(stage.hub._pumps) <= 257


class Note(msgspec.Struct, frozen=True):
    """An event of a kind that is to come: to one user, or of one product."""

    note_id: str
    username: str = ""
    product_code: str = ""


OWN = PushTopic("own", "every", oneself(), lambda note: note.note_id)
CHAT = PushTopic("chat", "every", by_product(Permission.CHAT), lambda note: note.note_id)


@pytest.mark.parametrize(
    ("topic", "principal", "seen"),
    [
        (OWN, viewer(("fund_a", EVERY)), ["1"]),
        (OWN, ADMINISTRATOR, []),
        (CHAT, viewer(("fund_a", "A1"), also=(Permission.CHAT,)), ["1", "2"]),
        (CHAT, ADMINISTRATOR, ["1", "2", "3"]),
    ],
)
def test_topics_may_be_personal_or_of_a_product(topic: PushTopic, principal: Principal, seen: list[str]) -> None:
    stage = Stage()

    whole = Feed(topic, settings=stage.settings, epoch="e")
    stage.hub.feeds[topic.name] = whole
    for note in (Note("1", "li", "fund_a"), Note("2", "wu", "fund_a"), Note("3", "wu", "fund_b")):
        whole.accept(note)
    assert topic.viewers.admits(principal)
    assert [note.note_id for note in stage.hub.feed_for(topic, principal).values.values()] == seen


products = st.sampled_from(("fund_a", "fund_b", "fund_c", ""))
accounts = st.sampled_from(("A1", "B1"))
pairs = st.frozensets(
    st.tuples(st.sampled_from(("fund_a", "fund_b", "", EVERY)), st.sampled_from(("A1", "B1", EVERY))),
    min_size=1,
    max_size=3,
)
acts = st.one_of(
    st.tuples(st.just("order"), products, accounts),
    st.tuples(st.just("rights"), pairs),
    st.tuples(st.just("stick")),
    st.tuples(st.just("drain")),
    st.tuples(st.just("again")),
)


@settings(max_examples=150, deadline=None)
@given(first=pairs, course=st.lists(acts, max_size=40))
def test_whatever_happens_no_value_beyond_the_reach_comes_and_none_within_is_missed(
    first: frozenset[tuple[str, str]], course: list[tuple[Any, ...]]
) -> None:
    stage = Stage(kept_events=16)
    told: list[tuple[str, str, str]] = []
    reach = Reach(first)
    browser = stage.browser(viewer(*first))
    browser.subscribe("orders")
    for act in course:
        match act:
            case ("order", product, account):
                told.append((stage.order(product, account), product, account))
            case ("rights", found):
                if not browser.wire.is_stuck:
                    browser.read()
                reach = Reach(found)
                browser.session.change_rights(viewer(*found))
            case ("stick",):
                browser.wire.stick()
            case ("drain",):
                browser.wire.drain()
            case _:
                browser.wire.drain()
                browser.read()
                browser.session.on_gone()
                position = browser.positions["orders"]
                kept = browser.values.get("orders", [])
                browser = stage.browser(viewer(*reach.pairs))
                browser.values["orders"] = kept
                browser.positions["orders"] = position
                browser.subscribe("orders", resume=position)
        if not browser.wire.is_stuck:
            browser.read()
            mine = [name for name, product, account in told if reach.covers(product, account)]
            assert orders_of(browser) == mine
