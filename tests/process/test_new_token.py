"""`tradewind token new` beside a running platform: what the old token opened ends, the rest goes on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from running_platform import Running, tradewind, wait_for

pytestmark = pytest.mark.process
_SOON_S = 2.0
"""A second, and what a busy machine adds."""


def _connected(address: str, headers: dict[str, str]) -> ClientConnection:
    # Without a bound on what waits to be read, or saying goodbye would wait behind it.
    return connect(address, additional_headers=headers, proxy=None, max_queue=None)


def _close_code(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:  # noqa: PT012 - what comes before the close is passed over
        while True:
            socket.recv(timeout=_SOON_S)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def test_sockets_of_the_old_token_are_closed_with_4401_and_unnamed_ones_stay(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    platform = start(tmp_path)
    client = platform.client()
    old = {"Authorization": client.headers["Authorization"]}
    address = platform.push_address()
    with (
        client,
        _connected(address, old) as native,
        _connected(f"{address}/opportunities", old) as older,
        _connected(f"{address}/opportunities", {}),
    ):
        made = tradewind("token", "new", "--set", f"data_dir={tmp_path}", folder=tmp_path)
        found = re.search(r"/login#(\S+)", made.stdout)
        assert found is not None, made
        new = {"Authorization": f"Bearer {found[1]}"}
        with _connected(address, new):
            assert (_close_code(native), _close_code(older)) == (4401, 4401)
            stay = {f'tradewind_push_clients{{dialect="{name}"}} 1.0' for name in ("native", "opportunities")}
            wait_for(lambda: stay <= set(client.get("/metrics", headers=new).text.splitlines()))
    assert platform.stop() == 0
