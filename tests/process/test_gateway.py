"""C-003-8, C-004-10: one entry on a real Nginx before two whole instances; one is killed and nobody needs to know."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from private_ports import free_port
from real_nginx import RealNginx, gateway_settings
from tradewind.identity import AccessTokens
from tradewind.kernel.clock import monotonic_s
from tradewind.runtime.settings import TradewindSettings

pytestmark = pytest.mark.process
_START_S = 20.0


class Instance:
    """One whole platform, of which the gateway uses API and push."""

    def __init__(self, folder: Path, settings: TradewindSettings, api: str, push: str) -> None:
        self.api, self.push = api, push
        flags = {
            "data_dir": str(folder),
            "api.port": api.rpartition(":")[2],
            "push.port": push.rpartition(":")[2],
            "log.level": "warning",
            "market.simulator.instruments": "IF2603.CFFEX,au2604.SHFE",
            "market.simulator.warm_up_s": "0",
            **{f"gateway.{name}": _as_flag(getattr(settings.gateway, name)) for name in ("enabled", "port", "quotes")},
            **{f"gateway.{name}": _as_flag(getattr(settings.gateway, name)) for name in ("api", "push")},
        }
        command = [sys.executable, "-m", "tradewind", "run"]
        for name, value in flags.items():
            command += ["--set", f"{name}={value}"]
        environ = {key: value for key, value in os.environ.items() if not key.startswith("TRADEWIND_")}
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=folder, env=environ)

    def wait_serving(self) -> None:
        until_s = monotonic_s() + _START_S
        while monotonic_s() < until_s:
            assert self._process.poll() is None
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://{self.api}/health", timeout=1).status_code == 200:
                    return
        message = f"{self.api} does not answer"
        raise AssertionError(message)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class Desk:
    """Two instances, the gateway before them, and the token of both."""

    def __init__(self, folder: Path) -> None:
        api = tuple(f"127.0.0.1:{free_port()}" for _ in range(2))
        push = tuple(f"127.0.0.1:{free_port()}" for _ in range(2))
        self.settings = gateway_settings(
            TradewindSettings(), api=api, push=push, quotes=(), health_kept_s=0.0, retry_s=1
        )
        self.token = AccessTokens(folder / "access.json").renew()
        self.instances = [Instance(folder, self.settings, *pair) for pair in zip(api, push, strict=True)]
        self.nginx = RealNginx(folder, self.settings)

    def start(self) -> None:
        for instance in self.instances:
            instance.wait_serving()
        self.nginx.start()

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{self.nginx.origin}{path}", headers=headers, timeout=5)

    def socket(self, path: str, headers: dict[str, str] | None = None) -> AbstractContextManager[ClientConnection]:
        return connect(f"ws://127.0.0.1:{self.nginx.port}{path}", additional_headers=headers, proxy=None)

    def stop(self) -> None:
        self.nginx.stop()
        for instance in self.instances:
            instance.kill()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    try:
        desk.start()
        yield desk
    finally:
        desk.stop()


def test_everything_comes_through_the_one_entry(desk: Desk) -> None:
    page = desk.get("/market", accept="text/html")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert f"ws://127.0.0.1:{desk.nginx.port}" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "server" not in page.headers or page.headers["server"] == "nginx"

    assert desk.get("/opportunities").json() == []
    assert desk.get("/api/v1/quotes").status_code == 401
    assert desk.get("/api/v1/quotes", **desk.bearer).status_code == 200
    told = desk.get("/api/v1/session", **desk.bearer).json()
    assert told["push_url"] == "/ws"
    assert desk.get("/metrics", **desk.bearer).status_code == 404

    health = desk.get("/gateway/health")
    assert health.status_code == 200
    assert health.json()["status"] == "ok"
    assert {(view["service"], view["state"]) for view in health.json()["instances"]} == {
        ("api", "running"),
        ("push", "running"),
    }

    with desk.socket("/ws", desk.bearer) as native:
        native.send(json.dumps({"op": "subscribe", "topic": "quotes"}))
        seen = {json.loads(native.recv(timeout=5)).get("type") for _ in range(3)}
        assert "snapshot" in seen
    with desk.socket("/ws/opportunities") as older:
        assert older.ping().wait(timeout=5)

    too_large = httpx.post(f"{desk.nginx.origin}/api/v1/session", content=b"x" * 2_000_000, timeout=5)
    assert (too_large.status_code, too_large.json()["error"]["code"]) == (413, "too_large")
    assert too_large.headers["x-content-type-options"] == "nosniff"


def test_who_came_through_a_further_proxy_is_not_this_machine(desk: Desk) -> None:
    for name in ("x-forwarded-for", "forwarded", "via", "true-client-ip"):
        assert desk.get("/opportunities", **{name: "127.0.0.1"}).status_code == 401
    # What a client writes there itself is replaced by what Nginx sees.
    assert desk.get("/opportunities", **{"x-real-ip": "10.0.0.5"}).status_code == 200


def test_a_killed_instance_costs_nobody_an_answer_and_is_named(desk: Desk) -> None:
    first, second = desk.instances
    with contextlib.ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(desk.socket("/ws", desk.bearer)) for _ in range(4)]
        first.kill()
        assert sum(is_alive(each) for each in sockets) == 2

    assert {desk.get("/api/v1/quotes", **desk.bearer).status_code for _ in range(40)} == {200}
    for _ in range(6):
        with desk.socket("/ws/opportunities") as older:
            assert older.ping().wait(timeout=5)
    health = desk.get("/gateway/health")
    assert (health.status_code, health.json()["status"]) == (200, "reduced")
    assert sorted(view["address"] for view in health.json()["instances"] if not view["is_healthy"]) == sorted(
        (first.api, first.push)
    )

    second.kill()
    away = desk.get("/api/v1/quotes", **desk.bearer)
    assert (away.status_code, away.json()["error"]["code"]) == (503, "unavailable")
    assert away.headers["retry-after"] == "1"
    nothing = desk.get("/gateway/health")
    assert (nothing.status_code, nothing.json()["status"]) == (503, "degraded")
    assert nothing.json()["services"][0]["name"] == "api"


async def test_socket_io_is_upgraded_and_quotes_rest_goes_to_the_quotes_web(tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []

    async def answer(peer: ServerConnection) -> None:
        assert peer.request is not None
        heard.append((peer.request.path, peer.request.headers["x-real-ip"]))
        async for message in peer:
            await peer.send(message)

    async with serve(answer, "127.0.0.1", 0) as quotes:
        port = next(iter(quotes.sockets)).getsockname()[1]
        settings = gateway_settings(TradewindSettings(), quotes=(f"127.0.0.1:{port}",))
        nginx = RealNginx(tmp_path, settings)
        nginx.start()
        try:
            from websockets.asyncio.client import connect as connect_async

            url = f"ws://127.0.0.1:{nginx.port}/socket.io/?EIO=4&transport=websocket"
            async with connect_async(url, proxy=None) as client:
                await client.send("2probe")
                assert await client.recv() == "2probe"
            async with httpx.AsyncClient() as http:
                # It speaks no plain HTTP, and says so itself: the request came there.
                assert (await http.get(f"{nginx.origin}/api/instruments")).status_code == 426
        finally:
            nginx.stop()
    assert heard == [("/socket.io/?EIO=4&transport=websocket", "127.0.0.1")]


def test_assets_are_served_by_nginx_itself_and_nothing_beside_them(tmp_path: Path) -> None:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "assets" / "app-12345678.js").write_text("export {}")
    (static / "secret.txt").write_text("no")
    settings = gateway_settings(TradewindSettings(), quotes=())
    nginx = RealNginx(tmp_path, settings, static=static)
    nginx.start()
    try:
        asset = httpx.get(f"{nginx.origin}/assets/app-12345678.js")
        assert (asset.status_code, asset.text) == (200, "export {}")
        assert asset.headers["content-type"] == "text/javascript"
        assert "immutable" in asset.headers["cache-control"]
        assert asset.headers["x-content-type-options"] == "nosniff"
        assert httpx.get(f"{nginx.origin}/assets/missing-12345678.js").status_code == 404
        for path in ("/assets/../secret.txt", "/assets/%2e%2e/secret.txt", "/assets/"):
            assert httpx.get(f"{nginx.origin}{path}").status_code != 200
    finally:
        nginx.stop()


def test_with_a_certificate_the_entry_speaks_tls_and_says_so(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    settings = gateway_settings(
        TradewindSettings(), quotes=(), certificate=str(certificate), certificate_key=str(key), api=("127.0.0.1:9",)
    )
    nginx = RealNginx(tmp_path, settings)
    assert nginx.check() == ""
    nginx.start()
    try:
        import ssl

        away = httpx.get(f"{nginx.origin}/opportunities", verify=ssl.create_default_context(cafile=str(certificate)))
        assert away.status_code == 503
        assert away.headers["strict-transport-security"] == "max-age=31536000"
        plain = httpx.get(f"http://127.0.0.1:{nginx.port}/market")
        assert (plain.status_code, plain.headers["location"]) == (308, f"{nginx.origin}/market")
    finally:
        nginx.stop()


def test_the_settings_a_client_sees_are_the_ones_of_this_entry(desk: Desk) -> None:
    assert msgspec.structs.asdict(desk.settings.gateway)["enabled"] is True
    foreign = desk.get("/opportunities", origin="http://127.0.0.1:9999")
    assert foreign.status_code == 403
    own = desk.get("/opportunities", origin=desk.nginx.origin)
    assert own.status_code == 200


def is_alive(client: ClientConnection) -> bool:
    """Tell whether somebody still answers at the other end."""
    try:
        return client.ping().wait(timeout=5)
    except ConnectionClosed:
        return False


def _as_flag(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value) if value else "[]"
    return str(value).lower()
