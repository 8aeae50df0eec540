"""What happens at a running platform's desk is told on its pages and survives it; the chat is of record."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hook_receiver import Receiver
from running_platform import Running, wait_for
from tradewind.client import Client, Update
from tradewind.errors import TransientError

from waiting import eventually

pytestmark = pytest.mark.process


@pytest.mark.timeout(90)
def test_a_halt_is_told_and_a_message_heard_live_and_both_are_there_after_a_restart(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    flags = ("trading.products=fund", "rooms=features,strategies,signals")
    running = start(tmp_path, *flags)
    with running.program() as client:
        wait_for(lambda: is_open(client))
        with client.follow(["notices", "chat"]) as stream:
            assert all(isinstance(next(stream), Update) for _ in range(2))
            client.halting.emergency_stop("演习")
            client.people.say("fund", "已停")
            heard: dict[str, Any] = {}
            while set(heard) < {"notices", "chat"}:
                told = next(stream)
                assert isinstance(told, Update)
                heard[told.topic] = told.events[0]
        assert (heard["notices"].kind, heard["notices"].username) == ("trading_halted", "administrator")
        assert heard["notices"].params == {"scope": "platform", "reason": "演习"}
        assert heard["chat"].text == "已停"
    assert running.stop() == 0
    again = start(tmp_path, *flags)
    address = re.search(r"(http://\S+)/login", again.lines(3)[2])
    assert address is not None
    with Client(address[1], key=running.token) as client:
        wait_for(lambda: is_open(client))
        assert [(one.kind, one.is_read) for one in client.people.notices()] == [("trading_halted", False)]
        assert [one.text for one in client.people.messages("fund")] == ["已停"]
    assert again.stop() == 0


def is_open(client: Client) -> bool:
    """Say whether notices and chat answer yet."""
    with contextlib.suppress(TransientError):
        return client.people.unread().unread >= 0
    return False


async def test_a_program_of_ones_own_is_told_by_the_running_platform_signed(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    receiver = Receiver(tmp_path)
    async with receiver.serving():
        url = f"https://localhost:{receiver.port}/told"
        hook = {"name": "ops", "kind": "webhook", "url": url, "secret_file": str(secret), "kinds": ["trading_halted"]}
        running = start(
            tmp_path,
            f"notices.hooks={json.dumps([hook])}",
            'notices.hook_hosts=["localhost"]',
            f"notices.hook_ca_file={receiver.authority.certificate}",
        )
        client = await asyncio.to_thread(running.client)
        with client:
            await asyncio.to_thread(wait_for, lambda: client.get("/api/v1/deliveries").status_code == 200)
            stop: dict[str, Any] = {"json": {"confirm": "STOP"}, "headers": {"idempotency-key": "e1"}}
            assert (await asyncio.to_thread(client.post, "/api/v1/emergency-stop", **stop)).status_code == 200
            await eventually(lambda: bool(receiver.requests), timeout_s=15)
            ((_, headers, body),) = receiver.requests
            signed = f"{headers['x-tradewind-timestamp']}.".encode() + body
            sign = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
            assert headers["x-tradewind-signature"] == f"sha256={sign}"
            assert [event["kind"] for event in json.loads(body)["events"]] == ["trading_halted"]

            def states() -> list[str]:
                return [one["state"] for one in client.get("/api/v1/deliveries").json()["deliveries"]]

            await asyncio.to_thread(wait_for, lambda: states() == ["sent"])
        assert await asyncio.to_thread(running.stop) == 0
    assert "s3cret" not in "".join(running.said)


def test_a_hook_to_a_host_that_is_not_allowed_stops_the_start_in_words(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    hook = {"name": "ops", "kind": "wecom", "url": "https://evil.example/?key=canary"}
    running = start(tmp_path, f"notices.hooks={json.dumps([hook])}")
    said = running.lines(1)[0]
    assert "leads to evil.example, which is none of notices.hook_hosts" in said
    assert "canary" not in said
