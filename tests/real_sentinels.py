"""A real master, its replica and three sentinels for tests: the master can be killed, and the replica takes over."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path
from typing import Any

import redis

from private_ports import free_ports
from real_redis import RealRedis, find_server
from tradewind.kernel.clock import monotonic_s

SERVICE = "tradewind"
_PATIENCE_S = 30.0
_CONF = """port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor {service} 127.0.0.1 {master} 2
sentinel down-after-milliseconds {service} 1000
sentinel failover-timeout {service} 5000
sentinel parallel-syncs {service} 1
"""


class Sentinels:
    """Five servers; `client` is one of the sentinels, `master` changes with a failover."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.master, self.replica = self._server("first"), self._server("second")
        self.ports = free_ports(3)
        self._sentinels: list[subprocess.Popen[bytes]] = []

    def _server(self, name: str) -> RealRedis:
        folder = self._folder / name
        folder.mkdir()
        return RealRedis(folder, "--repl-diskless-sync-delay", "0")

    @property
    def places(self) -> str:
        """Return the sentinels as a URL names them."""
        return ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def start(self) -> None:
        """Start all, and wait until the sentinels know each other and the replica."""
        self.master.start()
        self.replica.start()
        with self.replica.client as client:
            client.replicaof("127.0.0.1", self.master.port)
        for port in self.ports:
            conf = self._folder / f"sentinel-{port}.conf"
            conf.write_text(
                _CONF.format(port=port, folder=self._folder, service=SERVICE, master=self.master.port), encoding="utf-8"
            )
            self._sentinels.append(
                subprocess.Popen([find_server(), str(conf), "--sentinel"], stdout=subprocess.DEVNULL)
            )
        for port in self.ports:
            self._wait(lambda port=port: self._is_ready(port))

    def wait_promoted(self) -> None:
        """Wait until the sentinels name the replica, and it says so itself."""
        self._wait(lambda: self._facts(self.ports[0])["port"] == self.replica.port)
        with self.replica.client as client:
            self._wait(lambda: client.role()[0] == b"master")
        self.master, self.replica = self.replica, self.master

    def kill(self) -> None:
        """End all of them."""
        for process in self._sentinels:
            process.kill()
            process.wait()
        self.master.kill()
        self.replica.kill()

    def _is_ready(self, port: int) -> bool:
        facts = self._facts(port)
        return (facts["num-other-sentinels"], facts["num-slaves"]) == (len(self.ports) - 1, 1)

    @staticmethod
    def _facts(port: int) -> dict[str, Any]:
        with redis.Redis(port=port) as client, contextlib.suppress(redis.ConnectionError):
            found: dict[str, Any] = client.sentinel_master(SERVICE)
            return found
        return {"num-other-sentinels": 0, "num-slaves": 0, "port": 0}

    @staticmethod
    def _wait(is_so: Any) -> None:
        until = monotonic_s() + _PATIENCE_S
        while not is_so():
            assert monotonic_s() < until
