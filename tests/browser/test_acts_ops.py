"""What an operator with a phone sets going: a recorded day played, driven and ended; what was given up, sent again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from browser_desk import Platform, post
from browser_pages import KEPT
from browser_seats import Chair, on_a_phone

pytestmark = [pytest.mark.browser, pytest.mark.data, pytest.mark.timeout(120)]

Sit = Callable[[Platform, str], Chair]
DAY = "CFFEX.IF2101_20210104.parquet"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Iterator[Platform]:
    # Nobody listens where the hook leads: what it is told is given up.
    home = tmp_path_factory.mktemp("acts-ops")
    (home / "secret").write_text("s3cret\n")
    hook: dict[str, Any] = {
        "name": "ops",
        "kind": "webhook",
        "url": "https://localhost:1/told",
        "kinds": ["trading_halted"],
    }
    hook["secret_file"] = str(home / "secret")
    notices = (f"notices.hooks={json.dumps([hook])}", 'notices.hook_hosts=["localhost"]', "notices.give_up_h=0.0005")
    folder = f"market.replay.folder={data_dir / 'futures_tick'}"
    platform = Platform(home, folder, *notices)
    platform.start()
    yield platform
    platform.stop()


@on_a_phone
def test_a_recorded_day_is_played_driven_and_ended(house: Platform, sit_at: Sit, seat: str) -> None:
    chair = sit_at(house, seat)
    page = chair.open("/ops/data")
    chair.button("ops.data.playOf", day=DAY).click()
    chair.judge()
    page.get_by_test_id("replay-start").dblclick()
    expect(page.get_by_test_id("ops-replay")).to_have_count(1)
    link = page.get_by_test_id("ops-replay").get_by_role("link")
    expect(link).to_be_visible(timeout=60_000)
    watching = page.context.new_page()
    settings = json.dumps({"locale": chair.language, "theme": "light"})
    watching.add_init_script(f"localStorage.setItem({KEPT!r}, {settings!r})")
    watching.goto(link.get_attribute("href") or "")
    bar = watching.get_by_test_id("replay")
    bar.get_by_role("button", name=chair.say("replay.pause")).click()
    before = bar.get_by_test_id("replay-position").inner_text()
    bar.get_by_role("button", name=chair.say("replay.step")).click()
    bar.get_by_role("combobox").select_option("60")
    bar.get_by_test_id("replay-seek").fill("70")
    expect(bar.get_by_test_id("replay-position")).not_to_have_text(before)
    bar.get_by_role("button", name=chair.say("replay.resume")).click()
    expect(bar.get_by_role("button", name=chair.say("replay.pause"))).to_be_visible()

    end = chair.button("ops.replay.end", page.get_by_test_id("ops-replay"))
    end.click()
    expect(chair.button("desk.cancel")).to_be_focused()
    chair.leave_dialog()
    end.click()
    chair.judge()
    page.get_by_test_id("replay-end").click()
    expect(page.get_by_test_id("ops-replay")).to_contain_text(chair.say("ops.replay.state.ended"))


@on_a_phone
def test_what_was_given_up_is_sent_again(house: Platform, sit_at: Sit, seat: str) -> None:
    chair = sit_at(house, seat)
    page = chair.open("/admin")
    mode = {"mode": "halted", "scope": "account", "key": "paper", "reason": "exercise"}
    post(page, "/api/v1/trading-states", mode, key="told to nobody")
    chair.tab("admin.deliveries")
    again = chair.button("delivery.retry").first
    expect(again).to_be_visible(timeout=30_000)
    chair.judge()
    again.click()
    expect(page.get_by_role("status").filter(has_text=chair.say("delivery.retried"))).to_be_visible()
