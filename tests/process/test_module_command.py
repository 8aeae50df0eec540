"""`tradewind module …` as a user of the old scripts has it (C-002-6 to 8): real processes and server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from fleet_fetcher import FileFetcher, offer
from system_002_server import HASH, System002Server
from tradewind.cli.main import main
from tradewind.collector.module_process import started_of

from waiting import eventually

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]
_PATIENCE_S = 20.0
REPO = Path(__file__).resolve().parents[2]


class Done(NamedTuple):
    """What became of one command."""

    code: int
    out: str
    err: str


class Scripts:
    """A folder of a module's, and the commands a user types in it."""

    def __init__(
        self,
        folder: Path,
        server: System002Server,
        monkeypatch: pytest.MonkeyPatch,
        capture: pytest.CaptureFixture[str],
    ) -> None:
        self.folder = folder
        self.server = server
        self.fetcher = FileFetcher(folder / "var" / "fetcher")
        self._capture = capture
        offer(folder / "packages")
        paths = [folder / "packages", REPO / "src", REPO / "tests"]
        for name in [name for name in os.environ if name.startswith(("TRADEWIND_", "SERVER_", "HEARTBEAT_"))]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, paths)))
        monkeypatch.setenv("COLUMNS", "120")
        monkeypatch.chdir(folder)

    def configure(self) -> None:
        """Write the .env of an old installation, and what is new into the file of settings."""
        (self.folder / "config").mkdir(exist_ok=True)
        env = self.folder / "config" / ".env"
        env.write_text(
            f"SERVER_IP=127.0.0.1\nSERVER_PORT={self.server.port}\nHEARTBEAT_INTERVAL=0.2\n", encoding="utf-8"
        )
        env.chmod(0o600)
        toml = '[module]\nfetcher = "files"\nretry_scale = 0.05\nstop_s = 3.0\n'
        (self.folder / "tradewind.toml").write_text(toml, encoding="utf-8")

    async def begin(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tradewind", *words, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def call(self, *words: str) -> Done:
        """Run a command that begins or fetches something, in a process of its own."""
        process = await self.begin(*words)
        out, err = await process.communicate()
        assert process.returncode is not None
        return Done(process.returncode, out.decode(), err.decode())

    async def ask(self, *words: str) -> Done:
        """Run a command that is over when it returns, in this process: a second for each adds up."""
        self._capture.readouterr()
        code = await asyncio.to_thread(main, words)
        out, err = self._capture.readouterr()
        return Done(code, out, err)

    def pid(self) -> int:
        return int(json.loads((self.folder / "state" / "module.pid").read_bytes())["pid"])


def good(done: Done) -> str:
    assert done.code == 0, done
    return done.out


@pytest.fixture
async def scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Scripts]:
    async with System002Server() as server:
        made = Scripts(tmp_path, server, monkeypatch, capsys)
        yield made
        await made.ask("module", "stop")


async def test_every_verb_of_the_old_scripts(scripts: Scripts) -> None:
    server = scripts.server
    await _before_registration(scripts)
    scripts.configure()
    await _register(scripts)

    assert "the module is started (pid " in good(await scripts.call("module", "start"))
    pid = scripts.pid()
    assert f"the module runs already (pid {pid})" in good(await scripts.ask("module", "start"))
    await eventually(server.is_connected, timeout_s=_PATIENCE_S)
    await server.execute("e1", "TSLA.US", "NONE.US")
    await eventually(lambda: bool(server.of("e1")), timeout_s=_PATIENCE_S)
    assert server.of("e1")[0]["result"]["refused"] == {"NONE.US": "the provider [knows] no such symbol"}

    await _look(scripts, pid)
    await _kill_in_a_job(scripts, pid)

    before = scripts.pid()
    assert f"the module is stopped (pid {before})" in good(await scripts.call("module", "restart"))
    after = scripts.pid()
    assert after != before
    assert started_of(before) == -1

    await server.execute_when_connected("e3", "AAPL.US")
    await eventually(lambda: bool(server.of("e3")), timeout_s=_PATIENCE_S)
    await server.say({"message": {"type": "shutdown"}})
    await eventually(lambda: started_of(after) == -1, timeout_s=_PATIENCE_S)
    assert '{"status":"success","message":"模块正在关闭"}' in server.said
    assert (await scripts.ask("module", "status")).code == 3
    assert "the module does not run" in good(await scripts.ask("module", "stop"))


async def _before_registration(scripts: Scripts) -> None:
    assert "register" in good(await scripts.ask("module", "help"))
    told = await scripts.ask("module", "status")
    assert told.code == 3
    assert "module    does not run" in told.out
    assert "this module is not registered" in told.out
    refused = await scripts.ask("module", "start")
    assert (refused.code, "run `tradewind module register`" in refused.err) == (1, True)
    assert "there is no logs/module.log yet" in (await scripts.ask("module", "logs")).err
    installed = good(await scripts.ask("module", "install"))
    assert "packages are there" in installed
    example = (scripts.folder / "config" / ".env.example").read_text(encoding="utf-8")
    assert {"SERVER_IP", "SERVER_PORT", "HEARTBEAT_INTERVAL", "INFOWAY_API_KEY"} <= {
        line.partition("=")[0] for line in example.splitlines()
    }


async def _register(scripts: Scripts) -> None:
    assert HASH not in good(await scripts.ask("module", "register"))
    kept = scripts.folder / "config" / "module_hash.txt"
    assert kept.read_text(encoding="utf-8") == f"{HASH}\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    (query,) = scripts.server.registered
    assert {"name", "description", "input_data", "output_data", "missionKind", "dataRequirement"} < query.keys()
    assert len(query["modelHash"]) == 32
    assert "registered already" in good(await scripts.ask("module", "register"))
    assert len(scripts.server.registered) == 1


async def _look(scripts: Scripts, pid: int) -> None:
    # The server has the result a moment before the module knows that it has.
    async with asyncio.timeout(_PATIENCE_S):
        while "1 done, 0 failed, 0 results to tell" not in (text := good(await scripts.ask("module", "status"))):
            pass
    assert f"runs (pid {pid})" in text
    assert f"127.0.0.1:{scripts.server.port}, connected" in text
    assert HASH not in text
    assert len((good(await scripts.ask("module", "logs", "1"))).splitlines()) == 1
    written = good(await scripts.ask("module", "logs"))
    assert "line_connected" in written
    assert HASH not in written
    following = await scripts.begin("module", "logs", "-f")
    assert following.stdout is not None
    await scripts.server.cut()
    async with asyncio.timeout(_PATIENCE_S):
        while b"line_lost" not in await following.stdout.readline():
            pass
    following.terminate()
    await following.communicate()


async def _kill_in_a_job(scripts: Scripts, pid: int) -> None:
    wait = scripts.fetcher.folder / "wait"
    wait.touch()
    await scripts.server.execute_when_connected("e2", "AAPL.US")
    await eventually(lambda: len(scripts.fetcher.begun) == 2, timeout_s=_PATIENCE_S)
    os.kill(pid, signal.SIGKILL)
    await eventually(lambda: started_of(pid) == -1, timeout_s=_PATIENCE_S)
    assert (await scripts.ask("module", "status")).code == 3
    wait.unlink()
    good(await scripts.call("module", "start"))
    await eventually(lambda: bool(scripts.server.of("e2")), timeout_s=_PATIENCE_S)
    assert [result["status"] for result in scripts.server.of("e2")] == ["success"]
    assert scripts.fetcher.done == ["realtime TSLA.US,NONE.US", "realtime AAPL.US"]


async def test_a_direct_run_needs_no_server_and_shows_what_came_of_it(scripts: Scripts) -> None:
    scripts.configure()
    done = await scripts.call("module", "run", "--codes", "TSLA.US", "NONE.US", "usdcny")
    assert done.code == 0, done
    assert "fetching" in done.err
    for word in ("TSLA.US", "USDCNY", "5188.211", "15564.6330", "2025-06-17", "the provider [knows] no such symbol"):
        assert word in done.out
    assert "2 quotes: 2 stored, 0 known already" in done.out
    assert scripts.server.said == []

    close = await scripts.call("module", "run", "--codes", "NONE.US,NONE2.US", "--collection", "close", "--json")
    assert (close.code, list(json.loads(close.out)["refused"])) == (1, ["NONE.US", "NONE2.US"])
    assert scripts.fetcher.done == ["realtime TSLA.US,NONE.US,USDCNY", "close NONE.US,NONE2.US"]
    bad = await scripts.ask("module", "run", "--codes", "../x")
    assert (bad.code, "'../x' is no code" in bad.err) == (2, True)
    (scripts.fetcher.folder / "fail").touch()
    failed = await scripts.call("module", "run", "--codes", "TSLA.US")
    assert (failed.code, failed.err.splitlines()[-1]) == (1, "tradewind: transient: the provider does not answer")


async def test_a_module_that_needs_a_licence_starts_with_a_good_one_alone(scripts: Scripts) -> None:
    scripts.configure()
    await _register(scripts)
    public = (good(await scripts.ask("licence", "keygen"))).rpartition('licence_key = "')[2].strip().strip('"')
    asks = ("--set", f"module.licence_key={public}")
    refused = await scripts.call("module", "start", *asks)
    assert refused.code == 1
    assert "there is no licence; ask the operator for one" in refused.err
    issue = ("licence", "issue", "--holder", "某团队", "-o", "config/licence.json")
    good(await scripts.ask(*issue, "--module-hash", "0" * 32))
    assert "is another module's" in (await scripts.call("module", "run", "--codes", "TSLA.US", *asks)).err
    good(await scripts.ask(*issue, "--module-hash", HASH))
    shown = good(await scripts.ask("licence", "show", "config/licence.json", "--public-key", public))
    assert "某团队" in shown
    assert "signature good" in shown
    assert "PRIVATE" not in shown
    good(await scripts.call("module", "start", *asks))
    await scripts.server.execute_when_connected("e1", "TSLA.US")
    await eventually(lambda: bool(scripts.server.of("e1")), timeout_s=_PATIENCE_S)
    assert scripts.server.of("e1")[0]["status"] == "success"
    assert "is good until" in good(await scripts.ask("module", "status", *asks))
    (scripts.folder / "config" / "licence.json").write_text("{}", encoding="utf-8")
    await scripts.server.execute("e2", "TSLA.US")
    await eventually(lambda: bool(scripts.server.of("e2")), timeout_s=_PATIENCE_S)
    assert "refused: the licence file is damaged" in scripts.server.of("e2")[0]["message"]
