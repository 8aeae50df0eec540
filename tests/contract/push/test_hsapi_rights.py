"""Over real sockets: a channel of system 004 tells each client its own rows, also once rights have changed."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import pytest
import websockets

from push_serving import Serving, hear, serving
from rights_table import ACCOUNT, CHANNELS
from statistics_builders import make_rows
from tradewind.bus.desk_topics import SUMMED_UP
from tradewind.domain.rights import EVERYTHING, Permission, Principal
from two_funds import person

from builders import make_tick

DESK = sorted(channel for channel, needs in CHANNELS.items() if needs == "view")
OF_A = person("viewer", ("fund_a", "*"), name="li")
OF_B = person("viewer", ("fund_b", "*"), name="li")
OF_BOTH = person("viewer", ("*", "*"), name="li")
OF_NOTHING = Principal("li", {})
SESSION = "session-of-li"


def tell(server: Serving, fund: str, version: int = 1) -> None:
    """Put a row of a fund on every topic behind the channels."""
    rows = make_rows(fund, ACCOUNT[fund])
    for topic in SUMMED_UP:
        each: Any = topic
        server.bus.publisher(each)(msgspec.structs.replace(rows[topic.name], version=version))


def tell_both(server: Serving, version: int = 1) -> None:
    for fund in ("fund_b", "fund_a"):
        tell(server, fund, version)


async def next_of(client: websockets.ClientConnection) -> dict[str, Any]:
    """Return the very next message."""
    message: dict[str, Any] = json.loads(await asyncio.wait_for(client.recv(), 10))
    return message


async def heard(client: websockets.ClientConnection) -> tuple[str, set[str]]:
    """Return of the very next message its type and whose rows it has."""
    message = await next_of(client)
    return message["type"], {row["product_code"] for row in message["data"]}


async def is_silent(client: websockets.ClientConnection) -> bool:
    """Say whether nothing was told before the answer to a question that is asked now."""
    await client.send('{"action":"ping"}')
    return bool((await next_of(client))["type"] == "pong")


@pytest.mark.parametrize("channel", DESK)
async def test_somebody_of_one_fund_never_receives_a_row_of_another(channel: str) -> None:
    async with serving(principal=OF_A, hsapi_interval_ms=20) as server:
        tell_both(server)
        async with server.connect(f"/hsapi/ws/{channel}/") as client:
            assert await heard(client) == ("snapshot", {"fund_a"})
            tell(server, "fund_b", version=2)
            tell_both(server, version=3)
            message = await hear(client, "update")
            assert {row["product_code"] for row in message["data"]} == {"fund_a"}
            # What others hear is not even counted.
            assert message["offset"] == 2
            await client.send(json.dumps({"action": "subscribe", "products": ["fund_b"], "accounts": ["B1"]}))
            assert await heard(client) == ("snapshot", set())
            tell_both(server, version=4)
            assert await is_silent(client)


@pytest.mark.parametrize("channel", DESK)
async def test_a_channel_begins_anew_where_rights_change_what_is_seen(channel: str) -> None:
    async with serving(principal=OF_A, hsapi_interval_ms=20) as server:
        tell_both(server)
        async with server.connect(f"/hsapi/ws/{channel}/") as client:
            assert await heard(client) == ("snapshot", {"fund_a"})
            tell_both(server, version=2)
            assert server.service.rights_changed(SESSION, OF_B) == 1
            # What was about to be told under the rights that were may still stand before it, never behind it.
            assert (await hear(client, "snapshot"))["data"][0]["product_code"] == "fund_b"
            tell_both(server, version=3)
            assert await heard(client) == ("update", {"fund_b"})
            server.service.rights_changed(SESSION, OF_BOTH)
            assert await heard(client) == ("snapshot", {"fund_a", "fund_b"})
            server.service.rights_changed(SESSION, OF_BOTH)
            assert await is_silent(client)


async def test_what_a_client_narrowed_its_channel_to_outlives_a_change_of_rights() -> None:
    async with serving(principal=OF_A) as server:
        tell_both(server)
        async with server.connect("/hsapi/ws/acc/") as client:
            assert await heard(client) == ("snapshot", {"fund_a"})
            await client.send(json.dumps({"action": "subscribe", "products": ["fund_b"]}))
            assert await heard(client) == ("snapshot", set())
            server.service.rights_changed(SESSION, OF_BOTH)
            assert await heard(client) == ("snapshot", {"fund_b"})


async def test_quotes_go_on_while_any_fund_is_left() -> None:
    async with serving(principal=OF_A, hsapi_interval_ms=20) as server:
        server.tick(make_tick(seq=1))
        async with server.connect("/hsapi/ws/stock/") as client:
            await hear(client, "snapshot")
            server.service.rights_changed(SESSION, OF_B)
            server.tick(make_tick(seq=2))
            assert (await next_of(client))["type"] == "update"


@pytest.mark.parametrize("channel", sorted(CHANNELS))
async def test_who_loses_the_permission_is_sent_away_and_told_nothing_more(channel: str) -> None:
    async with serving(principal=OF_A, hsapi_interval_ms=20) as server:
        async with server.connect(f"/hsapi/ws/{channel}/") as client:
            await next_of(client)
            server.service.rights_changed(SESSION, OF_NOTHING)
            tell_both(server)
            server.tick(make_tick())
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await next_of(client)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403


@pytest.mark.parametrize("channel", sorted(CHANNELS))
async def test_without_the_permission_a_channel_does_not_open(channel: str) -> None:
    others = [permission for permission in Permission if permission != CHANNELS[channel]]
    async with serving(principal=Principal("li", dict.fromkeys(others, EVERYTHING))) as server:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await server.connect(f"/hsapi/ws/{channel}/")
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["code"] == "not_allowed"
