"""Rights over real sockets: who may come in, and what happens to whoever is in when their rights change."""

from __future__ import annotations

import pytest
import websockets

from push_serving import Serving, hear, say, serving
from store_builders import make_order
from tradewind.domain.rights import EVERY, SEED_CLIENT, Permission, Principal, Reach
from tradewind.push.session import CloseCode

ORDERS = {"op": "subscribe", "id": 1, "topic": "orders", "mode": "every"}


def viewer(fund: str) -> Principal:
    return Principal("li", {Permission.VIEW: Reach(frozenset({(fund, EVERY)}))})


def order(server: Serving, name: str, fund: str) -> None:
    server.order(make_order(request={"client_order_id": name, "product_code": fund}))


@pytest.mark.parametrize(
    ("path", "principal"),
    [
        ("/ws", Principal("nobody", {})),
        ("/ws/opportunities", Principal("nobody", {})),
        ("/ws/opportunities", viewer("fund_a")),
    ],
)
async def test_who_may_have_nothing_there_is_refused_at_the_handshake(path: str, principal: Principal) -> None:
    async with serving(principal=principal) as server:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await server.connect(path)
    assert refused.value.response.status_code == 403
    assert b'"not_allowed"' in (refused.value.response.body or b"")


async def test_an_open_connection_goes_on_under_the_new_rights() -> None:
    async with serving(principal=viewer("fund_a")) as server:
        order(server, "a-1", "fund_a")
        order(server, "b-1", "fund_b")
        async with server.connect() as client:
            await say(client, **ORDERS)
            first = await hear(client, "snapshot")
            assert [row["request"]["client_order_id"] for row in first["data"]] == ["a-1"]
            assert server.service.rights_changed("session-of-li", viewer("fund_b")) == 1
            answer = await hear(client, "subscribed")
            assert (answer["id"], answer["recovered"]) == (None, False)
            second = await hear(client, "snapshot")
            assert [row["request"]["client_order_id"] for row in second["data"]] == ["b-1"]
            order(server, "a-2", "fund_a")
            order(server, "b-2", "fund_b")
            delta = await hear(client, "delta")
            assert [row["request"]["client_order_id"] for row in delta["data"]] == ["b-2"]
            assert delta["offset"] == second["offset"] + 1


async def test_a_lost_permission_ends_its_subscription_and_says_so() -> None:
    async with serving(principal=viewer("fund_a")) as server, server.connect() as client:
        await say(client, **ORDERS)
        await hear(client, "snapshot")
        server.service.rights_changed("session-of-li", Principal("li", SEED_CLIENT.reaches))
        told = await hear(client, "error")
        assert (told["code"], told["id"]) == ("not_allowed", None)
        assert (await hear(client, "unsubscribed"))["topic"] == "orders"


async def test_who_has_nothing_left_is_closed_with_4403() -> None:
    async with serving(principal=viewer("fund_a")) as server, server.connect() as client:
        await hear(client, "welcome")
        server.service.rights_changed("session-of-li", Principal("li", {}))
        with pytest.raises(websockets.ConnectionClosed):
            await hear(client, "nothing more")
        assert client.close_code == CloseCode.NOT_ALLOWED


async def test_the_rights_of_others_change_nothing_here() -> None:
    async with serving(principal=viewer("fund_a")) as server, server.connect() as client:
        await say(client, **ORDERS)
        await hear(client, "snapshot")
        assert server.service.rights_changed("session-of-wu", Principal("wu", {})) == 0
        order(server, "a-1", "fund_a")
        assert (await hear(client, "delta"))["offset"] == 1
