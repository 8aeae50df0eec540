"""The fleet by hand: modules admitted, named, closed and taken away; jobs, schedules and workflows begun and ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from browser_desk import Platform
from browser_pages import ask
from browser_seats import Chair, both_seats
from fleet_modules import ModuleBeside

from waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

Sit = Callable[[Platform, str], Chair]
Start = Callable[..., ModuleBeside]


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    flags = ("control.enabled=true", "control.port=0", "control.beat_s=0.5")
    platform = Platform(tmp_path_factory.mktemp("acts-fleet"), *flags)
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture
def module_at() -> Iterator[Start]:
    """Return a function that starts a module; each vanishes at the end of the test."""
    modules: list[ModuleBeside] = []

    def start(chair: Chair, name: str, *, is_held: bool = False) -> ModuleBeside:
        address = ask(chair.page, "/api/v1/control-servers")["servers"][0]["address"]
        # From far away: it waits at the door until an operator lets it in.
        modules.append(ModuleBeside(address, name, is_held=is_held, is_far=True))
        return modules[-1]

    yield start
    for module in modules:
        if module.is_started:
            module.vanish()


def row_of(chair: Chair, name: str) -> Locator:
    return chair.page.get_by_test_id("module").filter(has_text=name)


def detail(chair: Chair) -> Locator:
    return chair.page.get_by_test_id("module-detail")


def do(chair: Chair, act: str, *, is_grave: bool = False) -> None:
    """Do something to the module that is shown: looked at and left by Escape, then confirmed."""
    page = chair.page
    page.get_by_test_id(f"module-{act}").click()
    expect(chair.button("desk.cancel")).to_be_focused()
    chair.leave_dialog()
    page.get_by_test_id(f"module-{act}").click()
    if is_grave:
        # A double click asks once, and does nothing.
        page.get_by_test_id("module-act-confirm").dblclick()
        expect(chair.dialog.get_by_role("alert")).to_be_visible()
    chair.judge()
    page.get_by_test_id("module-act-confirm").click()
    expect(chair.dialog).to_have_count(0)


def admit(chair: Chair, name: str, module: ModuleBeside) -> None:
    """Let a module in that waits at the door, and see it at work."""
    chair.tab("fleet.tab.modules")
    row_of(chair, name).get_by_role("link").first.click()
    do(chair, "admit")
    module.start()
    expect(detail(chair).get_by_test_id("module-shutdown")).to_be_visible()


@both_seats
def test_a_module_is_let_in_named_closed_ended_and_taken_away(
    control: Platform, sit_at: Sit, module_at: Start, seat: str
) -> None:
    chair = sit_at(control, seat)
    page = chair.open("/fleet")
    name = f"Osaka {chair.screen}"
    module = module_at(chair, name)
    admit(chair, name, module)

    page.get_by_test_id("module-edit").click()
    chair.field("fleet.col.labels").fill("night")
    chair.judge()
    page.get_by_test_id("module-save").click()
    expect(detail(chair)).to_contain_text("night")
    do(chair, "close")
    # It was cut off and ended: a module of system 002 does not come back by itself.
    expect(detail(chair).get_by_test_id("module-shutdown")).to_have_count(0)
    do(chair, "retire", is_grave=True)
    wait_until(lambda: all(each["name"] != name for each in ask(page, "/api/v1/modules")["modules"]))


@both_seats
def test_what_runs_is_cancelled_and_what_begins_by_itself_is_changed_and_taken_away(
    control: Platform, sit_at: Sit, module_at: Start, seat: str
) -> None:
    chair = sit_at(control, seat)
    page = chair.open("/fleet")
    name = f"Kyoto {chair.screen}"
    module = module_at(chair, name, is_held=True)
    admit(chair, name, module)

    page.get_by_test_id("module-send").click()
    page.get_by_test_id("plan-codes").fill("TSLA.US")
    chair.judge()
    page.get_by_test_id("send-confirm").click()
    cancel = page.get_by_test_id("job-cancel")
    cancel.dblclick()
    expect(cancel).to_have_text(chair.say("fleet.reallyCancel"))
    chair.judge()
    cancel.click()
    expect(page.get_by_test_id("job-detail-state")).to_have_text(chair.say("fleet.job.cancelled"))
    page.keyboard.press("Escape")

    flow = f"closing {chair.screen}"
    make_workflow(chair, flow)
    card = page.get_by_test_id("workflow").filter(has_text=flow)
    card.get_by_test_id("workflow-run").click()
    run = page.get_by_test_id("run").filter(has_text=flow)
    expect(run).to_contain_text(chair.say("fleet.job.running"))
    stop = run.get_by_test_id("run-cancel")
    stop.click()
    chair.judge()
    # The way out leaves it running.
    chair.button("desk.back", run).click()
    expect(run).to_contain_text(chair.say("fleet.job.running"))
    stop.click()
    stop.click()
    expect(run).to_contain_text(chair.say("fleet.job.cancelled"))
    expect(stop).to_have_count(0)

    schedule(chair, flow)
    module.let_go()
    chair.tab("fleet.tab.workflows")
    chair.button("fleet.remove", card).click()
    chair.button("fleet.reallyRemove", card).click()
    expect(card).to_have_count(0)

    chair.tab("fleet.tab.modules")
    row_of(chair, name).get_by_role("link").first.click()
    do(chair, "shutdown", is_grave=True)
    assert module.is_shut_down


def make_workflow(chair: Chair, name: str) -> None:
    page = chair.page
    chair.tab("fleet.tab.workflows")
    page.get_by_test_id("workflow-new").click()
    chair.field("fleet.col.name").first.fill(name)
    for codes in page.get_by_test_id("plan-codes").all():
        codes.fill("TSLA.US")
    chair.judge()
    page.get_by_test_id("workflow-save").click()


def schedule(chair: Chair, flow: str) -> None:
    """Schedule a job, change it to the workflow, begin both at once, pause it and take it away."""
    page, name = chair.page, f"close-{chair.screen}"
    chair.tab("fleet.tab.schedules")
    page.get_by_test_id("schedule-new").click()
    chair.field("fleet.col.name").fill(name)
    page.get_by_test_id("plan-codes").fill("TSLA.US")
    chair.judge()
    page.get_by_test_id("schedule-save").click()
    card = page.get_by_test_id("schedule").filter(has_text=name)
    card.get_by_test_id("schedule-run").click()
    page.get_by_test_id("job-cancel").click()
    page.get_by_test_id("job-cancel").click()
    expect(page.get_by_test_id("job-detail-state")).to_have_text(chair.say("fleet.job.cancelled"))
    page.keyboard.press("Escape")

    chair.tab("fleet.tab.schedules")
    chair.button("fleet.change", card).click()
    chair.button("fleet.workflow", chair.dialog).click()
    chair.dialog.locator("select").select_option(label=flow)
    page.get_by_test_id("schedule-save").click()
    expect(card).to_contain_text(flow)
    card.get_by_test_id("schedule-toggle").click()
    expect(card).to_contain_text(chair.say("fleet.isPaused"))
    card.get_by_test_id("schedule-run").click()
    run = page.get_by_test_id("run").filter(has_text=chair.say("fleet.job.running"))
    run.get_by_test_id("run-cancel").click()
    run.get_by_test_id("run-cancel").click()
    expect(run).to_have_count(0)

    chair.tab("fleet.tab.schedules")
    chair.button("fleet.remove", card).dblclick()
    chair.judge()
    chair.button("fleet.reallyRemove", card).click()
    expect(card).to_have_count(0)
