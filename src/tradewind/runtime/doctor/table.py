"""The table of checks: what is looked at, when it applies, and who looks. `tradewind doctor --only` takes these names.

A probe is a function of the loaded settings that returns findings and may wait; it is imported when it is run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from tradewind.runtime.settings import TradewindSettings

_HERE: Final = "tradewind.runtime.doctor"


class Check(msgspec.Struct, frozen=True):
    """One check: its name, what it is about, where its probe is (`module:function`) and where it applies."""

    name: str
    about: str
    probe: str
    applies: Callable[[TradewindSettings], bool] = lambda _settings: True


def _reads_others(settings: TradewindSettings) -> bool:
    return bool(settings.databases.pms_monitor.url or settings.databases.dataweb_read.url)


def _has_certificates(settings: TradewindSettings) -> bool:
    return bool(settings.gateway.certificate or settings.bus.tls_cert or settings.module.tls_cert_file)


def _uses_ctp(settings: TradewindSettings) -> bool:
    source: str = settings.market.source
    return source == "ctp" or settings.execution.broker == "ctp"


CHECKS: Final = (
    Check("versions", "Python, SQLite, the compiled core, drivers", f"{_HERE}.machine:versions"),
    Check("folder", "data_dir: writable, ours, closed to others", f"{_HERE}.machine:folder"),
    Check("disk", "room on the disks of data_dir and recordings", f"{_HERE}.machine:disks"),
    Check("files", "the limit of open files", f"{_HERE}.machine:files"),
    Check("locale", "how texts are printed; zh_CN.GB18030 for CTP", f"{_HERE}.machine:locales"),
    Check("page", "the built front-end", f"{_HERE}.machine:page"),
    Check("clock", "this clock against those of Redis and the database", f"{_HERE}.clocks:clocks"),
    Check("ports", "ports we listen on: free, or ours already", f"{_HERE}.ports:ports"),
    Check("services", "what runs: each service in its own words", f"{_HERE}.ports:services"),
    Check("redis", "Redis: there, new enough, throws nothing away", f"{_HERE}.stores:redis",
          lambda settings: settings.bus.kind == "redis"),
    Check("database", "the database of record: there, keeps its word, its tables ours", f"{_HERE}.stores:database"),
    Check("databases", "the databases we only read", f"{_HERE}.stores:databases", _reads_others),
    Check("documents", "the store of documents", f"{_HERE}.stores:documents"),
    Check("ldap", "the directory server", f"{_HERE}.partners:ldap", lambda settings: bool(settings.access.ldap.url)),
    Check("smtp", "the mail server", f"{_HERE}.partners:smtp", lambda settings: bool(settings.notices.smtp.host)),
    Check("feed", "where market data comes from", f"{_HERE}.partners:feed"),
    Check("library", "CTP's library: it can be loaded", f"{_HERE}.ctp.cheap:library", _uses_ctp),
    Check("fronts", "CTP's fronts: their ports; `ctp doctor` goes on", f"{_HERE}.ctp.cheap:fronts", _uses_ctp),
    Check("certificates", "how long our certificates are good", f"{_HERE}.partners:certificates", _has_certificates),
    Check("licence", "the licence of this machine's module", f"{_HERE}.partners:licence",
          lambda settings: bool(settings.module.licence_key)),
)  # fmt: skip
NAMES: Final = ("settings", *(check.name for check in CHECKS))
"""What `--only` takes; `settings` is always looked at, as everything else is read from them."""
