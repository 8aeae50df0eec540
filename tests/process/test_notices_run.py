"""What happens at a running platform's desk is told on its pages and survives it; the chat is of record."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from running_platform import Running, wait_for

pytestmark = pytest.mark.process


def test_a_halt_is_told_and_a_message_heard_live_and_both_are_there_after_a_restart(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    flags = ("trading.products=fund", "rooms=features,strategies,signals")
    running = start(tmp_path, *flags)
    with running.client() as client:
        wait_for(lambda: client.get("/api/v1/notices/unread").status_code == 200)
        headers = {"Authorization": client.headers["Authorization"]}
        with connect(running.push_address(), additional_headers=headers, proxy=None) as socket:
            for topic in ("notices", "chat"):
                socket.send(json.dumps({"op": "subscribe", "topic": topic}))
            halted = client.post(
                "/api/v1/emergency-stop", json={"confirm": "STOP", "reason": "演习"}, headers={"idempotency-key": "e1"}
            )
            assert halted.status_code == 200, halted.text
            said = client.post(
                "/api/v1/chat/rooms/fund/messages", json={"text": "已停"}, headers={"idempotency-key": "c1"}
            )
            assert said.status_code == 200, said.text
            heard: dict[str, Any] = {}
            while set(heard) < {"notices", "chat"}:
                frame = json.loads(socket.recv(timeout=10))
                if frame["type"] == "delta":
                    heard[frame["topic"]] = frame["data"][0]
        assert (heard["notices"]["kind"], heard["notices"]["username"]) == ("trading_halted", "administrator")
        assert heard["notices"]["params"] == {"scope": "platform", "reason": "演习"}
        assert heard["chat"]["text"] == "已停"
    assert running.stop() == 0
    again = start(tmp_path, *flags)
    address = re.search(r"(http://\S+)/login", again.lines(3)[2])
    assert address is not None
    with httpx.Client(base_url=address[1], headers=headers, timeout=10) as client:
        wait_for(lambda: client.get("/api/v1/notices/unread").status_code == 200)
        page = client.get("/api/v1/notices").json()
        assert [(one["kind"], one["is_read"]) for one in page["notices"]] == [("trading_halted", False)]
        assert [one["text"] for one in client.get("/api/v1/chat/rooms/fund/messages").json()["messages"]] == ["已停"]
    assert again.stop() == 0
