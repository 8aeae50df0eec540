"""The fleet in the page: modules live, a job sent and seen done, a module that vanishes, schedules, workflows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from browser_desk import PHONE, Desk, Platform, sit_as, violations
from fleet_modules import ModuleBeside, OurModuleBeside

from waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

ADDRESS = "async () => (await (await fetch('/api/v1/control-servers')).json()).servers[0].address"


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    platform = Platform(
        tmp_path_factory.mktemp("control"), "control.enabled=true", "control.port=0", "control.beat_s=0.5"
    )
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture
def module_at() -> Iterator[Callable[..., ModuleBeside]]:
    """Return a function that starts a module; each vanishes at the end of the test."""
    modules: list[ModuleBeside] = []

    def start(page: Page, name: str, *, is_held: bool = False) -> ModuleBeside:
        module = ModuleBeside(page.evaluate(ADDRESS), name, is_held=is_held)
        modules.append(module)
        module.start()
        return module

    yield start
    for module in modules:
        module.vanish()


def row(page: Page, name: str) -> Locator:
    return page.get_by_test_id("module").filter(has_text=name)


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def test_a_job_is_sent_from_the_page_and_seen_done_and_a_module_is_seen_to_vanish(
    control: Platform, sit_down: Callable[..., Desk], module_at: Callable[..., ModuleBeside]
) -> None:
    desk = sit_down(control)
    page = desk.sign_in("/fleet")
    tab(page, "接入")
    expect(page.get_by_test_id("server")).to_contain_text("运行中")
    assert violations(page) == []
    desk.photograph("fleet-joining")
    tokyo = module_at(page, "东京采集", is_held=True)
    module_at(page, "纽约采集")
    tab(page, "模块")
    expect(row(page, "东京采集").get_by_test_id("module-state")).to_contain_text("在线")
    expect(row(page, "纽约采集").get_by_test_id("module-state")).to_contain_text("在线")
    assert violations(page) == []

    row(page, "东京采集").get_by_role("checkbox").check()
    page.get_by_test_id("fleet-send").click()
    dialog(page).get_by_test_id("plan-codes").fill("tsla.us ../etc")
    expect(dialog(page).get_by_test_id("plan-codes-said")).to_contain_text("1 个不是代码：../ETC")
    expect(dialog(page).get_by_test_id("send-confirm")).to_be_disabled()
    assert violations(page) == []
    dialog(page).get_by_test_id("plan-codes").fill("tsla.us，usdcny")
    desk.photograph("fleet-send")
    dialog(page).get_by_test_id("send-confirm").click()
    state = page.get_by_test_id("job-detail-state")
    expect(state).to_have_text("进行中")
    tokyo.let_go()
    expect(state).to_have_text("完成")
    expect(page.get_by_test_id("job").first.get_by_test_id("job-state")).to_have_text("完成")
    expect(page.get_by_test_id("result")).to_contain_text("USDCNY")
    assert violations(page) == []
    desk.photograph("fleet-job")

    tab(page, "模块")
    row(page, "东京采集").get_by_role("link").first.click()
    expect(page.get_by_test_id("module-execution")).to_contain_text("stored 2")
    tokyo.vanish()
    expect(row(page, "东京采集").get_by_test_id("module-state")).to_contain_text("离线")
    assert violations(page) == []
    desk.photograph("fleet-module")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("module-detail")).to_have_count(0)
    assert tokyo.hash not in page.content()
    page.get_by_test_id("language").click()
    expect(row(page, "东京采集").get_by_test_id("module-state")).to_contain_text("Offline")
    assert violations(page) == []
    desk.photograph("fleet-english")


def test_a_stream_is_sent_from_the_page_seen_at_work_and_cancelled(
    control: Platform, sit_down: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = sit_down(control)
    page = desk.sign_in("/fleet")
    module = OurModuleBeside(page.evaluate(ADDRESS), tmp_path / "module")
    module.start()
    try:
        expect(row(page, "持续采集").get_by_test_id("module-state")).to_contain_text("在线")
        row(page, "持续采集").get_by_role("checkbox").check()
        page.get_by_test_id("fleet-send").click()
        dialog(page).get_by_test_id("plan-codes").fill("tsla.us")
        dialog(page).get_by_label("种类").select_option(label="持续接收")
        expect(dialog(page).get_by_role("group", name="存到")).to_have_count(0)
        dialog(page).get_by_role("group", name="接收").get_by_role("button", name="K 线").click()
        dialog(page).get_by_test_id("plan-bar").select_option("5m")
        dialog(page).get_by_test_id("plan-duration").fill("-1")
        expect(dialog(page).get_by_test_id("send-confirm")).to_be_disabled()
        dialog(page).get_by_test_id("plan-duration").fill("0")
        assert violations(page) == []
        desk.photograph("fleet-stream")
        dialog(page).get_by_test_id("send-confirm").click()
        expect(page.get_by_test_id("job-detail-state")).to_have_text("进行中")
        expect(page.get_by_test_id("job-detail")).to_contain_text("持续接收 · K 线 · 5 分钟 · 直到取消")
        page.get_by_test_id("job-cancel").click()
        page.get_by_test_id("job-cancel").click()
        expect(page.get_by_test_id("job-detail-state")).to_have_text("已取消")
        wait_until(lambda: module.ear.ended == 1)
        assert violations(page) == []
        desk.photograph("fleet-stream-cancelled")
    finally:
        module.end()


def test_what_failed_says_why_and_is_sent_again(
    control: Platform, sit_down: Callable[..., Desk], module_at: Callable[..., ModuleBeside]
) -> None:
    desk = sit_down(control, theme="light")
    page = desk.sign_in("/fleet")
    module_at(page, "重试采集")
    row(page, "重试采集").get_by_role("checkbox").check()
    page.get_by_test_id("fleet-send").click()
    dialog(page).get_by_test_id("plan-codes").fill("FAIL")
    dialog(page).get_by_test_id("send-confirm").click()
    expect(page.get_by_test_id("job-error")).to_have_text("没有这个代码的权限: FAIL")
    desk.photograph("fleet-failed")
    first = page.url
    page.get_by_test_id("job-again").click()
    dialog(page).get_by_test_id("plan-codes").fill("TSLA.US")
    dialog(page).get_by_test_id("send-confirm").click()
    expect(page.get_by_test_id("job-detail-state")).to_have_text("完成")
    assert page.url != first
    page.get_by_role("searchbox").fill("没有这个代码")
    expect(page.get_by_test_id("job")).to_have_count(1)
    expect(page.get_by_test_id("job")).to_contain_text("失败")


def test_a_schedule_is_paused_and_begun_at_once_and_a_workflow_runs_through_its_steps(
    control: Platform, sit_down: Callable[..., Desk], module_at: Callable[..., ModuleBeside]
) -> None:
    desk = sit_down(control, theme="light")
    page = desk.sign_in("/fleet")
    module_at(page, "定时采集")
    expect(row(page, "定时采集").get_by_test_id("module-state")).to_contain_text("在线")
    tab(page, "流程")
    page.get_by_test_id("workflow-new").click()
    dialog(page).get_by_label("名称").first.fill("收盘流程")
    for codes in dialog(page).get_by_test_id("plan-codes").all():
        codes.fill("TSLA.US")
    assert violations(page) == []
    dialog(page).get_by_test_id("workflow-save").click()
    page.get_by_test_id("workflow").get_by_test_id("workflow-run").click()
    expect(page.get_by_test_id("run")).to_contain_text("完成")
    expect(page.get_by_test_id("run")).to_contain_text("2/2")
    assert violations(page) == []
    desk.photograph("fleet-workflows")

    tab(page, "定时")
    page.get_by_test_id("schedule-new").click()
    dialog(page).get_by_label("名称").fill("shfe-close")
    dialog(page).get_by_role("button", name="按市场").click()
    dialog(page).get_by_label("看哪个合约的市场").fill("nobody.NONE")
    dialog(page).get_by_test_id("plan-codes").fill("TSLA.US")
    desk.forgive(r"status of 4\d\d")
    dialog(page).get_by_test_id("schedule-save").click()
    expect(dialog(page).get_by_role("alert")).to_contain_text("nobody.NONE")
    dialog(page).get_by_role("button", name="按时钟").click()
    assert violations(page) == []
    desk.photograph("fleet-schedule-dialog")
    dialog(page).get_by_test_id("schedule-save").click()
    card = page.get_by_test_id("schedule")
    expect(card.get_by_test_id("schedule-next")).to_contain_text("后")
    card.get_by_test_id("schedule-toggle").click()
    expect(card).to_contain_text("已暂停")
    expect(card.get_by_test_id("schedule-next")).to_have_text("—")
    card.get_by_test_id("schedule-run").click()
    expect(page.get_by_test_id("job-detail-state")).to_have_text("完成")
    assert violations(page) == []
    desk.photograph("fleet-schedules")


def test_a_module_is_told_to_end_only_after_asking_twice_on_a_phone_too(
    control: Platform, sit_down: Callable[..., Desk], module_at: Callable[..., ModuleBeside]
) -> None:
    desk = sit_down(control, viewport=PHONE)
    page = desk.sign_in("/fleet")
    module = module_at(page, "手机采集")
    expect(row(page, "手机采集").get_by_test_id("module-state")).to_contain_text("在线")
    desk.photograph("fleet-phone")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    row(page, "手机采集").get_by_role("link").first.click()
    desk.photograph("fleet-phone-module")
    assert violations(page) == []
    page.get_by_test_id("module-shutdown").click()
    dialog(page).get_by_test_id("module-act-confirm").click()
    expect(dialog(page).get_by_role("alert")).to_contain_text("再确认一次")
    desk.photograph("fleet-phone-shutdown")
    dialog(page).get_by_test_id("module-act-confirm").click()
    expect(page.get_by_test_id("module-detail")).to_contain_text("离线")
    assert module.is_shut_down


def test_who_may_only_look_sees_the_fleet_and_no_buttons_and_others_do_not_see_it(
    control: Platform, sit_down: Callable[..., Desk], module_at: Callable[..., ModuleBeside]
) -> None:
    whole = [["*", "*"]]
    looker = sit_down(control)
    sit_as(looker, {"system": whole})
    page = looker.sign_in("/fleet")
    module_at(page, "旁观采集")
    row(page, "旁观采集").get_by_role("link").first.click()
    expect(page.get_by_test_id("module-detail")).to_contain_text("还没有做过任务")
    expect(page.get_by_test_id("fleet-send")).to_have_count(0)
    expect(page.get_by_test_id("module-shutdown")).to_have_count(0)
    expect(page.get_by_role("checkbox")).to_have_count(0)

    stranger = sit_down(control)
    sit_as(stranger, {"market": whole})
    page = stranger.sign_in("/fleet")
    expect(page.get_by_test_id("not-allowed")).to_contain_text("没有权限")
    expect(page.get_by_role("link", name="采集")).to_have_count(0)


def test_where_no_control_server_runs_the_page_says_how_to_turn_it_on(desk: Desk) -> None:
    desk.forgive(r"status of 503")
    page = desk.sign_in("/fleet")
    expect(page.get_by_text("这里没有启用采集控制服务")).to_be_visible()
    assert violations(page) == []
