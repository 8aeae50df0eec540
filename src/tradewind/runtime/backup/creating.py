"""Makes a backup while everything runs: small files first, then market data, documents, and the tables last.

In that order nothing is missing: what moves on meanwhile (a recording into the archive, a document out of the spool, an
anchor of an entry) is in the later part too, and nothing in the files speaks of entries that the tables do not have.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind import __version__
from tradewind.kernel.clock import SystemClock
from tradewind.runtime.backup.copying import copied, place_of, shared
from tradewind.runtime.backup.documents import document_copies
from tradewind.runtime.backup.manifest import Manifest, Part, sealed, state_of_parts, write_manifest
from tradewind.runtime.backup.packing import journal_heads, packed_documents, packed_table
from tradewind.runtime.backup.parts import write_private
from tradewind.runtime.backup.selection import KEY_NAME, Roots, Source
from tradewind.runtime.backup.settings_text import settings_text
from tradewind.runtime.backup.shelf import Shelf, name_of
from tradewind.stores.sql import schema
from tradewind.stores.sql.dumping import forms, one_moment
from tradewind.stores.sql.store import SqlStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.kernel.settings import Loaded
    from tradewind.runtime.settings import TradewindSettings

SETTINGS: Final = "settings/tradewind.toml"


class Maker:
    """Makes backups of one installation."""

    def __init__(
        self,
        loaded: Loaded[TradewindSettings],
        *,
        to: Path | None = None,
        with_secrets: bool = False,
        on_part: Callable[[Part], None] = lambda _part: None,
    ) -> None:
        """`to` stands for `backup.folder`; `on_part` hears of each file as it is done."""
        self._loaded = loaded
        self._settings = loaded.settings
        self._roots = Roots(loaded.settings)
        self._with_secrets = with_secrets
        self._on_part = on_part
        self.shelf = Shelf(to.absolute() if to else self._roots.backups)

    def make(self) -> Manifest:
        """Make one; the oldest beyond `backup.keep` go when it is whole.

        Raises:
            StoreError: a store does not answer, or the disk of the backups refuses.
            SchemaError: the tables are not those of this program.
            StateConflictError: another backup is being made.
        """
        clock = SystemClock()
        began = clock.now_ns()
        store = SqlStore(self._settings.store, Path(self._settings.data_dir))
        copies = document_copies(self._settings)
        parts: list[Part] = []
        try:
            with self.shelf.room_for(name_of(began)) as room:
                self._collect(parts, self._files(room))
                self._collect(parts, (packed_documents(copies, each, room) for each in copies.collections()))
                with one_moment(store) as connection:
                    schema.check(connection, store.shown)
                    heads = tuple(journal_heads(connection))
                    self._collect(parts, (packed_table(connection, form, room) for form in forms()))
                manifest = sealed(
                    Manifest(
                        name=name_of(began),
                        program=__version__,
                        tables=schema.HEAD,
                        database=store.engine.dialect.name,
                        documents=copies.kind,
                        began_ns=began,
                        ended_ns=clock.now_ns(),
                        heads=heads,
                        parts=tuple(parts),
                        state=state_of_parts(parts),
                    )
                )
                write_manifest(room, manifest)
        finally:
            store.close()
        self.shelf.thin_out(self._settings.backup.keep)
        return manifest

    def _collect(self, parts: list[Part], made: Iterator[Part]) -> None:
        for part in made:
            parts.append(part)
            self._on_part(part)

    def _files(self, room: Path) -> Iterator[Part]:
        yield self._written_settings(room)
        if self._with_secrets and self._roots.key.is_file():
            yield from copied(Source("secret", KEY_NAME, self._roots.key), room)
        for source in self._roots.small():
            yield from copied(source, room)
        if self._settings.backup.market_data:
            yield from self._market(room)

    def _market(self, room: Path) -> Iterator[Part]:
        before = self.shelf.newest()
        known = {part.path: part for part in before.parts} if before is not None else {}
        old = self.shelf.folder / before.name if before is not None else room
        for source in self._roots.market():
            part = known.get(place_of(source))
            if part is not None and shared(source, part, old, room):
                yield part
            else:
                yield from copied(source, room)

    def _written_settings(self, room: Path) -> Part:
        text = settings_text(self._loaded, with_secrets=self._with_secrets)
        size, sha = write_private(room / SETTINGS, text.encode())
        return Part(path=SETTINGS, kind="settings", bytes=size, sha256=sha, digest=sha)
