"""What a process can say of itself without asking anybody: memory, disk, version, the end of the certificate."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind import __version__
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from tradewind.kernel.metrics import Metrics

_LOG = get_log("runtime.gauges")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_STATM: Final = Path("/proc/self/statm")
_MB: Final = 1e6


class ProcessGauges:
    """Brings the gauges of one process up to date when somebody scrapes it."""

    def __init__(self, metrics: Metrics, *, folder: Path, certificate: str = "") -> None:
        self._metrics = metrics
        self._folder = folder
        self._certificate = Path(certificate) if certificate else None
        self._read_ns = -1
        self._begun_s = monotonic_s()
        metrics.build_info.set(1, __version__)

    def refresh(self) -> None:
        """Read everything anew; what cannot be read keeps its last value."""
        metrics = self._metrics
        metrics.memory_bytes.set(resident_mb() * _MB)
        metrics.uptime_s.set(round(monotonic_s() - self._begun_s, 1))
        try:
            disk = shutil.disk_usage(self._folder)
        except OSError:
            return
        metrics.disk_free_bytes.set(disk.free)
        metrics.disk_size_bytes.set(disk.total)
        if self._certificate is not None:
            self._look_at(self._certificate)

    def _look_at(self, certificate: Path) -> None:
        """Read the certificate's end where the file has changed."""
        try:
            changed_ns = certificate.stat().st_mtime_ns
            if changed_ns == self._read_ns:
                return
            self._read_ns = changed_ns
            self._metrics.certificate_expires_s.set(expiry_of(certificate.read_bytes()))
        except (OSError, ValueError) as error:
            _LOG.warning("certificate_not_read", file=str(certificate), error=str(error))


def expiry_of(pem: bytes) -> float:
    """Return when the first certificate of a chain ends, in seconds of Unix time.

    Raises: ValueError: it is no certificate in PEM.
    """
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415 - only where the entry has one

    return load_pem_x509_certificate(pem).not_valid_after_utc.timestamp()


def resident_mb(statm: Path = _STATM) -> float:
    """Return a process' resident memory in MB, this one's unless told; 0 where the system does not say."""
    try:
        pages = int(statm.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return round(pages * _PAGE_BYTES / _MB, 1)
