"""The push protocol over real sockets, spoken by a client library that is not ours."""

from __future__ import annotations

import asyncio
import itertools
import json
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest
import websockets

from push_builders import PING, TEXT, make_opportunity, make_signal, read_frames
from push_serving import TOKEN, Serving, hear, say, serving
from tradewind import __version__
from tradewind.errors import ConfigError, PortTakenError

from builders import make_tick
from waiting import eventually


async def _ask(peer: socket.socket, path: str) -> None:
    """Send a handshake by hand, as a client that then does only what the test does."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Authorization: Bearer li\r\n\r\n"
    )
    peer.setblocking(False)  # noqa: FBT003 - the socket's own signature
    await asyncio.get_running_loop().sock_sendall(peer, request.encode())


async def test_without_proof_the_handshake_is_answered_401() -> None:
    async with serving() as server:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await server.connect(additional_headers={})
    response = refused.value.response
    assert response.status_code == 401
    assert (response.headers["WWW-Authenticate"], response.headers["Retry-After"]) == ("Bearer", "3")
    assert json.loads(response.body)["code"] == "not_authenticated"
    assert server.gate.peers == ["127.0.0.1"]


async def test_a_foreign_origin_gets_403() -> None:
    async with serving() as server:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await server.connect(origin="http://evil.example")
    assert refused.value.response.status_code == 403


async def test_of_the_subprotocols_offered_ours_is_answered_and_a_ticket_never() -> None:
    async with serving() as server:
        async with server.connect(subprotocols=["tradewind", "ticket.secret"]) as client:
            await hear(client, "welcome")
            assert client.subprotocol == "tradewind"
            assert client.response is not None
            assert "secret" not in str(client.response.headers)
        async with server.connect() as client:
            await hear(client, "welcome")
            assert client.subprotocol is None


async def test_another_path_gets_404_and_a_full_house_503() -> None:
    async with serving(max_clients=1) as server:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await server.connect("/nowhere")
        assert refused.value.response.status_code == 404
        async with server.connect() as client:
            await hear(client, "welcome")
            with pytest.raises(websockets.InvalidStatus) as refused:
                await server.connect()
            assert refused.value.response.status_code == 503


async def test_health_is_a_plain_answer_behind_the_same_gate() -> None:
    async with serving() as server, server.connect() as client, httpx.AsyncClient() as http:
        await hear(client, "welcome")
        answer = await http.get(f"http://127.0.0.1:{server.port}/health", headers=TOKEN)
        assert answer.status_code == 200
        assert answer.json() == {"status": "ok", "version": __version__, "clients": 1}
        assert (await http.get(f"http://127.0.0.1:{server.port}/health")).status_code == 401


async def test_a_subscriber_gets_a_snapshot_and_then_deltas() -> None:
    async with serving() as server, server.connect() as client:
        server.tick(make_tick(seq=1, last_price=5230.0))
        await say(client, op="subscribe", id=1, topic="quotes")
        subscribed = await hear(client, "subscribed")
        snapshot = await hear(client, "snapshot")
        assert (subscribed["id"], subscribed["offset"], snapshot["offset"]) == (1, 1, 1)
        assert snapshot["data"][0]["last_price"] == 5230.0
        server.tick(make_tick(seq=2, last_price=5231.0))
        delta = await hear(client, "delta")
        assert (delta["offset"], delta["data"][0]["last_price"]) == (2, 5231.0)


async def test_a_client_that_reconnects_resumes_without_a_hole_or_a_repeat() -> None:
    async with serving() as server:
        async with server.connect() as client:
            await say(client, op="subscribe", topic="signals")
            await hear(client, "snapshot")
            server.signal(make_signal(signal_id="a"))
            seen = await hear(client, "delta")
        server.signal(make_signal(signal_id="b"))
        async with server.connect() as client:
            resume = {"epoch": (await hear(client, "welcome"))["epoch"], "offset": seen["offset"]}
            await say(client, op="subscribe", topic="signals", resume=resume)
            assert (await hear(client, "subscribed"))["recovered"] is True
            server.signal(make_signal(signal_id="c"))
            heard: list[str] = []
            while len(heard) < 2:
                heard += [event["signal_id"] for event in (await hear(client, "delta"))["data"]]
            assert heard == ["b", "c"]


async def test_another_publishers_epoch_is_not_resumed_but_answered_with_a_snapshot() -> None:
    async with serving(epoch="second") as server, server.connect() as client:
        server.signal(make_signal())
        await say(client, op="subscribe", topic="signals", resume={"epoch": "first", "offset": 1})
        assert (await hear(client, "subscribed"))["recovered"] is False
        assert len((await hear(client, "snapshot"))["data"]) == 1


async def test_the_older_stream_speaks_in_opportunities() -> None:
    async with serving() as server:
        server.opportunity(make_opportunity())
        async with server.connect("/ws/opportunities") as client:
            first = await hear(client, "opportunity")
            server.opportunity(make_opportunity(version=2, confidence=0.9))
            second = await hear(client, "opportunity")
    assert (first["payload"]["confidence"], second["payload"]["confidence"]) == (0.7, 0.9)
    assert server.metrics.push_clients.values == {"opportunities": 0}


async def test_the_older_stream_sends_pings_and_opportunities_and_nothing_else() -> None:
    async with serving(heartbeat_s=0.1, sweep_s=0.02) as server:
        server.opportunity(make_opportunity())
        with socket.create_connection(("127.0.0.1", server.port)) as peer:
            heard = bytearray()
            pong = b"\x8a\x80" + bytes(4)
            await _ask(peer, "/ws/opportunities")

            def has_heard_three_pings() -> bool:
                with suppress(BlockingIOError):
                    while data := peer.recv(65_536):
                        heard.extend(data)
                peer.send(pong)
                return heard.endswith(b"\x89\x00" * 3)

            await eventually(has_heard_three_pings)
    frames = list(read_frames(bytes(heard.partition(b"\r\n\r\n")[2])))
    assert [kind for kind, _ in frames] == [TEXT, PING, PING, PING]
    assert json.loads(frames[0][1])["type"] == "opportunity"


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process hold both ends of a thousand connections, which the usual soft limit does not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4_096)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
async def test_a_thousand_and_one_clients_of_one_user_are_let_in() -> None:
    async with serving() as server:
        with ExitStack() as stack:
            address = ("127.0.0.1", server.port)
            peers = [stack.enter_context(socket.create_connection(address)) for _ in range(1_001)]
            for peer in peers:
                await _ask(peer, "/ws")
            await eventually(lambda: server.service.client_count == 1_001)
            assert server.metrics.push_clients.values == {"native": 1_001}
            # The last one too is greeted, where one too many would be sent away.
            answer = await asyncio.get_running_loop().sock_recv(peers[-1], 65_536)
            assert b'{"type":"welcome"' in answer


async def test_a_client_that_does_not_read_is_caught_up_later_and_the_others_do_not_notice() -> None:
    async with (
        serving(queued_bytes=65_536, socket_bytes=4_096) as server,
        server.connect() as quick,
        server.connect(max_queue=1) as slow,
    ):
        for client in (quick, slow):
            await say(client, op="subscribe", topic="quotes", mode="every")
            await hear(client, "snapshot")
        slow.transport.pause_reading()
        seq = offset = 0
        while not server.service.lagging_count or seq < 1_000:
            seq += 1
            server.tick(make_tick(seq=seq))
            while offset < seq:
                offset = (await hear(quick, "delta"))["offset"]
        slow.transport.resume_reading()
        last = 0
        while last < seq:
            delta = await hear(slow, "delta")
            assert [tick["seq"] for tick in delta["data"]] == list(range(last + 1, delta["offset"] + 1))
            last = delta["offset"]


async def test_a_client_that_takes_nothing_is_closed_with_4408() -> None:
    async with serving(queued_bytes=65_536, socket_bytes=4_096, stalled_s=0.2, sweep_s=0.05, drain_s=0.1) as server:
        client = await server.connect(max_queue=1)
        await say(client, op="subscribe", topic="quotes", mode="every")
        await hear(client, "snapshot")
        client.transport.pause_reading()
        seqs = itertools.count(1)

        def flood_until_it_is_gone() -> bool:
            for seq in itertools.islice(seqs, 100):
                server.tick(make_tick(seq=seq))
            return not server.service.client_count

        await eventually(flood_until_it_is_gone)
        assert server.metrics.push_dropped.counts["client_too_slow"] == 1
        client.transport.abort()


async def test_malformed_commands_are_answered_and_the_connection_stays() -> None:
    async with serving() as server, server.connect() as client:
        for text in ("{", '{"op":"fly"}', '{"op":"subscribe","topic":"weather"}', "[" * 60_000):
            await client.send(text)
        codes = [(await hear(client, "error"))["code"] for _ in range(4)]
        assert codes == ["bad_json", "unknown_op", "unknown_topic", "bad_command"]
        await say(client, op="ping", id=5)
        assert (await hear(client, "pong"))["id"] == 5


@pytest.mark.parametrize(
    ("frame", "code"),
    [(b"binary", 4400), ("x" * 70_000, 1009), ("ping " * 10, None)],
)
async def test_frames_that_break_the_protocol_close_with_their_code(frame: str | bytes, code: int | None) -> None:
    async with serving() as server, server.connect() as client:
        await client.send(frame)
        if code is None:
            assert (await hear(client, "error"))["code"] == "bad_json"
            return
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await hear(client, "never")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code
        await eventually(lambda: not server.service.client_count)
        assert server.metrics.push_commands_refused.counts == {f"closed_{code}": 1}


async def test_text_that_is_not_utf8_closes_with_1007() -> None:
    async with serving() as server, server.connect() as client:
        await client.send(b"\xff\xfe", text=True)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await hear(client, "never")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1007


async def test_a_command_may_be_fragmented() -> None:
    async with serving() as server, server.connect() as client:
        await client.send(['{"op":', '"ping",', '"id":1}'])
        assert (await hear(client, "pong"))["id"] == 1


async def test_a_websocket_ping_is_answered_and_heartbeats_come() -> None:
    async with serving(heartbeat_s=0.1, sweep_s=0.02) as server, server.connect() as client:
        await asyncio.wait_for(await client.ping(), 5)
        assert (await hear(client, "heartbeat"))["ts"] > 0


async def test_a_peer_that_stays_silent_is_given_up() -> None:
    async with serving(heartbeat_s=0.1, sweep_s=0.02) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as peer:
            await _ask(peer, "/ws")
            await eventually(lambda: server.service.client_count == 1)
            await eventually(lambda: server.service.client_count == 0)
    assert server.metrics.push_dropped.counts == {"client_lost": 1}


async def test_a_revoked_session_is_closed_with_4401_and_only_that_one() -> None:
    wang = {"Authorization": "Bearer wang"}
    async with serving() as server, server.connect() as client, server.connect(additional_headers=wang) as other:
        await hear(client, "welcome")
        await hear(other, "welcome")
        assert server.service.close_session("session-of-li") == 1
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await hear(client, "never")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
        await say(other, op="ping", id=1)
        await hear(other, "pong")


async def test_one_connection_too_many_of_a_user_is_closed_with_4429() -> None:
    async with serving(clients_per_identity=1) as server, server.connect() as client:
        await hear(client, "welcome")
        async with server.connect() as second:
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await hear(second, "never")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4429


async def test_stopping_sends_everybody_away_with_4503() -> None:
    server = Serving()
    await server.start()
    async with server.connect() as client:
        await hear(client, "welcome")
        stopping = asyncio.create_task(server.stop())
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await hear(client, "never")
        await stopping
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4503
    assert server.service.client_count == 0


async def test_a_taken_port_is_named_with_its_remedy() -> None:
    async with serving() as first:
        second = Serving(port=first.port)
        with pytest.raises(PortTakenError, match=rf"127\.0\.0\.1:{first.port}.*push\.port"):
            await second.service.run()


async def test_an_address_that_is_not_ours_is_a_configuration_error() -> None:
    server = Serving(host="192.0.2.1")
    with pytest.raises(ConfigError, match=r"push\.host"):
        await server.service.run()


async def test_a_service_that_was_stopped_can_run_again() -> None:
    server = Serving()
    for _ in range(2):
        await server.start()
        async with server.connect() as client:
            await hear(client, "welcome")
        await server.stop()
