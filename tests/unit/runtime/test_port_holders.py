"""Who listens on our ports is found in one walk through the processes, however many ports there are."""

from __future__ import annotations

import os
import socket

from private_ports import free_port
from tradewind.runtime.doctor.holders import holder_of, holders_of


def test_each_port_is_told_with_the_process_that_listens_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        taken = {each.getsockname()[1] for each in (one, other)}
        free = free_port()
        found = holders_of({*taken, free})
        assert {port: holder.pid for port, holder in found.items()} == dict.fromkeys(taken, os.getpid())
        assert holder_of(free) is None
