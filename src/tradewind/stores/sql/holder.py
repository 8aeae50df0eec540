"""Which process this is, told so that another one can find out whether it still lives.

A process id alone is not enough: it is used again, and in a container it counts within that container only. With the
machine's boot, the container and the moment of its start it is one process and no other.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec


class Holder(msgspec.Struct, frozen=True):
    """One process on one machine."""

    host: str
    world: str
    """The machine's boot and the container's process space; "" where the system does not tell."""
    pid: int
    started: str

    def __str__(self) -> str:
        """Write it for the lease's column."""
        return f"{self.host}|{self.world}|{self.pid}|{self.started}"

    @property
    def shown(self) -> str:
        """Return it for people."""
        return f"process {self.pid} on {self.host}"


def this_process() -> Holder:
    """Return who we are."""
    pid = os.getpid()
    return Holder(socket.gethostname()[:80].replace("|", "-"), _world(), pid, _started(pid))


def read_holder(text: str) -> Holder | None:
    """Read what a lease says; `None` for what no process of ours wrote."""
    parts = text.split("|")
    if len(parts) != len(Holder.__struct_fields__) or not parts[2].isdigit():
        return None
    return Holder(parts[0], parts[1], int(parts[2]), parts[3])


def is_known_dead(holder: Holder) -> bool:
    """Tell whether that process certainly is no more; of another machine or container nobody knows."""
    if not holder.world or holder.world != _world():
        return False
    return not _started(holder.pid) or _started(holder.pid) != holder.started


def _world() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = Path("/proc/self/ns/pid").readlink()
    except OSError:
        return ""
    return f"{boot}:{space}".replace("|", "-")


def _started(pid: int) -> str:
    """Return the moment a process started, in the kernel's ticks; "" when there is none, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]
