"""The journal's bench measures what it says, on a few entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.benches import journal


def test_every_figure_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (("_QUICK_EVENTS", 3_000), ("_ORDERS", 50), ("_SINGLE", 20), ("_TAIL", 500), ("_GROUP", 10)):
        monkeypatch.setattr(journal, name, value)
    result = journal.main(as_json=True, quick=True)
    assert set(result["goals"]) == {"restart_s", "replay_per_s"}
    assert (result["figures"]["events"], result["figures"]["restart_tail"]) == (3_000, 500)
    assert all(value > 0 for value in result["figures"].values())
    assert list(tmp_path.iterdir()) == []
