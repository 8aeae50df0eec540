"""Whether a database user could write: read from its own grants, before anything else is asked of the database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_HARMLESS: Final = frozenset(
    {
        "SELECT",
        "USAGE",
        "SHOW DATABASES",
        "SHOW VIEW",
        "PROCESS",
        "REPLICATION CLIENT",
        "BINLOG MONITOR",
        "SLAVE MONITOR",
    }
)
_GRANT: Final = re.compile(r"^GRANT (?P<what>.+?) ON (?P<where>\S.*?) TO ", re.IGNORECASE)
_COLUMNS: Final = re.compile(r"\([^)]*\)")


def writing_grants(lines: Iterable[str]) -> list[str]:
    """Return those of `SHOW GRANTS` that let their holder do more than read, without passwords.

    A line of another form counts too: what we cannot read we do not trust. A role's name by itself is passed over, for
    what it brings stands in lines of its own.
    """
    found = []
    for line in lines:
        match = _GRANT.match(line)
        if match is None:
            if not re.match(r"^(GRANT\s+\S+\s+TO|SET DEFAULT ROLE)\s", line, re.IGNORECASE):
                found.append(line.split(" IDENTIFIED ")[0])
            continue
        privileges = [part.strip().upper() for part in _COLUMNS.sub("", match["what"]).split(",")]
        more = sorted(part for part in privileges if part not in _HARMLESS)
        if line.rstrip().upper().endswith("WITH GRANT OPTION"):
            more.append("GRANT OPTION")
        found += [f"{privilege} on {match['where']}" for privilege in more]
    return found
