"""Who listens on a port of this machine, as /proc tells; of other users' processes it tells root alone."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_PROC: Final = Path("/proc")
_TABLES: Final = (_PROC / "net" / "tcp", _PROC / "net" / "tcp6")
_LISTENING: Final = "0A"
_INODE: Final = 9
"""Column of the socket's number in those tables."""


class Holder(msgspec.Struct, frozen=True):
    """A process that listens."""

    pid: int
    arguments: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return what the program is called."""
        return Path(self.arguments[0]).name if self.arguments else "a program"

    @property
    def is_tradewind(self) -> bool:
        """Tell whether it is one of ours: `tradewind …`, `python -m tradewind …`, or the gateway in our folder."""
        first, *others = self.arguments or ("",)
        if "nginx" in first:
            return any(Path(each).name == "nginx.conf" and Path(each).parent.name == "nginx" for each in _words(self))
        names = [Path(each).name for each in (first, *others[:3])]
        return "tradewind" in names or any(each.startswith("tradewind.") for each in others[:3])


def holder_of(port: int) -> Holder | None:
    """Return who listens on a port; `None` where nobody does, or it cannot be seen who."""
    return holders_of({port}).get(port)


def holders_of(ports: Collection[int]) -> dict[int, Holder]:
    """Return who listens on each of these ports, in one walk through all processes; who cannot be seen is left out."""
    wanted = {f"socket:[{inode}]": port for port, inode in _listening(ports)}
    found: dict[int, Holder] = {}
    for entry in _PROC.iterdir() if wanted else ():
        if not entry.name.isdigit():
            continue
        held = {wanted[file] for file in _open_files(entry) if file in wanted} - set(found)
        if held:
            found |= dict.fromkeys(held, Holder(int(entry.name), _arguments(entry)))
    return found


def _listening(ports: Collection[int]) -> Iterator[tuple[int, str]]:
    for table in _TABLES:
        with contextlib.suppress(OSError):
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                columns = line.split()
                port = int(columns[1].rpartition(":")[2], 16)
                if columns[3] == _LISTENING and port in ports:
                    yield port, columns[_INODE]


def _open_files(entry: Path) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for file in (entry / "fd").iterdir():
            with contextlib.suppress(OSError):
                yield str(file.readlink())


def _arguments(entry: Path) -> tuple[str, ...]:
    with contextlib.suppress(OSError):
        text = (entry / "cmdline").read_text(encoding="utf-8", errors="replace")
        return tuple(text.rstrip("\0").split("\0"))
    return ()


def _words(holder: Holder) -> list[str]:
    """Return the words of a command line; Nginx writes its own as one."""
    return " ".join(holder.arguments).split()
