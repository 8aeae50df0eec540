"""What an operator is told: log lines without secrets, settings without passwords, recordings that can be replayed."""

from __future__ import annotations

import json
import logging
from io import StringIO
from pathlib import Path

import pytest

from tradewind.api.ops_desk import LogQuestion, ReplayForm
from tradewind.errors import InputError, StateConflictError
from tradewind.kernel.clock import SystemClock
from tradewind.kernel.log import configure_logs, get_log
from tradewind.kernel.recent_log import RecentLog
from tradewind.kernel.settings import load
from tradewind.runtime.operations.log_lines import log_page
from tradewind.runtime.operations.replays import Replays
from tradewind.runtime.operations.setting_views import setting_views
from tradewind.runtime.operations.stored import Stored
from tradewind.runtime.settings import TradewindSettings


def settings(*flags: str) -> TradewindSettings:
    return load(TradewindSettings, flags=flags).settings


def write_log(folder: Path, service: str, *lines: object) -> None:
    folder.mkdir(exist_ok=True)
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    (folder / f"{service}.log").write_text(text, encoding="utf-8")


def told(level: str, event: str, at: str, **fields: str) -> dict[str, str]:
    return {"level": level, "event": event, "timestamp": f"2026-01-05T01:00:{at}Z", "logger": "market.feed", **fields}


async def test_files_of_all_services_are_one_log_in_the_order_of_time(tmp_path: Path) -> None:
    write_log(tmp_path, "market", told("info", "first", "01"), told("warning", "third", "03"))
    write_log(tmp_path, "push", told("error", "second", "02"))
    page = await log_page(LogQuestion(), tmp_path)
    assert [(line.service, line.event) for line in page.lines] == [
        ("market", "first"), ("push", "second"), ("market", "third")
    ]  # fmt: skip
    assert page.services == ["market", "push"]


async def test_lines_are_chosen_by_service_level_words_and_time(tmp_path: Path) -> None:
    write_log(tmp_path, "market", told("info", "a", "01"), told("warning", "b", "02", reason="Front gone"))
    write_log(tmp_path, "push", told("error", "c", "03"))

    async def events(**question: str) -> list[str]:
        return [line.event for line in (await log_page(LogQuestion(**question), tmp_path)).lines]  # type: ignore[arg-type]

    assert await events(service="market") == ["a", "b"]
    assert await events(level="warning") == ["b", "c"]
    assert await events(text="front GONE") == ["b"]
    assert await events(since="2026-01-05T01:00:02Z") == ["b", "c"]


async def test_only_the_newest_lines_are_shown_and_it_is_said_that_there_are_more(tmp_path: Path) -> None:
    write_log(tmp_path, "market", *(told("info", f"e{n}", f"{n:02}") for n in range(10)))
    page = await log_page(LogQuestion(limit=3), tmp_path)
    assert [line.event for line in page.lines] == ["e7", "e8", "e9"]
    assert page.is_cut


async def test_a_line_that_is_no_json_is_shown_as_it_stands_without_the_password_in_it(tmp_path: Path) -> None:
    write_log(tmp_path, "api", "Traceback: ConfigError redis://user:hunter2@10.0.0.1/0")
    page = await log_page(LogQuestion(), tmp_path)
    assert page.lines[0].event == "Traceback: ConfigError redis://***@10.0.0.1/0"
    assert page.lines[0].level == "error"


def test_the_ring_keeps_the_newest_lines_and_no_secret() -> None:
    ring = RecentLog(most=2)
    for number in range(3):
        ring.keep(None, "info", {"event": f"e{number}", "logger": "push.hub", "level": "info", "timestamp": "t"})
    ring.keep(None, "info", {"event": "signed_in", "url": "http://h/login#abc", "sent": "Bearer xyz"})
    assert [line.event for line in ring.lines()] == ["e2", "signed_in"]
    assert ring.lines()[0].service == "push"
    assert ring.lines()[1].fields == {"url": "http://h/login#***", "sent": "Bearer ***"}


async def test_what_a_room_logs_is_in_the_ring_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    configure_logs(fmt="json", stream=StringIO())
    error = ValueError("no way")
    get_log("operations_test").error("went_wrong", password="hunter2", exc_info=error)  # noqa: S106 - of nobody
    page = await log_page(LogQuestion(service="operations_test"), None)
    line = page.lines[-1]
    assert line.event == "went_wrong"
    assert line.fields["password"] == "***"  # noqa: S105 - blanked
    assert "no way" in line.fields["exception"]


def test_settings_say_where_they_come_from_and_no_password() -> None:
    loaded = load(TradewindSettings, flags=["bus.password=hunter2", "bus.url=redis://u:hunter3@h:1/0", "push.port=9"])
    views = {view.path: view for view in setting_views(loaded.settings, loaded.origins)}
    assert views["push.port"].origin == "flag --set"
    assert views["push.port"].value == "9"
    assert views["api.port"].origin == "default"
    assert views["bus.password"].is_secret
    assert "hunter" not in " ".join(view.value for view in views.values())


def test_every_setting_that_is_a_secret_is_blanked_whatever_its_kind() -> None:
    whole = settings()
    for view in setting_views(whole, {}):
        if view.is_secret:
            assert view.value in {'""', '"***"', "[]", "{}"} or "://" in view.value, view.path


def test_files_of_the_replay_folder_are_offered_beside_recorded_days(tmp_path: Path) -> None:
    (tmp_path / "day.csv").write_text("x", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    stored = Stored(settings(f"data_dir={tmp_path}", f"market.replay.folder={tmp_path}"))
    assert [(day.id, day.state) for day in stored.view().days] == [("file:day.csv", "file")]
    assert stored.playable("file:day.csv").path == tmp_path / "day.csv"


@pytest.mark.parametrize("day", ["file:../etc/passwd", "file:absent.csv", "20260105:../x", "20260105:none", "", "x"])
def test_what_is_no_recording_cannot_be_played(tmp_path: Path, day: str) -> None:
    stored = Stored(settings(f"data_dir={tmp_path}", f"market.replay.folder={tmp_path}"))
    with pytest.raises(InputError):
        stored.playable(day)


async def test_more_replays_than_allowed_are_refused(tmp_path: Path) -> None:
    whole = settings(f"data_dir={tmp_path}", "market.replay.beside_most=0")
    replays = Replays(whole, Stored(whole), folder=tmp_path / "replays", clock=SystemClock())
    with pytest.raises(StateConflictError, match="beside_most"):
        await replays.start(ReplayForm("file:day.csv"), host="127.0.0.1:8888", by="li")
