"""Everything that is done to an instruction of the book, by who writes it and by who approves and works it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from browser_desk import Platform, post
from browser_pages import ask
from browser_seats import Chair, both_seats

from waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]

Sit = Callable[[Platform, str], Chair]
GRANTS = [{"role": role, "product_code": "*", "account_id": "*"} for role in ("fund_manager", "trader")]
MAKER, GIVEN, OWN = "meng.writes", "Once-and-never-9", "my-Own-password-9"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A desk on which nobody needs a second person's approval."""
    platform = Platform(tmp_path_factory.mktemp("acts-alone"), "instructions.approval=never")
    platform.start()
    yield platform
    platform.stop()


def come_in(chair: Chair, username: str, given: str) -> None:
    """Sign in as who writes; the first time with a password of one's own from then on."""
    page = chair.page
    chair.forgive("status of 401")
    page.goto(f"{chair.platform.url}/login?next=/instructions/new")
    page.get_by_label(chair.say("login.username")).fill(username)
    page.get_by_label(chair.say("login.password"), exact=True).fill(given)
    chair.button("login.submit").click()
    page.get_by_label(chair.say("login.newPassword"), exact=True).fill(OWN)
    page.get_by_label(chair.say("login.again")).fill(OWN)
    chair.button("login.change").click()
    page.wait_for_url(re.compile("/instructions/new"))


def write(chair: Chair, delta: int, *, is_submitted: bool = True) -> str:
    """Write an instruction; return its number."""
    page = chair.page
    row = page.get_by_test_id("draft-line").last
    row.locator("input").first.fill("rb2605")
    row.locator("input").first.press("Tab")
    row.get_by_role("combobox").last.select_option("delta")
    row.locator("input").nth(1).fill(str(delta))
    if not is_submitted:
        page.get_by_test_id("save-draft").click()
    else:
        page.get_by_test_id("submit-draft").click()
        expect(chair.button("desk.back", chair.dialog)).to_be_focused()
        chair.judge()
        page.get_by_test_id("draft-confirm").click()
    page.wait_for_url(re.compile(r"/instructions\?id=B\d+"))
    return page.url.rpartition("=")[2]


def further(chair: Chair) -> None:
    """Go on to the second question where there is one; a click too many does not answer it."""
    button = chair.button("close.next", chair.dialog)
    if button.count():
        button.dblclick()
        expect(chair.dialog.get_by_test_id("act-sentence")).to_be_visible()


def confirm(chair: Chair) -> None:
    further(chair)
    chair.judge()
    chair.dialog.get_by_test_id("act-confirm").click()
    expect(chair.dialog).to_have_count(0)


def act(chair: Chair, name: str, status: str, *, reason: str = "") -> None:
    """Ask for an act and leave it; ask again, and see it done."""
    page = chair.page
    page.get_by_test_id(f"act-{name}").click()
    chair.leave_dialog()
    page.get_by_test_id(f"act-{name}").click()
    if name == "reassign":
        chair.dialog.locator("input").first.fill("administrator")
    if reason:
        chair.dialog.locator("input").last.fill(reason)
    confirm(chair)
    expect(page.get_by_test_id("book-status")).to_have_text(chair.say(f"bookStatus.{status}"))


def amend(chair: Chair, delta: int) -> None:
    page = chair.page
    page.get_by_test_id("act-amend").click()
    row = page.get_by_test_id("draft-line")
    row.locator("input").nth(1).fill(str(delta))
    page.get_by_test_id("submit-draft").click()
    page.get_by_test_id("draft-confirm").click()
    page.wait_for_url(re.compile(r"/instructions\?id=B\d+"))


def looked_at(chair: Chair, number: str) -> None:
    chair.page.goto(f"{chair.platform.url}/instructions?id={number}")
    expect(chair.page.get_by_test_id("book-status")).to_be_visible()


def entry(chair: Chair, number: str) -> Any:
    return ask(chair.page, f"/api/v1/instruction-book/{number}")


def line(chair: Chair, name: str) -> Locator:
    return chair.page.get_by_test_id(f"line-{name}").first


@both_seats
def test_an_instruction_goes_through_every_hand(simulator: Platform, sit_at: Sit, seat: str) -> None:
    trader = sit_at(simulator, seat)
    trader.open("/instructions")
    name = f"{MAKER}.{trader.screen}"
    user = {"username": name, "password": GIVEN, "grants": GRANTS}
    post(trader.page, "/api/v1/admin/users", user, key=f"who writes {seat}")
    maker = sit_at(simulator, seat)
    come_in(maker, name, GIVEN)

    # What nobody has approved yet: written down, changed, handed in, refused, taken back.
    refused = write(maker, 2, is_submitted=False)
    amend(maker, 3)
    act(maker, "submit", "submitted")
    looked_at(trader, refused)
    act(trader, "reject", "rejected", reason="too early")
    maker.visit("/instructions/new")
    gone = write(maker, 2)
    act(maker, "withdraw", "cancelled")
    assert entry(maker, gone)["status"] == "cancelled"

    maker.visit("/instructions/new")
    number = write(maker, 9)
    looked_at(trader, number)
    act(trader, "approve", "approved")
    act(trader, "reassign", "approved")
    act(trader, "accept", "accepted")
    act(trader, "decline", "approved", reason="lunch")
    act(trader, "accept", "accepted")
    work(trader, number)


def work(trader: Chair, number: str) -> None:
    """Send a part that cannot be filled, stop it and let it go on; note a fill made elsewhere; let go of the rest."""
    page = trader.page
    line(trader, "send").click()
    fields = trader.dialog.locator("input")
    fields.first.fill("3")
    fields.nth(1).fill("2990")
    further(trader)
    trader.judge()
    trader.dialog.get_by_test_id("act-confirm").click()
    expect(trader.dialog).to_have_count(0)
    for name in ("do.stop", "do.resume", "do.stop"):
        # Beside its own line; above all of them stands the one for everything.
        trader.button(name, page.locator(".send-row")).click()
        confirm(trader)
    wait_until(lambda: entry(trader, number)["working_quantity"] == 0, timeout_s=15)

    line(trader, "fill").click()
    fields = trader.dialog.locator("input:not([type=checkbox])")
    fields.first.fill(f"T-{trader.screen}")
    fields.nth(1).fill("1")
    fields.nth(2).fill("3100")
    confirm(trader)
    line(trader, "waive").click()
    confirm(trader)
    act(trader, "close", "closed")


@both_seats
def test_many_lines_are_taken_sent_and_stopped_as_one(alone: Platform, sit_at: Sit, seat: str) -> None:
    chair = sit_at(alone, seat)
    page = chair.open("/blotter")
    # Too cheap to be filled, so that there is something to stop.
    wish = {"instrument_id": "rb2605.SHFE", "delta": 2, "limit_price": "2990"}
    for count in range(2):
        body = {"account_id": "paper", "is_submitted": True, "draft": {"wishes": [wish], "reason": seat}}
        post(page, "/api/v1/instruction-book/drafts", body, key=f"many {seat} {count}")
    numbers = [each["instruction_id"] for each in ask(page, "/api/v1/instruction-book")["entries"][:2]]
    rows = page.get_by_test_id("blotter-row").filter(has_text=re.compile("|".join(numbers)))
    expect(rows).to_have_count(2)
    for act_name in ("accept", "send", "stop"):
        # By name: what its next version makes more urgent goes further up.
        for number in numbers:
            rows.filter(has_text=number).get_by_role("checkbox").check()
        page.get_by_test_id(f"bulk-{act_name}").click()
        expect(page.get_by_test_id("bulk-item")).to_have_count(2)
        chair.judge()
        page.get_by_test_id("bulk-next").dblclick()
        page.get_by_test_id("bulk-confirm").click()
        expect(page.get_by_test_id("bulk-confirm")).to_have_count(0)
        expect(chair.dialog.locator(".is-bad-text")).to_have_count(0)
        chair.button("desk.done").last.click()
        page.get_by_role("button", name=re.compile(f"^{chair.say('blotter.clear')}")).click()
    sends = [each["send"] for number in numbers for each in entry(chair, number)["sends"]]
    assert [each["is_stopped"] for each in sends] == [True, True]
