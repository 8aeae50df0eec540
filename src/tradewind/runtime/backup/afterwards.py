"""What is looked at once a backup is restored: every journal against its chain and the anchors that came with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tradewind.audit.files import AnchorFile
from tradewind.audit.verification import Finding
from tradewind.runtime.auditing import verify
from tradewind.runtime.desk.building import ANCHORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.runtime.backup.manifest import Manifest
    from tradewind.runtime.settings import TradewindSettings


class Chain(msgspec.Struct, frozen=True):
    """A journal after it was restored: what was verified, and how many entries after its end an anchor knows."""

    name: str
    count: int
    findings: tuple[Finding, ...]
    lost: int


def verified_chains(settings: TradewindSettings, manifest: Manifest) -> Iterator[Chain]:
    """Verify each journal of the backup where it was restored.

    Raises:
        StoreAwayError, ConfigError: the database does not answer, or not to us.
        InputError: the file of anchors is none.
    """
    home = Path(settings.data_dir)
    file = AnchorFile(Path(settings.audit.anchor_file or home / ANCHORS))
    anchors = file.read() if file.path.exists() else []
    for head in manifest.heads:
        own = [anchor for anchor in anchors if anchor.chain == head.chain]
        known = [anchor for anchor in own if anchor.seq <= head.seq]
        verdict = verify(msgspec.structs.replace(settings.store, chain=head.chain), home, anchors=known)
        lost = max((anchor.seq for anchor in own), default=0) - head.seq
        yield Chain(head.chain, verdict.count, verdict.findings, max(0, lost))
