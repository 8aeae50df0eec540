"""Makes the bundle: every part by itself, so that what is broken leaves the others in; every text through the sieve."""

from __future__ import annotations

import functools
import io
import os
import tarfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tradewind import __version__
from tradewind.errors import ConfigError, TradewindError
from tradewind.kernel.clock import NS_PER_S
from tradewind.runtime.support import parts
from tradewind.runtime.support.sieve import sieve_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tradewind.kernel.clock import Clock
    from tradewind.kernel.settings import Loaded
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.runtime.support.parts import Part
    from tradewind.runtime.support.sieve import Sieve

    Maker = Callable[[Loaded[TradewindSettings]], Iterator[Part]]

FOLDER: Final = "tradewind-support"
_README: Final = """Support bundle of Tradewind {version}, made {time}.

versions.json     what runs, and the packages beside it
settings.toml     settings that are no defaults, and where each comes from
doctor.json       what `tradewind doctor` finds
status.json       how each process is
migrations.txt    at which version the tables are
alerts.json       which alerts fire
metrics/          every process' metrics
logs/             the last lines of every log

Passwords, keys, tokens and what looks like them are blanked (***). Names of people, accounts, contracts and machines
are not: look through it before you hand it on. What could not be had says why in its place.
"""


def made_at(clock: Clock) -> datetime:
    """Return the clock's time to the second, UTC."""
    return datetime.fromtimestamp(clock.now_ns() // NS_PER_S, UTC)


class Bundle:
    """The parts of one installation at one moment."""

    def __init__(
        self, loaded: Loaded[TradewindSettings], *, environ: Mapping[str, str], clock: Clock, lines: int
    ) -> None:
        self._loaded = loaded
        self._clock = clock
        self._sieve: Sieve = sieve_of(loaded.settings, environ)
        self._makers: tuple[Maker, ...] = (
            parts.versions, parts.settings, parts.migrations, parts.status, parts.alerts, parts.metrics,
            functools.partial(parts.logs, lines=lines), parts.doctor,
        )  # fmt: skip

    def texts(self) -> Iterator[Part]:
        """Yield each part by its name, nothing secret in either."""
        yield "README.txt", _README.format(version=__version__, time=made_at(self._clock).isoformat(" ", "seconds"))
        for maker in self._makers:
            for name, text in self._made(maker):
                yield self._sieve.sift(name), self._sieve.sift(text)

    def write(self, path: Path) -> list[str]:
        """Write the archive, for its owner alone; return the names in it.

        Raises: ConfigError: the file is there already, or cannot be written.
        """
        names = []
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
                for name, text in self.texts():
                    self._add(archive, name, text.encode("utf-8", "replace"))
                    names.append(name)
        except OSError as error:
            message = f"cannot write {path}: {error.strerror}; name a file that is not there yet, in a folder of yours"
            raise ConfigError(message) from error
        return names

    def _made(self, maker: Maker) -> Iterator[Part]:
        try:
            yield from maker(self._loaded)
        except (TradewindError, OSError) as error:
            name = getattr(maker, "__name__", "logs")
            yield f"{name}.failed.txt", f"could not be had: {error}\n"

    def _add(self, archive: tarfile.TarFile, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(f"{FOLDER}/{name}")
        info.size, info.mode, info.mtime = len(data), 0o600, self._clock.now_ns() // NS_PER_S
        archive.addfile(info, io.BytesIO(data))
