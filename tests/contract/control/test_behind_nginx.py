"""Two control servers of one fleet behind a real Nginx, on the configuration that `tradewind nginx` writes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from control_stage import Server
from old_module import OldModule, get, post, register
from private_ports import free_ports
from real_nginx import RealNginx, gateway_settings
from tradewind.domain.job import Spread
from tradewind.runtime.gateway.places import entry_of
from tradewind.runtime.settings import TradewindSettings

from waiting import eventually

_MODULES = 4


class Behind:
    """Nginx at the modules' port, the two servers, and the modules that came by it."""

    def __init__(self, folder: Path, nginx_folder: Path) -> None:
        one, two, modules = free_ports(3)
        settings = gateway_settings(
            TradewindSettings(), quotes=(), api=("127.0.0.1:9",), push=("127.0.0.1:9",), retry_s=1,
            control=(f"127.0.0.1:{one}", f"127.0.0.1:{two}"), control_port=modules,
        )  # fmt: skip
        entry = entry_of(settings.gateway)
        self.servers = [Server(folder, port=port, entry=entry) for port in (one, two)]
        self.nginx = RealNginx(nginx_folder, settings)
        self.address = f"127.0.0.1:{modules}"
        self.entry = f"127.0.0.1:{settings.gateway.port}"
        self.modules: list[OldModule] = []
        self._running: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        for server in self.servers:
            await server.start()
        await asyncio.to_thread(self.nginx.start)

    async def connect_modules(self) -> list[Any]:
        """Let modules register and connect as their scripts do; return them as the fleet lists them."""
        for _ in range(_MODULES):
            answer = await asyncio.to_thread(register, self.address)
            module = OldModule(self.address, answer["result"]["hash"], self.fetch)
            self.modules.append(module)
            self._running.append(asyncio.create_task(module.run_for_ever()))
        return await self.servers[0].online(_MODULES)

    async def fetch(self, args: dict[str, Any]) -> Any:
        return {"stored": len(args["codes"])}

    async def end(self) -> None:
        for running in self._running:
            running.cancel()
        self.nginx.stop()
        for server in self.servers:
            await server.stop()


@contextlib.asynccontextmanager
async def behind(folder: Path, nginx_folder: Path) -> AsyncIterator[Behind]:
    stage = Behind(folder, nginx_folder)
    try:
        await stage.start()
        yield stage
    finally:
        await stage.end()


async def test_modules_are_shared_out_and_whichever_server_is_asked_reaches_every_one(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, capfd: pytest.CaptureFixture[str]
) -> None:
    async with behind(folder, tmp_path_factory.mktemp("nginx")) as stage:
        one, two = stage.servers
        homes = {module.module_id: module.instance for module in await stage.connect_modules()}
        assert len(set(homes.values())) == 2

        for server in (one, two):
            for module_id in homes:
                job = await server.ended(await server.start_job("TSLA.US", modules=(module_id,)))
                assert job.executions[0].module_id == module_id

        wish = {"type": "execute", "args": {"codes": ["USDCNY"]}}
        said = {"hash": stage.modules[0].url.rpartition("=")[2], "message": wish}
        for address in (stage.address, stage.entry):
            # Nginx says that it was a program of this machine; what came to it by a further proxy is a stranger's.
            sent = await asyncio.to_thread(post, address, "/module/send_message", said)
            assert (await one.ended(sent["result"]["job_id"])).executions[0].result == {"stored": 1}
            far = await asyncio.to_thread(post, address, "/module/send_message", said, {"x-forwarded-for": "8.8.8.8"})
            assert far["http"] == 401
            signed = {"x-forwarded-for": "8.8.8.8", "authorization": f"Bearer {two.token}"}  # the newest of both
            assert (await asyncio.to_thread(post, address, "/scheduler/reload", {}, signed))["code"] == "2000"

        await two.die()
        await one.online(_MODULES)
        await eventually(lambda: all(module.socket is not None for module in stage.modules))
        everybody = await one.ended(await one.start_job("AAPL.US", spread=Spread.EACH))
        assert {execution.module_id for execution in everybody.executions} == set(homes)
        assert len({module.instance for module in await one.online(_MODULES)}) == 1

        await one.die()
        away = await asyncio.to_thread(get, stage.address, "/module/online")
        assert (away["http"], away["code"]) == (503, "3002")
    logged = capfd.readouterr().err
    assert not any(module.url.rpartition("=")[2] in logged for module in stage.modules)


async def test_at_the_modules_port_there_is_nothing_else(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with behind(folder, tmp_path_factory.mktemp("nginx")) as stage, httpx.AsyncClient() as http:
        for path in ("/", "/fleet", "/api/v1/modules", "/health", "/metrics", "/websockets"):
            assert (await http.get(f"http://{stage.address}{path}")).status_code == 404
        assert (await http.get(f"http://{stage.address}/websocket?hash=unknown")).status_code == 403
        (one, _) = stage.servers
        assert (await http.get(f"http://{one.address}/health")).json() == {"status": "ok", "service": "control"}
