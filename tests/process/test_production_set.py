"""The production set as the documentation has it: one command brings up every server and every service."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from debian import program_of
from installation import PORTS as SERVICE_PORTS
from private_ports import free_ports
from real_mariadb import find_server as find_mariadb
from real_nginx import find_nginx
from real_prometheus import find_program
from real_redis import find_server as find_redis
from real_slapd import find_server as find_slapd
from running_platform import environment, wait_for
from tradewind.kernel.settings import load
from tradewind.runtime.production.plan import PORTS, Plan
from tradewind.runtime.services import PROGRAMS, ROWS
from tradewind.runtime.settings import TradewindSettings

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

_PATIENCE_S = 280.0
_WATCH_S = 40.0
_ANSWER_S = 30.0


@dataclass
class ProductionSet:
    """What `up` made, and what it said."""

    folder: Path
    said: str
    code: int

    @property
    def settings(self) -> TradewindSettings:
        return load(TradewindSettings, file=self.folder / "tradewind.toml").settings

    @property
    def plan(self) -> Plan:
        return msgspec.json.decode((self.folder / "plan.json").read_bytes(), type=Plan)

    @property
    def entry(self) -> str:
        return f"http://127.0.0.1:{self.settings.gateway.port}"

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return call(self.folder.parent, *arguments, TRADEWIND_CONFIG=str(self.folder / "tradewind.toml"))


def call(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tradewind", *arguments], cwd=folder, env=environment(**variables),
        capture_output=True, text=True, timeout=_PATIENCE_S, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductionSet]:
    for find in (find_redis, find_mariadb, find_slapd, find_nginx):
        find()
    find_program("prometheus")
    find_program("amtool")
    program_of("prometheus-alertmanager", "prometheus-alertmanager")
    folder = tmp_path_factory.mktemp("desk")
    others = ("quotes.port", "gateway.port", "control.port")
    ports = free_ports(len(PORTS) + len(SERVICE_PORTS) + len(others))
    flags = [f"--port={name}={ports.pop()}" for name in PORTS]
    flags += [f"--set=services.{name}={ports.pop()}" for name in SERVICE_PORTS]
    flags += [f"--set={name}={ports.pop()}" for name in others]
    # What the machine of a test has to spare.
    flags += ["--set=gateway.workers=1", "--set=gateway.connections=512", "--set=market.simulator.rate=2"]
    try:
        done = call(folder, "production", "up", *flags)
        yield ProductionSet(folder / "production", done.stdout + done.stderr, done.returncode)
    finally:
        call(folder, "production", "down")


def test_one_command_brings_everything_up_and_the_doctor_is_green(production: ProductionSet) -> None:
    assert production.code == 0, production.said
    assert re.search(r"^\d+ ok, 0 warn, 0 fail$", production.said, re.MULTILINE), production.said
    doctor = production.call("doctor", "--timeout", "30")
    assert doctor.returncode == 0, doctor.stdout
    shown = production.call("production", "status")
    assert shown.returncode == 0, shown.stdout
    states = dict(re.findall(r"^(\S+) +(\w+)", shown.stdout, re.MULTILINE))
    assert {name: states[name] for name in PROGRAMS} == dict.fromkeys(PROGRAMS, "running")


def test_the_page_and_the_administrator_come_in_through_nginx(production: ProductionSet) -> None:
    page = httpx.get(production.entry, timeout=_ANSWER_S)
    assert page.status_code == 200
    assert "<html" in page.text
    words = (production.folder / "first-passwords").read_text(encoding="utf-8").split()
    admin = {"username": words[0], "password": words[1]}
    signed = httpx.post(f"{production.entry}/api/v1/session", json=admin, timeout=_ANSWER_S)
    assert signed.status_code == 200, signed.text


def test_somebody_of_the_directory_server_may_sign_in_and_do_nothing(production: ProductionSet) -> None:
    person = {"username": "trader", "password": production.plan.passwords["person"]}
    with httpx.Client(base_url=production.entry, timeout=_ANSWER_S) as client:
        signed = client.post("/api/v1/session", json=person)
        assert signed.status_code == 200, signed.text
        # A browser takes this cookie from 127.0.0.1 without TLS; the client here has to be told.
        cookie = {"cookie": signed.headers["set-cookie"].partition(";")[0]}
        assert client.get("/api/v1/accounts", headers=cookie).status_code == 403


def test_prometheus_sees_every_process_and_alertmanager_takes_its_alerts(production: ProductionSet) -> None:
    prometheus = f"http://127.0.0.1:{production.plan.ports['prometheus']}"
    manager = f"127.0.0.1:{production.plan.ports['alertmanager']}"

    def health() -> dict[str, str]:
        targets: Any = httpx.get(f"{prometheus}/api/v1/targets").json()
        return {each["labels"]["service"]: each["health"] for each in targets["data"]["activeTargets"]}

    wait_for(lambda: set(health().values()) == {"up"}, patience_s=_WATCH_S)
    assert set(health()) == set(ROWS)
    known: Any = httpx.get(f"{prometheus}/api/v1/alertmanagers").json()
    assert [each["url"] for each in known["data"]["activeAlertmanagers"]] == [f"http://{manager}/api/v2/alerts"]
    assert httpx.get(f"http://{manager}/-/ready").status_code == 200


def test_nothing_that_opens_a_door_may_be_read_by_others(production: ProductionSet) -> None:
    secrets = [secret.encode() for secret in production.plan.passwords.values()]
    secrets.append((production.folder / "monitoring" / "prometheus" / "token").read_bytes())
    assert stat.S_IMODE(production.folder.stat().st_mode) == 0o700
    holding = [
        file
        for file in production.folder.rglob("*")
        if file.is_file() and any(secret in file.read_bytes() for secret in secrets)
    ]
    assert {production.folder / name for name in ("plan.json", "tradewind.toml", "first-passwords")} <= set(holding)
    assert [str(file) for file in holding if stat.S_IMODE(file.stat().st_mode) & 0o077] == []
    assert not any(secret.decode() in production.said for secret in secrets)


def test_the_set_is_restored_from_its_backup_as_the_documentation_has_it(production: ProductionSet) -> None:
    backups, var = str(production.folder.parent / "backups"), production.folder / "var"
    made = production.call("backup", "create", "--folder", backups, "--json")
    assert made.returncode == 0, made.stdout + made.stderr
    state = msgspec.json.decode(made.stdout)["state"]
    refused = production.call("backup", "restore", "newest", "--folder", backups)
    assert (refused.returncode, "into an empty place only" in refused.stderr) == (1, True)
    assert production.call("stop").returncode == 0
    assert production.call("db", "downgrade", "base", "--yes").returncode == 0
    var.rename(var.with_name("var.before"))
    done = production.call("backup", "restore", "newest", "--folder", backups)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"state       {state}, as in the backup" in done.stdout
    started = production.call("start")
    assert started.returncode == 0, started.stdout + started.stderr
    test_the_page_and_the_administrator_come_in_through_nginx(production)
    assert production.call("halt", "--status").returncode == 3
    assert production.call("halt", "--reset", "--confirm", "RESUME PLATFORM", "--timeout", "30").returncode == 0


def test_up_again_changes_nothing_and_down_leaves_nothing_running(production: ProductionSet) -> None:
    before = (production.folder / "tradewind.toml").read_bytes()
    again = production.call("production", "up")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "runs already" in again.stdout
    assert (production.folder / "tradewind.toml").read_bytes() == before
    down = production.call("production", "down")
    assert down.returncode == 0, down.stdout + down.stderr
    assert production.call("production", "status").returncode == 3
    assert _processes_of(production.folder) == []


def _processes_of(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ")
            except OSError:
                continue
            if str(folder) in words:
                found.append(words)
    return found
