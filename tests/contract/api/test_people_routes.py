"""Notices and chat over REST: one's own alone, each answer in the room's own words, each refusal with its status."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from api_builders import ApiWorld, serving
from notices_builders import FakeCourier, FakePeople, Room, make_telling, make_user
from tradewind.domain.notice import NoticeKind
from tradewind.domain.rights import Principal
from tradewind.errors import StoreAwayError
from tradewind.notices.ports import Result
from tradewind.stores.notices import Way

KEY = "r1"


@pytest.fixture
def room() -> Room:
    people = FakePeople(
        make_user("administrator", "administrator", email="admin@desk.example"), make_user("meng", "fund_manager/P1")
    )
    return Room(people, email=FakeCourier("email", then=Result.REFUSED), chat={"rate": 3, "rate_s": 3_600.0})


class Caller:
    """Somebody with the token at a house with this room."""

    def __init__(self, world: ApiWorld, client: httpx.AsyncClient) -> None:
        self._headers = world.bearer
        self._client = client

    async def get(self, path: str, status: int = 200) -> Any:
        return await self._ask("GET", path, status)

    async def post(self, path: str, body: Any = None, status: int = 200, *, key: str = "") -> Any:
        headers = {"idempotency-key": key} if key else {}
        return await self._ask("POST", path, status, json=body, headers=headers)

    async def _ask(self, method: str, path: str, status: int, **more: Any) -> Any:
        headers = {**self._headers, **more.pop("headers", {})}
        answer = await self._client.request(method, f"/api/v1{path}", headers=headers, **more)
        assert answer.status_code == status, answer.text
        return answer.json()


async def test_one_sees_and_marks_ones_own_notices_alone(tmp_path: Path, room: Room) -> None:
    room.store.tell([make_telling("administrator", "meng", event_id=f"desk:{n}") for n in range(3)], 1)
    async with serving(tmp_path, people=room.office) as (world, client):
        caller = Caller(world, client)
        page = await caller.get("/notices?limit=2")
        assert [one["event_id"] for one in page["notices"]] == ["desk:2", "desk:1"]
        assert {one["username"] for one in page["notices"]} == {"administrator"}
        assert page["unread"] == 3
        older = await caller.get(f"/notices?limit=2&before={page['next']}")
        assert [one["event_id"] for one in older["notices"]] == ["desk:0"]
        ids = [one["notice_id"] for one in page["notices"]]
        assert await caller.post("/notices/read", {"notice_ids": ids}) == {"unread": 1}
        assert [one["event_id"] for one in (await caller.get("/notices?unread=true"))["notices"]] == ["desk:0"]
        assert await caller.post("/notices/read", {"through": 10_000}) == {"unread": 0}
        assert await caller.get("/notices/unread") == {"unread": 0}
    assert room.store.unread("meng") == 3


async def test_preferences_are_chosen_among_all_there_is_and_not_over_somebody_elses_head(
    tmp_path: Path, room: Room
) -> None:
    async with serving(tmp_path, people=room.office) as (world, client):
        caller = Caller(world, client)
        shown = await caller.get("/notices/preferences")
        assert {one["kind"] for one in shown["kinds"]} == {kind.value for kind in NoticeKind}
        assert (shown["preferences"]["version"], shown["has_email"]) == (0, True)
        wishes = {"language": "en", "channels": {"order_rejected": ["email"]}, "quiet": "hours"}
        kept = await caller.post("/notices/preferences", {"wishes": wishes, "version": 0})
        assert kept["preferences"]["wishes"]["channels"] == {"order_rejected": ["email"]}
        refused = await caller.post("/notices/preferences", {"wishes": wishes, "version": 0}, 409)
        assert refused["error"]["code"] == "state_conflict"
        wrongs: list[dict[str, Any]] = [
            {"channels": {"no_such_kind": []}},
            {"channels": {"order_rejected": ["sms"]}},
            {"quiet_from": 1440},
            {"quiet": "hours", "quiet_from": 60, "quiet_until": 60},
            {"username": "meng"},
        ]
        for wrong in wrongs:
            refused = await caller.post("/notices/preferences", {"wishes": wrong, "version": 1}, 422)
            assert refused["error"]["code"] == "invalid"


async def test_what_was_given_up_is_shown_and_tried_again(tmp_path: Path, room: Room) -> None:
    room.store.tell([make_telling(ways=(Way("email", "administrator", 1),))], room.clock.now_ns())
    await room.dispatch()
    async with serving(tmp_path, people=room.office) as (world, client):
        caller = Caller(world, client)
        page = await caller.get("/deliveries?state=dead")
        ((one,), (channel,)) = page["deliveries"], page["channels"]
        assert (one["channel"], one["error"], one["happening"]["event_id"]) == ("email", "it said refused", "desk:1")
        assert (channel["name"], channel["state"], channel["dead"], channel["waiting"]) == ("email", "open", 1, 0)
        again = await caller.post(f"/deliveries/{one['delivery_id']}/retry")
        assert again["channels"][0]["waiting"] == 1
        refused = await caller.post(f"/deliveries/{one['delivery_id']}/retry", status=422)
        assert "no delivery" in refused["error"]["message"]


async def test_a_message_is_written_once_read_changed_and_taken_back(tmp_path: Path, room: Room) -> None:
    async with serving(tmp_path, people=room.office) as (world, client):
        caller = Caller(world, client)
        body = {
            "text": "<b>换月</b> @meng",
            "attachments": [
                {"type": "instruction", "instruction_id": "i-1"},
                {"type": "chart", "instrument_id": "au2606.SHFE"},
            ],
        }
        said = await caller.post("/chat/rooms/P1/messages", body, key=KEY)
        assert await caller.post("/chat/rooms/P1/messages", body, key=KEY) == said
        assert (said["text"], said["mentions"], said["username"]) == (body["text"], ["meng"], "administrator")
        page = await caller.get("/chat/rooms/P1/messages")
        assert page == {"messages": [said], "next": 0}
        assert [one["room"] for one in await caller.get("/chat/rooms")] == ["*", "P1", "P2"]
        assert await caller.post("/chat/rooms/P1/read", {"through": said["message_id"]}) == {"through": 1}
        place = f"/chat/messages/{said['message_id']}"
        edited = await caller.post(f"{place}/edit", {"text": "移仓", "version": 1})
        assert (edited["text"], edited["version"]) == ("移仓", 2)
        assert (await caller.post(f"{place}/edit", {"text": "x", "version": 1}, 429))["error"]["code"] == (
            "too_many_requests"
        )
        assert (await caller.post(f"{place}/delete"))["text"] == ""
        assert [one["text"] for one in await caller.get(f"{place}/history")] == [body["text"], "移仓", ""]
        assert (await caller.post(f"{place}/delete", status=409))["error"]["code"] == "state_conflict"


@pytest.mark.parametrize(
    ("path", "body", "key"),
    [
        ("/chat/rooms/P1/messages", {"text": ""}, KEY),
        ("/chat/rooms/P1/messages", {"text": "x" * 2_001}, KEY),
        ("/chat/rooms/P1/messages", {"text": "\x00"}, KEY),
        ("/chat/rooms/P1/messages", {"text": 5}, KEY),
        ("/chat/rooms/P1/messages", {"text": "x", "username": "meng"}, KEY),
        ("/chat/rooms/P1/messages", {"text": "x", "attachments": [{"type": "link", "url": "http://x"}]}, KEY),
        (
            "/chat/rooms/P1/messages",
            {"text": "x", "attachments": [{"type": "chart", "instrument_id": "<script>"}]},
            KEY,
        ),
        (
            "/chat/rooms/P1/messages",
            {"text": "x", "attachments": [{"type": "instruction", "instruction_id": "i"}] * 11},
            KEY,
        ),
        ("/chat/rooms/P1/messages", {"text": "x"}, ""),
        ("/chat/rooms/P9/messages", {"text": "x"}, KEY),
        (f"/chat/rooms/{'x' * 51}/messages", {"text": "x"}, KEY),
        ("/chat/messages/99/delete", None, ""),
        ("/chat/messages/0/delete", None, ""),
        ("/notices/read", {"notice_ids": [0]}, ""),
        ("/notices/read", {"notice_ids": list(range(1, 1_002))}, ""),
        ("/notices/read", {"through": -1}, ""),
    ],
)
async def test_what_cannot_be_is_refused_in_words_and_nothing_is_kept(
    tmp_path: Path, room: Room, path: str, body: Any, key: str
) -> None:
    async with serving(tmp_path, people=room.office) as (world, client):
        refused = await Caller(world, client).post(path, body, 403 if "/P9/" in path else 422, key=key)
        assert refused["error"]["message"]
    assert room.said == []


async def test_without_the_room_and_without_its_database_the_answer_is_to_come_back(tmp_path: Path, room: Room) -> None:
    async with serving(tmp_path) as (world, client):
        assert "no notices and no chat here" in (await Caller(world, client).get("/notices", 503))["error"]["message"]
    room.office.closed = "it has not started yet"
    async with serving(tmp_path, people=room.office) as (world, client):
        assert "it has not started yet" in (await Caller(world, client).get("/chat/rooms", 503))["error"]["message"]

    class Away:
        async def answer(self, _question: object, _who: Principal) -> object:
            message = "the database does not answer"
            raise StoreAwayError(message)

        carry_out = answer

    async with serving(tmp_path, people=Away()) as (world, client):
        assert (await Caller(world, client).get("/notices/unread", 503))["error"]["code"] == "store_away"
