"""Redis, MariaDB and the document server of a production set: their configuration, their first data, their commands."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.errors import TransientError
from tradewind.kernel.clock import monotonic_s
from tradewind.runtime.lifecycle.places import write_private
from tradewind.runtime.production.asking import listens
from tradewind.runtime.production.plan import HOST
from tradewind.runtime.production.programs import DOCUMENTS, MARIADB_MAKER, as_root, find, program_of

if TYPE_CHECKING:
    from tradewind.runtime.production.plan import Plan

USER: Final = "tradewind"
DATABASE: Final = "strategy"
"""The one of C-004-9 that is ours to write."""
DOCUMENT_DATABASE: Final = "forecast_platform"
_START_S: Final = 30.0
_LOOK_S: Final = 0.05
_REDIS: Final = """\
bind {host}
port {port}
dir {folder}
daemonize no
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
stop-writes-on-bgsave-error yes
user default off
user {user} on >{password} ~dfp:* ~tradewind:* ~market_data* &* +@all -@admin -@dangerous +info
"""
_MARIADB: Final = """\
[mysqld]
datadir = {folder}/data
bind-address = {host}
port = {port}
socket = {socket}
pid-file = {folder}/pid
init-file = {folder}/init.sql
character-set-server = utf8mb4
skip-log-bin
skip-name-resolve
innodb_flush_log_at_trx_commit = 1
innodb_snapshot_isolation = ON
innodb_buffer_pool_size = 256M
"""
# Read at each start, so that what it says is so whatever became of it.
_MARIADB_INIT: Final = """\
CREATE DATABASE IF NOT EXISTS {database} CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS '{user}'@'{host}' IDENTIFIED BY '{password}';
ALTER USER '{user}'@'{host}' IDENTIFIED BY '{password}';
GRANT ALL ON {database}.* TO '{user}'@'{host}';
"""


def prepare_redis(plan: Plan) -> None:
    """Write redis.conf: one user, who may do what ours needs (docs/production.md), and no other."""
    folder = plan.server("redis")
    text = _REDIS.format(
        host=HOST, port=plan.ports["redis"], folder=folder, user=USER, password=plan.passwords["redis"]
    )
    write_private(folder / "redis.conf", text)


def redis_command(plan: Plan) -> tuple[str, ...]:
    """Return what runs it."""
    return program_of("redis-server"), str(plan.server("redis") / "redis.conf")


def prepare_mariadb(plan: Plan) -> None:
    """Make an empty database with nobody in it but its owner, who comes by the socket without a password.

    Raises: TransientError: its own maker fails; says what it said.
    """
    folder = plan.server("mariadb")
    values = {
        "folder": folder, "host": HOST, "port": plan.ports["mariadb"], "socket": plan.server_socket, "user": USER,
        "database": DATABASE, "password": plan.passwords["mariadb"],
    }  # fmt: skip
    write_private(folder / "my.cnf", _MARIADB.format(**values))
    write_private(folder / "init.sql", _MARIADB_INIT.format(**values))
    if (folder / "made").exists():
        return
    shutil.rmtree(folder / "data", ignore_errors=True)
    maker = find(*MARIADB_MAKER) or MARIADB_MAKER[0]
    owner = getpass.getuser()
    command = [
        *(maker, "--no-defaults", f"--datadir={folder / 'data'}", "--skip-test-db"),
        *("--auth-root-authentication-method=socket", f"--auth-root-socket-user={owner}", *as_root("--user=root")),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)  # noqa: S603 - Debian's program
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        message = f"{maker} failed: {said[-1] if said else 'it says nothing'}"
        raise TransientError(message)
    (folder / "made").touch()


def mariadb_command(plan: Plan) -> tuple[str, ...]:
    """Return what runs it."""
    settings = f"--defaults-file={plan.server('mariadb') / 'my.cnf'}"
    return program_of("mariadb-server"), settings, *as_root("--user=root")


def prepare_documents(plan: Plan) -> None:
    """Make the one user it has: a first run without passwords, for this machine alone, then never again.

    Raises: TransientError: it does not start, or makes no user.
    """
    folder = plan.server("documents")
    if (folder / "made").exists() or find(*DOCUMENTS) is None:
        return
    shutil.rmtree(folder / "data", ignore_errors=True)
    (folder / "data").mkdir()
    command = _documents_command(plan, is_open=True)
    with (folder / "first.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)  # noqa: S603 - a found program
        try:
            _wait_listening(plan.ports["documents"], process, folder / "first.log")
            _make_document_user(plan)
        finally:
            process.terminate()
            process.wait()
    (folder / "made").touch()


def documents_command(plan: Plan) -> tuple[str, ...]:
    """Return what runs it; nothing where there is no such program."""
    return _documents_command(plan, is_open=False)


def _documents_command(plan: Plan, *, is_open: bool) -> tuple[str, ...]:
    program = find(*DOCUMENTS)
    if program is None:
        return ()
    data, port = str(plan.server("documents") / "data"), str(plan.ports["documents"])
    auth = () if is_open else ("--auth",)
    if Path(program).name == DOCUMENTS[0]:
        return program, "--bind_ip", HOST, "--port", port, "--dbpath", data, *auth
    return program, "--host", HOST, "--port", port, "--storage-path", data, "--sync-on-commit", *auth


def _make_document_user(plan: Plan) -> None:
    from pymongo import MongoClient  # noqa: PLC0415 - an extra; only where there is such a server
    from pymongo.errors import PyMongoError  # noqa: PLC0415 - as above

    roles = [{"role": "readWrite", "db": DOCUMENT_DATABASE}]
    try:
        with MongoClient[dict[str, object]](HOST, plan.ports["documents"], directConnection=True) as client:
            client.admin.command("createUser", USER, pwd=plan.passwords["documents"], roles=roles)
    except PyMongoError as error:
        message = f"the document server makes no user: {error}"
        raise TransientError(message) from error


def _wait_listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until_s = monotonic_s() + _START_S
    while not listens(port):
        if process.poll() is not None or monotonic_s() > until_s:
            message = f"the document server does not start; {log} says why"
            raise TransientError(message)
        time.sleep(_LOOK_S)
