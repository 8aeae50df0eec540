"""A MariaDB of a bench's own: installed server, folder and port of its own, as durable as it is shipped."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.benches.pipeline_services import Programs, free_port, wait_for
from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATH: Final = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
_DATABASE: Final = "tw_bench"
_USER: Final = "tradewind"
_PASSWORD: Final = "bench"  # noqa: S105 - of a server that lives for one bench and listens on loopback
_SCRIPT: Final = (
    f"CREATE DATABASE IF NOT EXISTS {_DATABASE} CHARACTER SET utf8mb4;\n"
    f"CREATE USER IF NOT EXISTS '{_USER}'@'127.0.0.1' IDENTIFIED BY '{_PASSWORD}';\n"
    f"GRANT ALL ON {_DATABASE}.* TO '{_USER}'@'127.0.0.1';\n"
)


class MariaDbPlace(NamedTuple):
    """Where the bench's MariaDB listens."""

    port: int
    user: str = _USER
    password: str = _PASSWORD
    database: str = _DATABASE

    @property
    def url(self) -> str:
        """Return `store.url`, without the password."""
        return f"mysql://{self.user}@127.0.0.1:{self.port}/{self.database}"


@contextlib.contextmanager
def own_mariadb(folder: Path) -> Iterator[MariaDbPlace]:
    """Run a MariaDB with an empty database for as long as the block lasts; each commit is on disk when it returns.

    Raises: ConfigError: there is no MariaDB here, or it does not start.
    """
    server = shutil.which("mariadbd", path=_PATH) or shutil.which("mysqld", path=_PATH)
    install = shutil.which("mariadb-install-db", path=_PATH) or shutil.which("mysql_install_db", path=_PATH)
    if server is None or install is None:
        message = "this bench needs MariaDB; install it (Debian: apt-get install mariadb-server)"
        raise ConfigError(message)
    folder.mkdir()
    script = folder / "begin.sql"
    script.write_text(_SCRIPT, encoding="utf-8")
    data, as_root = f"--datadir={folder / 'data'}", ("--user=root",) if os.geteuid() == 0 else ()
    subprocess.run([install, "--no-defaults", data, "--skip-test-db", *as_root], check=True, capture_output=True)  # noqa: S603 - the installed program
    place, programs = MariaDbPlace(free_port()), Programs()
    flags = (
        *(f"--port={place.port}", "--bind-address=127.0.0.1", f"--socket={folder / 's'}", f"--pid-file={folder / 'p'}"),
        *(f"--init-file={script}", f"--log-error={folder / 'log'}", "--innodb-buffer-pool-size=64M", *as_root),
    )
    programs.start([server, "--no-defaults", data, *flags], is_silent=True)
    try:
        wait_for(programs, lambda: _greets(place.port), f"mariadbd on port {place.port}")
        yield place
    finally:
        programs.end()


def _greets(port: int) -> bool:
    """Tell whether the server says its name: it listens a moment before the init file has run through."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as connection:
            return bool(connection.recv(1))
    except OSError:
        return False
