"""Ways into a Redis that does not let everybody in, and one clear line for each that leads nowhere; real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from certificates import Authority
from private_ports import free_ports
from real_redis import RealRedis
from redis_harness import Numbers, quick_bus
from tradewind.bus.redis import RedisBus
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.errors import ConfigError

from builders import make_tick
from waiting import eventually

Start = Callable[..., RealRedis]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[RealRedis] = []

    def begin(*flags: str) -> RealRedis:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(RealRedis(folder, *flags))
        started[-1].start()
        return started[-1]

    yield begin
    for server in started:
        server.kill()


class Guarded:
    """A server with a TLS door beside the plain one."""

    def __init__(self, start: Start, folder: Path, *, asks_clients: bool = False) -> None:
        self.authority = Authority(folder, "authority")
        certificate, key = self.authority.sign("server")
        (self.port,) = free_ports(1)
        self.server = start(
            *("--tls-port", str(self.port), "--tls-cert-file", str(certificate), "--tls-key-file", str(key)),
            *("--tls-ca-cert-file", str(self.authority.certificate)),
            *("--tls-auth-clients", "yes" if asks_clients else "no"),
        )

    def bus(self, host: str = "localhost", **changes: Any) -> RedisBus:
        fields: dict[str, Any] = {"tls_ca": str(self.authority.certificate), **changes}
        return quick_bus(self.server, **{"url": f"rediss://{host}:{self.port}/0", **fields})


async def is_carrying(bus: RedisBus) -> bool:
    """Send a tick through a bus and wait until it comes back."""
    numbers = Numbers()
    bus.subscribe(CLEAN_TICKS, numbers.take, group="room")
    await bus.start()
    bus.publisher(CLEAN_TICKS)(make_tick(seq=1))
    await eventually(lambda: numbers.last == {"IF2101.CFFEX": 1})
    await bus.stop()
    return True


async def test_over_tls_the_bus_carries_and_checks_who_answers(start: Start, tmp_path: Path) -> None:
    guarded = Guarded(start, tmp_path)
    assert await is_carrying(guarded.bus())
    other = Authority(tmp_path, "other")
    with pytest.raises(ConfigError, match=r"certificate we do not trust .*is bus\.tls_ca the right one\?"):
        await guarded.bus(tls_ca=str(other.certificate)).start()
    with pytest.raises(ConfigError, match=r"certificate we do not trust .*set bus\.tls_ca to the authority"):
        await guarded.bus(tls_ca="").start()
    with pytest.raises(ConfigError, match=r"certificate we do not trust .*127\.0\.0\.1"):
        await guarded.bus("127.0.0.1").start()


async def test_a_redis_that_wants_to_see_a_certificate_is_shown_one(start: Start, tmp_path: Path) -> None:
    guarded = Guarded(start, tmp_path, asks_clients=True)
    certificate, key = map(str, guarded.authority.sign("line"))
    assert await is_carrying(guarded.bus(tls_cert=certificate, tls_key=key))
    with pytest.raises(ConfigError, match=r"wants a certificate of ours; set bus\.tls_cert and bus\.tls_key"):
        await guarded.bus().start()


@pytest.mark.parametrize("setting", ["tls_ca", "tls_cert"])
async def test_a_certificate_that_cannot_be_read_is_named_with_its_setting(
    start: Start, tmp_path: Path, setting: str
) -> None:
    guarded = Guarded(start, tmp_path)
    files = {"tls_cert": str(tmp_path / "no.pem"), "tls_key": str(tmp_path / "no.key")}
    changes = files if setting == "tls_cert" else {"tls_ca": str(tmp_path / "no.pem")}
    with pytest.raises(ConfigError, match=rf"bus\.{setting} .*no\.pem.*No such file"):
        await guarded.bus(**changes).start()


async def test_a_user_of_redis_with_rights_of_its_own_is_let_in_by_the_url(start: Start) -> None:
    server = start()
    with server.client as client:
        client.acl_setuser(
            "line", enabled=True, passwords=["+se@cret"], keys=["*"], channels=["*"], categories=["+@all"]
        )
    place = f"127.0.0.1:{server.port}/0"
    assert await is_carrying(quick_bus(server, url=f"redis://line:se%40cret@{place}", password=""))
    assert await is_carrying(quick_bus(server, url=f"redis://line@{place}", password="se@cret"))  # noqa: S106 - the example
    with pytest.raises(ConfigError, match=r"refused the password \(WRONGPASS\)"):
        await quick_bus(server, url=f"redis://other:se%40cret@{place}", password="").start()


async def test_a_node_of_a_cluster_is_refused_with_what_to_give_instead(start: Start) -> None:
    server = start("--cluster-enabled", "yes", "--cluster-port", str(free_ports(1)[0]))
    with pytest.raises(ConfigError, match=r"a node of a Redis Cluster.* one server, or a master .* sentinels"):
        await quick_bus(server).start()


async def test_a_replica_is_not_written_to_and_taken_when_it_becomes_master(start: Start) -> None:
    master = start()
    replica = start("--replicaof", f"127.0.0.1 {master.port}")
    bus = quick_bus(replica)
    await bus.start()
    assert bus.health().state == "degraded"
    assert "is a replica and takes no writes" in bus.health().reason
    with replica.client as client:
        client.replicaof("NO", "ONE")
    await eventually(lambda: bus.health().state == "connected")
    await bus.stop()
