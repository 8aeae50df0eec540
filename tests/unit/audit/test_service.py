"""Acts go on the record, the chain's end is noted elsewhere, and a journal that was cut is refused."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest

from tradewind.audit.files import AnchorFile
from tradewind.audit.ports import Anchor
from tradewind.audit.service import AuditService
from tradewind.audit.settings import AuditSettings
from tradewind.bus.desk_topics import ACTS
from tradewind.bus.ordered import OrderedBus
from tradewind.domain.act import Act
from tradewind.errors import CorruptJournalError, InputError, StoreError
from tradewind.kernel.clock import FakeClock

from waiting import eventually


class FakeChain:
    name = "desk"

    def __init__(self) -> None:
        self.hashes: list[bytes] = []
        self.noted: list[Anchor] = []

    def head(self) -> tuple[int, bytes]:
        return (len(self.hashes), self.hashes[-1]) if self.hashes else (0, b"")

    def hash_at(self, seq: int) -> bytes | None:
        return self.hashes[seq - 1] if 0 < seq <= len(self.hashes) else None

    def rows(self, *, after: int, until: int) -> Any:
        raise NotImplementedError

    def note(self, anchor: Anchor) -> None:
        self.noted.append(anchor)

    def first_since(self, ts: int) -> int:
        raise NotImplementedError


def make_audit(chain: FakeChain, path: Path) -> tuple[AuditService, list[Act]]:
    bus = OrderedBus(on_failure=lambda *_: None)
    acts: list[Act] = []
    bus.subscribe(ACTS, acts.append, group="test")
    service = AuditService(
        settings=AuditSettings(anchor_s=0.01), bus=bus, clock=FakeClock(7), chain=chain, anchors=AnchorFile(path)
    )
    return service, acts


def test_an_act_says_who_did_what_and_how_it_was_before_and_after(tmp_path: Path) -> None:
    service, acts = make_audit(FakeChain(), tmp_path / "a")
    made = service.record("limit_changed", actor="lin", source="api", subject="max_order", before=1, after={"lots": 2})
    service.record("signed_in", actor="lin", source="api")
    assert acts[0] == made
    assert (made.before, made.after, made.ts_event) == ("1", '{"lots":2}', 7)
    assert (acts[1].before, acts[1].after, acts[1].subject) == ("", "", "")
    assert acts[0].act_id != acts[1].act_id


def test_the_chains_end_is_noted_when_it_has_moved(tmp_path: Path) -> None:
    chain = FakeChain()
    service, _ = make_audit(chain, tmp_path / "deep" / "anchors")
    assert service.anchor() is None
    chain.hashes += [b"1" * 32, b"2" * 32]
    assert service.anchor() == Anchor("desk", 2, (b"2" * 32).hex(), 7)
    assert service.anchor() is None
    again, _ = make_audit(chain, tmp_path / "deep" / "anchors")
    assert again.anchor() is None
    assert AnchorFile(tmp_path / "deep" / "anchors").read() == chain.noted == [Anchor("desk", 2, (b"2" * 32).hex(), 7)]
    assert stat.S_IMODE((tmp_path / "deep" / "anchors").stat().st_mode) == 0o600


@pytest.mark.parametrize("hashes", [[], [b"1" * 32], [b"1" * 32, b"x" * 32]])
def test_a_journal_that_is_not_the_anchored_one_is_refused(tmp_path: Path, hashes: list[bytes]) -> None:
    chain = FakeChain()
    service, _ = make_audit(chain, tmp_path / "a")
    service.check_last_anchor()
    chain.hashes = [b"1" * 32, b"2" * 32]
    service.anchor()
    service.check_last_anchor()
    chain.hashes = hashes
    with pytest.raises(CorruptJournalError, match="not the one that was anchored: entry 2"):
        service.check_last_anchor()


async def test_anchors_are_noted_again_and_again_and_a_refusal_is_told(tmp_path: Path) -> None:
    chain = FakeChain()
    chain.hashes = [b"1" * 32]
    (tmp_path / "file").write_text("")
    service, _ = make_audit(chain, tmp_path / "file" / "below")
    task = asyncio.create_task(service.run())
    await eventually(lambda: service.failure is not None)
    assert "cannot be written" in str(service.failure)
    (tmp_path / "file").unlink()
    await eventually(lambda: service.failure is None)
    chain.hashes.append(b"2" * 32)
    await eventually(lambda: len(AnchorFile(tmp_path / "file" / "below").read()) == 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_file_that_holds_no_anchors_is_refused_by_line(tmp_path: Path) -> None:
    file = AnchorFile(tmp_path / "a")
    with pytest.raises(InputError, match="cannot be read"):
        file.read()
    file.add(Anchor("desk", 1, "00", 0))
    with (tmp_path / "a").open("a") as out:
        out.write("\n{half")
    with pytest.raises(InputError, match="line 3, is no anchor"):
        file.read()


def test_the_newest_anchor_is_found_in_a_long_file(tmp_path: Path) -> None:
    file = AnchorFile(tmp_path / "a")
    lines = "".join(f'{{"chain":"desk","seq":{seq},"hash":"{"0" * 64}","ts":0}}\n' for seq in range(1, 20_001))
    file.path.write_text(lines)
    file.add(Anchor("other", 5, "00", 0))
    last = file.last("desk")
    assert last is not None
    assert last.seq == 20_000


def test_a_full_disk_is_told() -> None:
    with pytest.raises(StoreError, match="the anchor file /dev/full cannot be written"):
        AnchorFile(Path("/dev/full")).add(Anchor("desk", 1, "00", 0))
