"""The Python client of the push protocol resumes as the protocol promises, over real sockets."""

from __future__ import annotations

import asyncio
import importlib.util
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import websockets

from documents import snippet
from private_ports import free_port
from push_builders import make_signal
from push_serving import Serving

from waiting import eventually

Heard = list[tuple[str, list[str], bool]]


@pytest.fixture
def feed_class(tmp_path: Path) -> Any:
    file = tmp_path / "documented_client.py"
    file.write_text(snippet("docs/push-protocol.md", "python", "class Feed"), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("documented_client", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.LADDER_S = (0.05,)  # type: ignore[attr-defined]  # the first wait, made short
    return module.Feed


async def test_what_happened_while_the_client_was_away_comes_once_and_in_order(feed_class: Any) -> None:
    heard: Heard = []

    def on_data(topic: str, events: list[dict[str, Any]], is_snapshot: bool) -> None:  # noqa: FBT001 - the client's own signature
        heard.append((topic, [event["signal_id"] for event in events], is_snapshot))

    server = Serving(port=free_port())
    await server.start()
    following = asyncio.create_task(
        feed_class(f"ws://127.0.0.1:{server.port}/ws", "li", {"signals": {}}, on_data).run()
    )
    await eventually(lambda: len(heard) == 1)
    server.signal(make_signal(signal_id="a"))
    await eventually(lambda: len(heard) == 2)
    await server.stop()
    server.signal(make_signal(signal_id="b"))
    await server.start()
    await eventually(lambda: len(heard) == 3)
    server.signal(make_signal(signal_id="c"))
    await eventually(lambda: len(heard) == 4)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    await server.stop()
    assert heard == [
        ("signals", [], True),
        ("signals", ["a"], False),
        ("signals", ["b"], False),
        ("signals", ["c"], False),
    ]


async def test_a_client_whose_session_is_over_does_not_come_back(feed_class: Any) -> None:
    server = Serving()
    await server.start()
    heard: Heard = []
    feed = feed_class(f"ws://127.0.0.1:{server.port}/ws", "li", {"signals": {}}, lambda *told: heard.append(told))
    following = asyncio.create_task(feed.run())
    await eventually(lambda: bool(heard))
    assert server.service.close_session("session-of-li") == 1
    with pytest.raises(websockets.ConnectionClosed) as closed:
        await asyncio.wait_for(following, 5)
    await server.stop()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
