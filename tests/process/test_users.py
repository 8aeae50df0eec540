"""Users of a running platform: made beside it, in at every door, and out of all of them when they are shut out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from running_platform import Running, tradewind, wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]
GIVEN, CHOSEN = "长城-correct-horse-9", "another-battery-staple-7"
_SOON_S = 5.0


def _signed_in(client: httpx.Client, password: str) -> dict[str, str] | None:
    """Sign wang in; return the headers of their page, `None` where that is refused."""
    # Each by itself: the client would send the token and cookies of its own.
    answer = httpx.post(f"{client.base_url}/api/v1/session", json={"username": "wang", "password": password})
    if answer.status_code != 200:
        return None
    cookie = answer.headers.get_list("set-cookie")[0].partition(";")[0]
    return {"cookie": cookie, "x-csrf-token": answer.json()["csrf"]}


def _by_ticket(address: str, ticket: str) -> ClientConnection:
    offered = [Subprotocol("tradewind"), Subprotocol(f"ticket.{ticket}")]
    return connect(address, subprotocols=offered, proxy=None, max_queue=None)


def test_a_user_made_beside_the_platform_comes_in_everywhere_and_goes_from_everywhere(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    platform = start(tmp_path)
    flags = ("--set", f"data_dir={tmp_path}")
    with platform.client() as client:
        made = {"username": "wang", "password": GIVEN, "grants": [{"role": "trader"}]}
        wait_for(
            lambda: client.post("/api/v1/admin/users", json=made, headers={"idempotency-key": "1"}).status_code == 201
        )
        page = _signed_in(client, GIVEN)
        assert page is not None
        base = str(client.base_url)
        form = {"password": GIVEN, "new_password": CHOSEN}
        assert httpx.post(f"{base}/api/v1/me/password", json=form, headers=page).status_code == 204
        ticket = httpx.post(f"{base}/api/v1/tickets", headers=page).json()["ticket"]
        with _by_ticket(platform.push_address(), ticket) as socket:
            assert socket.subprotocol == "tradewind"
            with pytest.raises(InvalidStatus):
                _by_ticket(platform.push_address(), ticket)
            assert "disabled" in tradewind("user", "disable", "wang", *flags, folder=tmp_path).stdout
            with pytest.raises(ConnectionClosed):  # noqa: PT012 - what comes before the close is passed over
                while True:
                    socket.recv(timeout=_SOON_S)
        wait_for(lambda: httpx.get(f"{base}/api/v1/me", headers=page).status_code == 401)
        assert _signed_in(client, CHOSEN) is None
        assert "active" in tradewind("user", "enable", "wang", *flags, folder=tmp_path).stdout
        # Asked by the administrator: a wrong try each time would be a guesser's.
        wait_for(lambda: not client.get("/api/v1/admin/users").json()[0]["is_disabled"])
        assert _signed_in(client, CHOSEN) is not None
    assert platform.stop() == 0
    verified = tradewind("audit", "verify", *flags, folder=tmp_path)
    assert verified.returncode == 0, verified.stdout
    assert GIVEN not in "".join(platform.said)


def test_a_user_stays_signed_in_when_the_platform_starts_again(start: Callable[..., Running], tmp_path: Path) -> None:
    first = start(tmp_path)
    with first.client() as client:
        made = {"username": "wang", "password": GIVEN, "grants": [{"role": "trader"}]}
        wait_for(
            lambda: client.post("/api/v1/admin/users", json=made, headers={"idempotency-key": "1"}).status_code == 201
        )
        page = _signed_in(client, GIVEN)
        address = client.base_url
    assert page is not None
    assert first.stop() == 0
    second = start(tmp_path, f"api.port={address.port}")
    wait_for(lambda: second.lines(1) != [""] and "log in" in "".join(second.said))
    wait_for(lambda: httpx.get(f"{address}/api/v1/me", headers=page).status_code == 200)
