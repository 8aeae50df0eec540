"""Certificates for tests, made by openssl: an authority, and what it signs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


class Authority:
    """Signs certificates; `certificate` is what others must trust."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._key = folder / f"{name}.key"
        self.certificate = folder / f"{name}.pem"
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"),
            *("-keyout", str(self._key), "-out", str(self.certificate), "-subj", f"/CN={name}"),
        )

    def sign(self, name: str) -> tuple[Path, Path]:
        """Return certificate and key of a program that is found as `localhost`."""
        key, request = self._folder / f"{name}.key", self._folder / f"{name}.csr"
        certificate, places = self._folder / f"{name}.pem", self._folder / f"{name}.ext"
        places.write_text("subjectAltName=DNS:localhost\n", encoding="utf-8")
        _openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key)),
            *("-out", str(request), "-subj", f"/CN={name}"),
        )
        _openssl(
            *("x509", "-req", "-in", str(request), "-CA", str(self.certificate), "-CAkey", str(self._key)),
            *("-CAcreateserial", "-days", "30", "-extfile", str(places), "-out", str(certificate)),
        )
        return certificate, key


def _openssl(*arguments: str) -> None:
    program = shutil.which("openssl")
    if program is None:
        message = "these tests need openssl: apt-get install openssl"
        raise RuntimeError(message)
    subprocess.run([program, *arguments], check=True, capture_output=True)
