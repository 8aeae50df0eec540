"""A real MariaDB for tests: found or installed, with a folder and a port of its own, killed as a crash would."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pymysql

from debian import program_of
from private_ports import free_port

from waiting import wait_until

_START_S = 25.0
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
USER, PASSWORD = "tradewind", "p@ss:word/1"


def find_server() -> str:
    """Return the path of mariadbd."""
    return program_of("mariadb-server", "mariadbd", "mysqld")


class RealMariaDb:
    """One server; `kill` and `start` again keep its port and its data."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self._server = find_server()
        self._folder = folder
        self._flags = flags
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        data = folder / "data"
        if not data.exists():
            install = shutil.which("mariadb-install-db", path=_PATH) or "mysql_install_db"
            flags = ("--auth-root-authentication-method=normal", "--skip-test-db", *self._as_root())
            subprocess.run([install, "--no-defaults", f"--datadir={data}", *flags], check=True, capture_output=True)

    def url(self, database: str) -> str:
        """An address without the password, which comes by `store.password`."""
        return f"mysql://{USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start and wait until it answers."""
        socket_file = self._folder / "s"
        self._process = subprocess.Popen(
            [
                *(self._server, "--no-defaults", f"--datadir={self._folder / 'data'}", f"--port={self.port}"),
                *("--bind-address=127.0.0.1", f"--socket={socket_file}", f"--pid-file={self._folder / 'pid'}"),
                *("--skip-log-bin", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M"),
                *(*self._as_root(), *self._flags),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, timeout_s=_START_S)
        with contextlib.closing(self.root()) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
            cursor.execute(f"GRANT ALL ON `tw\\_%`.* TO '{USER}'@'127.0.0.1'")

    def root(self) -> Any:
        """A connection that is none of ours, committing each statement."""
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", autocommit=True, connect_timeout=2)

    def make_database(self, name: str) -> None:
        """Make an empty one; its name begins with tw_."""
        with contextlib.closing(self.root()) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it stand still, its connections open."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            self.root().close()
        except pymysql.MySQLError:
            return False
        return True

    def _as_root(self) -> tuple[str, ...]:
        return ("--user=root",) if os.geteuid() == 0 else ()
