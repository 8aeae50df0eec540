"""The flow files of an Api: `<prefix>Private.con` and the others, with how far each flow was heard on which day."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.testing.ctp_front.binding.crash import crash

if TYPE_CHECKING:
    from collections.abc import Iterable

NEVER_LOGGED_IN: Final = "19800100"


class FlowFiles:
    """Made with the Api; the library dies where their folder is missing, and so do we."""

    def __init__(self, prefix: str, names: Iterable[str]) -> None:
        self._paths = {name: Path(f"{prefix}{name}.con") for name in names}
        for path in self._paths.values():
            if not path.parent.is_dir():
                crash(f"RuntimeError:can not open CFlow file in line 338 of file flow, {path}")
            path.touch()

    def heard(self, flow: str) -> tuple[str, int]:
        """Return (trading day, number of the last message) of a flow; ("", 0) where nothing was heard."""
        day, _, number = self._paths[flow].read_text().partition(" ")
        return (day, int(number)) if number else ("", 0)

    def keep(self, flow: str, day: str, number: int) -> None:
        """Note how far a flow was heard."""
        self._paths[flow].write_text(f"{day} {number}")
