"""Whom a channel believes: certificates of known authorities for the name that was asked for."""

from __future__ import annotations

import ssl


def trusting(ca_file: str) -> ssl.SSLContext:
    """Return what checks the other side's certificate and name, TLS 1.2 at least; "" for the system's authorities.

    Raises: OSError: the file of authorities cannot be read.
    """
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
