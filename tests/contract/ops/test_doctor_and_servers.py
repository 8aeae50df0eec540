"""`tradewind doctor` before real servers: there, away, with a wrong password, and answering nothing at all."""

from __future__ import annotations

import gc
import itertools
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import mail_server
import real_mariadb
import real_slapd
from certificates import Authority
from mail_server import MailServer, mail_beside
from private_ports import free_port
from real_mariadb import RealMariaDb
from real_mongo import RealMongo
from real_redis import RealRedis
from real_slapd import RealSlapd, person
from tradewind.kernel.clock import SystemClock
from tradewind.kernel.settings import Loaded, load
from tradewind.ops.findings import DoctorReport, Finding, Level, report_of
from tradewind.runtime.doctor.running import examine, secrets_of
from tradewind.runtime.doctor.table import CHECKS
from tradewind.runtime.settings import TradewindSettings
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.store import SqlStore

from waiting import wait_until

# A check ends with its loop: sockets that a driver was still opening or closing are left to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")

_PATIENCE_S = 20.0
_NUMBERS = itertools.count(1)
_REDIS_PASSWORD = "river-stone-4711"  # noqa: S105 - of nobody
SERVERS = ("redis", "database", "documents", "ldap", "smtp")


class Servers:
    """One of each kind, all up."""

    def __init__(self, folder: Path, mariadb: RealMariaDb, mail: MailServer) -> None:
        for name in ("redis", "slapd", "mongo"):
            (folder / name).mkdir()
        self.folder, self.mariadb, self.mail = folder, mariadb, mail
        self.redis = RealRedis(folder / "redis", "--requirepass", _REDIS_PASSWORD)
        self.slapd = RealSlapd(folder / "slapd", Authority(folder / "slapd", "desk-ca"), person("wang"))
        self.mongo = RealMongo(folder / "mongo")
        self.redis.start()
        self.slapd.start()
        self.mongo.start()

    def end(self) -> None:
        self.redis.kill()
        self.slapd.kill()
        self.mongo.kill()

    def flags(self, database: str) -> dict[str, str]:
        """Return the settings of an installation that uses all of them."""
        return {
            "data_dir": str(self.folder / "var"),
            "bus.kind": "redis",
            "bus.url": self.redis.url,
            "bus.password": _REDIS_PASSWORD,
            "store.url": self.mariadb.url(database),
            "store.password": real_mariadb.PASSWORD,
            "documents.url": self.mongo.url,
            "access.ldap.url": self.slapd.url,
            "access.ldap.ca_file": str(self.slapd.ca_file),
            "access.ldap.bind_dn": real_slapd.READER,
            "access.ldap.password": real_slapd.READER_PASSWORD,
            "access.ldap.base": real_slapd.PEOPLE,
            "notices.smtp.host": "localhost",
            "notices.smtp.port": str(self.mail.port),
            "notices.smtp.user": mail_server.USER,
            "notices.smtp.password": mail_server.PASSWORD,
            "notices.smtp.sender": "desk@desk.example",
            "notices.smtp.ca_file": str(self.mail.authority),
        }


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, mariadb: RealMariaDb) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("doctor")
    with mail_beside(folder, "starttls") as mail:
        found = Servers(folder, mariadb, mail)
        yield found
        found.end()


@pytest.fixture(autouse=True)
def _checks_end() -> Iterator[None]:
    """Let a check that was not waited for end within its own test, with what its driver leaves behind."""
    yield
    wait_until(lambda: not any(each.name.startswith("doctor.") for each in threading.enumerate()), timeout_s=20)
    gc.collect()


@pytest.fixture
def flags(servers: Servers) -> dict[str, str]:
    database = f"tw_doctor_{next(_NUMBERS)}"
    servers.mariadb.make_database(database)
    return servers.flags(database)


def test_servers_that_are_well_are_found_well(servers: Servers, flags: dict[str, str]) -> None:
    store = SqlStore(StoreSettings(url=flags["store.url"], password=flags["store.password"]), servers.folder)
    schema.upgrade(store.engine)
    store.close()

    report = _visit(flags, *SERVERS, "clock")

    assert {each.check for each in report.findings} == {*SERVERS, "clock"}
    assert [each for each in report.findings if each.level is not Level.OK] == []
    assert report.exit_code == 0
    said = {each.check: each.text for each in report.findings}
    assert "at version" in said["database"]
    assert "desk is let in" in said["smtp"]
    assert sum(each.check == "clock" for each in report.findings) == 3, "this machine, Redis, the database"


@pytest.mark.parametrize(
    ("check", "changes"),
    [
        ("redis", {"bus.url": "redis://127.0.0.1:{port}/0"}),
        ("database", {"store.url": "mysql://tradewind@127.0.0.1:{port}/tw_x"}),
        ("documents", {"documents.url": "mongodb://127.0.0.1:{port}", "documents.timeout_s": "0.5"}),
        ("ldap", {"access.ldap.url": "ldap://localhost:{port}"}),
        ("smtp", {"notices.smtp.port": "{port}"}),
    ],
)
def test_a_server_that_is_away_is_a_failure_with_its_remedy(
    flags: dict[str, str], check: str, changes: dict[str, str]
) -> None:
    port = free_port()

    report = _visit(flags | {key: value.format(port=port) for key, value in changes.items()}, check)

    (found,) = report.findings
    assert (found.check, found.level) == (check, Level.FAIL)
    assert found.remedy
    assert report.exit_code == 2


@pytest.mark.parametrize(
    ("check", "setting"),
    [
        ("redis", "bus.password"),
        ("database", "store.password"),
        ("ldap", "access.ldap.password"),
        ("smtp", "notices.smtp.password"),
    ],
)
def test_a_wrong_password_is_told_and_not_shown(flags: dict[str, str], check: str, setting: str) -> None:
    report = _visit(flags | {setting: "monkey-wrench-88"}, check)

    (found,) = report.findings
    assert found.level is Level.FAIL
    assert "monkey-wrench-88" not in msgspec.json.encode(report).decode()


def test_a_database_without_tables_is_told_with_the_command_that_makes_them(flags: dict[str, str]) -> None:
    (found,) = _visit(flags, "database").findings

    assert found.level is Level.FAIL
    assert "tradewind db upgrade" in found.remedy


@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # PyMongo's, where nobody answers
def test_servers_that_answer_nothing_hold_up_nothing(flags: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        silent = {
            "bus.url": f"redis://127.0.0.1:{port}/0",
            "store.url": f"mysql://tradewind@127.0.0.1:{port}/tw_x",
            "documents.url": f"mongodb://127.0.0.1:{port}",
            "access.ldap.url": f"ldap://127.0.0.1:{port}",
            "notices.smtp.port": str(port),
        }

        report = _visit(flags | silent, *SERVERS, "disk", patience_s=0.3)

    levels = {each.check: each.level for each in report.findings}
    assert levels == dict.fromkeys(SERVERS, Level.FAIL) | {"disk": levels["disk"]}
    assert levels["disk"] is not Level.FAIL, "what does not hang is looked at all the same"


def _visit(flags: dict[str, str], *only: str, patience_s: float = _PATIENCE_S) -> DoctorReport:
    loaded: Loaded[TradewindSettings] = load(
        TradewindSettings, flags=[f"{key}={value}" for key, value in flags.items()]
    )
    findings: list[Finding] = examine([check for check in CHECKS if check.name in only], loaded, patience_s=patience_s)
    return report_of(findings, version="test", ts=SystemClock().now_ns(), secrets=secrets_of(loaded.settings))
