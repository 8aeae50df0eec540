"""Notices and chat with services apart: heard at every push, asked at every api, and nothing is told twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from private_ports import free_ports
from real_redis import RealRedis
from running_platform import wait_for
from tradewind.kernel.ids import new_epoch
from trading_apart import AU, TradingApart

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]
GIVEN, CHOSEN = "长城-correct-horse-9", "another-battery-staple-7"
ROOM = "/api/v1/chat/rooms/fund/messages"
STOP = {"confirm": "STOP", "reason": "演习"}
RESUME = {"mode": "active", "scope": "platform", "phrase": "RESUME PLATFORM"}


class House:
    """The order line with two instances of push and two of api, and the administrator at the doors of each."""

    def __init__(self, folder: Path, redis: RealRedis) -> None:
        self.apart = TradingApart(folder, redis, "trading.products=fund")
        other_api, other_push, push_health = free_ports(3)
        services = self.apart.services
        self._pushes = (services.ports["push_port"], other_push)
        services.start_as("push2", "push", f"services.push_port={other_push}", f"services.push_health={push_health}")
        services.start_as("api2", "api", f"services.api_port={other_api}")
        self.apart.start("market", "push", "trading", "api")
        headers = {"Authorization": f"Bearer {self.apart.token}"}
        self.headers = headers
        self.apis = (
            self.apart.api,
            httpx.Client(base_url=f"http://127.0.0.1:{other_api}", headers=headers, timeout=20),
        )
        self.wait_open()

    def end(self) -> None:
        self.apart.end()
        self.apis[1].close()

    def wait_open(self) -> None:
        """Wait until people are served at both doors; one that nobody answers yet is asked again."""
        for api in self.apis:
            wait_for(partial(self.is_open, api), patience_s=60)

    def is_open(self, api: httpx.Client) -> bool:
        try:
            return api.get("/api/v1/notices/unread").is_success
        except httpx.TransportError:
            return False

    def push(self, number: int, *, ticket: Callable[[], str] | None = None) -> ClientConnection:
        """Connect to an instance of push, as the administrator or whoever's tickets these are."""
        url = f"ws://127.0.0.1:{self._pushes[number]}/ws"
        headers = None if ticket else self.headers
        found: list[ClientConnection] = []

        def attempt() -> bool:
            offered = [Subprotocol("tradewind"), Subprotocol(f"ticket.{ticket()}")] if ticket else None
            try:
                found.append(connect(url, subprotocols=offered, additional_headers=headers, proxy=None))
            except (OSError, InvalidStatus):
                # Not listening yet, or rights that were given a moment ago have not come this far.
                return False
            return True

        wait_for(attempt, patience_s=60)
        return found[0]

    def say(self, number: int, text: str, *, key: str = "") -> dict[str, Any]:
        """Write a message at an instance of api; return it."""
        said = post(self.apis[number], ROOM, {"text": text}, key=key)
        assert said.is_success, said.text
        message: dict[str, Any] = said.json()
        return message

    def told(self, topic: str) -> list[dict[str, Any]]:
        """Return every entry that stands on the stream of a topic."""
        with self.apart.redis.client as client:
            return [json.loads(fields[b"payload"]) for _, fields in client.xrange(f"tradewind:{topic}")]

    def told_of_record(self) -> list[tuple[str, str]]:
        """Return to whom was told what: of the journal, not of a feed that a busy machine kept waiting."""
        return [(each["username"], each["event_id"]) for each in self.told("notices") if not is_of_feed(each)]


def is_of_feed(notice: dict[str, Any]) -> bool:
    return str(notice["event_id"]).startswith("feed:")


class User:
    """Somebody of the directory, signed in at both instances of api."""

    def __init__(self, house: House, name: str, role: str) -> None:
        self._apis = house.apis
        made = {"username": name, "password": GIVEN, "grants": [{"role": role}]}
        assert post(house.apis[0], "/api/v1/admin/users", made).status_code == 201
        self._page = self._signed_in(name)
        chosen = {"password": GIVEN, "new_password": CHOSEN}
        assert self.post(0, "/api/v1/me/password", chosen).is_success
        wait_for(lambda: self.get(1, "/api/v1/notices/unread") is not None)

    def _signed_in(self, name: str) -> dict[str, str]:
        answer = wait_for(lambda: self._session(name))
        cookie = answer.headers.get_list("set-cookie")[0].partition(";")[0]
        return {"cookie": cookie, "x-csrf-token": answer.json()["csrf"]}

    def _session(self, name: str) -> httpx.Response | None:
        answer = httpx.post(f"{self._apis[0].base_url}/api/v1/session", json={"username": name, "password": GIVEN})
        return answer if answer.is_success else None

    def post(self, number: int, path: str, body: Any = None) -> httpx.Response:
        headers = {**self._page, "idempotency-key": new_epoch()}
        return httpx.post(f"{self._apis[number].base_url}{path}", json=body, headers=headers, timeout=20)

    def get(self, number: int, path: str) -> Any:
        answer = httpx.get(f"{self._apis[number].base_url}{path}", headers=self._page, timeout=20)
        return answer.json() if answer.is_success else None

    def ticket(self) -> str:
        ticket: str = self.post(0, "/api/v1/tickets").json()["ticket"]
        return ticket

    def unread(self, number: int) -> int:
        """Return what is unread in the room of the fund; who answers may be busy for a moment."""
        rooms = wait_for(lambda: self.get(number, "/api/v1/chat/rooms"))
        unread: dict[str, int] = {each["room"]: each["unread"] for each in rooms}
        return unread["fund"]


def post(client: httpx.Client, path: str, body: Any = None, *, key: str = "") -> httpx.Response:
    return client.post(path, json=body, headers={"idempotency-key": key or new_epoch()})


def follow(topic: str, *sockets: ClientConnection) -> None:
    """Subscribe each to a topic."""
    for socket in sockets:
        socket.send(json.dumps({"op": "subscribe", "topic": topic}))
        while json.loads(socket.recv(timeout=20))["type"] != "subscribed":
            pass


def heard(socket: ClientConnection, topic: str, name: str, last: str) -> list[Any]:
    """Return this field of each event of a topic, through the one that has `last` in it."""
    found: list[Any] = []
    while last not in found:
        frame = json.loads(socket.recv(timeout=30))
        if frame["type"] == "delta" and frame["topic"] == topic:
            found += [event[name] for event in frame["data"]]
    return found


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    folder = tmp_path / "redis"
    folder.mkdir()
    redis = RealRedis(folder)
    redis.start()
    made = House(tmp_path, redis)
    yield made
    made.end()
    redis.kill()


def test_what_is_said_at_one_api_is_heard_once_at_every_push_and_counted_for_who_has_not_read_it(house: House) -> None:
    wang = User(house, "wang", "viewer")
    with house.push(0) as one, house.push(1, ticket=wang.ticket) as other:
        follow("chat", one, other)
        first = house.say(0, "一", key="k1")
        assert house.say(1, "一", key="k1") == first
        second = house.say(1, "二")
        assert [heard(each, "chat", "text", "二") for each in (one, other)] == [["一", "二"]] * 2
        assert [wang.unread(0), wang.unread(1)] == [2, 2]
        marked = {"through": first["message_id"]}
        assert wang.post(1, "/api/v1/chat/rooms/fund/read", marked).is_success
        assert [wang.unread(0), wang.unread(1)] == [1, 1]
        assert [each["unread"] for each in house.apis[1].get("/api/v1/chat/rooms").json()] == [0, 0]
        edited = {"text": "三", "version": 1}
        assert post(house.apis[1], f"/api/v1/chat/messages/{second['message_id']}/edit", edited).is_success
        assert post(house.apis[0], f"/api/v1/chat/messages/{first['message_id']}/delete").is_success
        assert [heard(each, "chat", "text", "") for each in (one, other)] == [["三", ""]] * 2
    refused = wang.post(1, f"/api/v1/chat/messages/{second['message_id']}/delete")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed")
    too_fast = [post(house.apis[number % 2], ROOM, {"text": "快"}) for number in range(12)][-1]
    assert (too_fast.status_code, too_fast.json()["error"]["code"]) == (429, "too_many_requests")


def test_an_instruction_that_is_handed_in_reaches_who_may_approve_it_and_not_who_wrote_it(house: House) -> None:
    house.apart.wait_quote()
    wang = User(house, "wang", "risk_officer")
    with house.push(0) as writer, house.push(1, ticket=wang.ticket) as approver:
        follow("notices", writer, approver)
        draft = {"wishes": [{"instrument_id": AU, "delta": 1}]}
        form = {"account_id": "paper", "draft": draft, "is_submitted": True}
        assert post(house.apis[1], "/api/v1/instruction-book/drafts", form).is_success
        assert heard(approver, "notices", "kind", "instruction_submitted") == ["instruction_submitted"]
        assert wang.get(0, "/api/v1/notices/unread") == wang.get(1, "/api/v1/notices/unread") == {"unread": 1}
        assert post(house.apis[0], "/api/v1/emergency-stop", STOP).is_success
        assert heard(writer, "notices", "username", "administrator") == ["administrator"]
        heard(approver, "notices", "kind", "trading_halted")
    assert {each["kind"] for each in house.apis[1].get("/api/v1/notices").json()["notices"]} == {"trading_halted"}
    page = wang.get(1, "/api/v1/notices")["notices"]
    assert wang.post(0, "/api/v1/notices/read", {"through": page[0]["notice_id"]}).json() == {"unread": 0}
    assert wang.get(1, "/api/v1/notices/unread") == {"unread": 0}


def test_killed_again_and_again_it_tells_each_thing_once_and_forgets_nothing(house: House) -> None:
    (port,) = free_ports(1)
    services = house.apart.services
    with house.push(0) as socket:
        follow("chat", socket)
        for number in range(3):
            said = house.say(number % 2, f"m{number}", key=f"m{number}")
            assert post(house.apis[0], "/api/v1/emergency-stop", STOP, key=f"s{number}").is_success
            services.kill("trading")
            services.start("trading")
            house.wait_open()
            assert house.say(0, f"m{number}", key=f"m{number}") == said
            assert post(house.apis[1], "/api/v1/trading-states", RESUME, key=f"r{number}").is_success
        # One that stands by tells nobody, and takes over when it must.
        services.start_as("trading-2", "trading", f"services.trading_health={port}")
        wait_for(lambda: "is kept by" in services.said("trading-2"), patience_s=60)
        house.say(1, "before")
        services.kill("trading")
        house.wait_open()
        house.say(0, "after")
        assert heard(socket, "chat", "text", "after") == ["m0", "m1", "m2", "before", "after"]
    with suppress(AssertionError):
        wait_for(lambda: len(house.told_of_record()) >= 6)
    told = house.told_of_record()
    assert len(set(told)) == len(told) == 6, house.told("notices")
    on_record = house.apart.recorded("SELECT username, event_id FROM notices WHERE event_id NOT LIKE 'feed:%'")
    assert sorted(told) == sorted(on_record)
    assert [each["text"] for each in house.told("chat")] == ["m0", "m1", "m2", "before", "after"]


def test_what_a_death_or_an_empty_redis_kept_from_being_told_is_told_by_the_next(house: House) -> None:
    services = house.apart.services
    kept, gone = house.say(0, "留下"), house.say(0, "收回")
    assert post(house.apis[1], f"/api/v1/chat/messages/{gone['message_id']}/delete").is_success
    wait_for(lambda: len(house.told("chat")) == 3)
    services.kill("push")
    services.kill("trading")
    # As if it had died between the record and the telling.
    with house.apart.redis.client as client:
        ((newest, _),) = client.xrevrange("tradewind:chat", count=1)
        client.xdel("tradewind:chat", newest)
    services.start("trading", "push")
    house.wait_open()

    def texts() -> dict[int, str]:
        return {each["message_id"]: each["text"] for each in house.apart.shown("chat")}

    right = {kept["message_id"]: "留下", gone["message_id"]: ""}
    wait_for(lambda: texts() == right, patience_s=60)
    with house.apart.redis.client as client:
        client.flushall()
    wait_for(lambda: len(house.told("chat")) == 2, patience_s=60)
    wait_for(lambda: texts() == right, patience_s=60)
    assert house.say(1, "再见")["message_id"] not in right
    wait_for(lambda: sorted(texts().values()) == ["", "再见", "留下"], patience_s=60)


def test_without_redis_people_are_told_that_they_must_wait_and_hear_all_of_it_when_it_is_back(house: House) -> None:
    house.say(0, "之前")
    house.apart.redis.kill()
    refused = wait_for(lambda: (got := house.apis[1].get("/api/v1/notices")).status_code == 503 and got)
    assert refused.json()["error"]["code"] == "transient"
    house.apart.redis.start()
    house.wait_open()
    house.say(1, "之后")
    wait_for(lambda: [each["text"] for each in house.apart.shown("chat")] == ["之前", "之后"], patience_s=60)
