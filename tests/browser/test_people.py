"""People in the page: signing in by name, one's own account, administration (C-004-8)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from browser_desk import Desk, Platform, violations
from tradewind.kernel.clock import SystemClock

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

OWN = "my-Own-password-9"


def code_of(secret: str) -> str:
    """Return what an authenticator app shows now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", SystemClock().now_ns() // 30_000_000_000), hashlib.sha1).digest()
    start = digest[-1] & 15
    return str((struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000).zfill(6)


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def add_user(page: Page, username: str, role: str = "只读") -> str:
    """Make a user in the administration; return the one-time password that is shown."""
    page.get_by_test_id("user-new").click()
    dialog(page).get_by_label("用户名").fill(username)
    dialog(page).get_by_test_id("grant-add").click()
    dialog(page).get_by_label("角色").select_option(label=role)
    dialog(page).get_by_test_id("user-save").click()
    password = dialog(page).get_by_test_id("one-time").inner_text()
    dialog(page).get_by_role("button", name="我已记下").click()
    expect(page.get_by_test_id("user").filter(has_text=username)).to_be_visible()
    return password


def prove(page: Page, username: str, password: str) -> None:
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_role("button", name="登录", exact=True).click()


def test_a_new_user_changes_the_given_password_and_turns_on_a_second_factor(
    simulator: Platform, sit_down: Callable[..., Desk]
) -> None:
    given = add_user(sit_down(simulator).sign_in("/admin"), "chen.viewer")
    desk = sit_down(simulator)
    desk.forgive(r"status of 401")
    page = desk.page
    page.goto(f"{simulator.url}/login?next=/me")
    prove(page, "chen.viewer", "wrong-password")
    expect(page.get_by_role("alert")).to_contain_text("用户名或密码不对")
    prove(page, "chen.viewer", given)
    expect(page.get_by_role("heading", name="设置新密码")).to_be_visible()
    page.get_by_label("新密码", exact=True).fill(OWN)
    page.get_by_label("再输一遍新密码").fill(OWN)
    page.get_by_role("button", name="更换密码").click()
    expect(page.get_by_test_id("link-state")).to_have_text("已连接")

    page.get_by_test_id("totp-begin").click()
    expect(dialog(page).get_by_test_id("qr")).to_be_visible()
    secret = dialog(page).locator("code").inner_text()
    dialog(page).get_by_label("验证码").fill(code_of(secret))
    dialog(page).get_by_test_id("totp-confirm").click()
    recovery = dialog(page).get_by_role("listitem").first.inner_text()
    desk.photograph("second-factor")
    dialog(page).get_by_role("button", name="我已记下").click()

    page.get_by_role("button", name="退出", exact=True).first.click()
    page.goto(f"{simulator.url}/login?next=/me")
    prove(page, "chen.viewer", OWN)
    expect(page.get_by_role("heading", name="两步验证")).to_be_visible()
    page.get_by_label("验证码").fill("000000")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("验证码不对")
    page.get_by_label("验证码").fill(recovery)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="我的账号")).to_be_attached()
    assert violations(page) == []
    desk.photograph("me")


def test_a_key_for_a_program_is_shown_once_and_taken_back_after_asking_again(
    simulator: Platform, sit_down: Callable[..., Desk]
) -> None:
    given = add_user(sit_down(simulator).sign_in("/admin"), "key.maker")
    desk = sit_down(simulator)
    desk.forgive(r"status of 401")
    page = desk.page
    page.goto(f"{simulator.url}/login?next=/me")
    prove(page, "key.maker", given)
    page.get_by_label("新密码", exact=True).fill(OWN)
    page.get_by_label("再输一遍新密码").fill(OWN)
    page.get_by_role("button", name="更换密码").click()
    page.get_by_test_id("key-new").click()
    dialog(page).get_by_label("名称").fill("夜间报表")
    dialog(page).get_by_role("button", name="看行情").click()
    dialog(page).get_by_test_id("key-make").click()
    expect(dialog(page).get_by_test_id("key-secret")).to_contain_text("_")
    dialog(page).get_by_role("button", name="我已记下").click()
    row = page.get_by_test_id("key").filter(has_text="夜间报表")
    row.get_by_role("button", name="吊销").click()
    row.get_by_test_id("key-revoke").click()
    expect(row).to_have_count(0)


def test_an_administrator_disables_somebody_and_sees_what_they_would_see(desk: Desk) -> None:
    page = desk.sign_in("/admin")
    add_user(page, "wang.trader", role="交易员")
    row = page.get_by_test_id("user").filter(has_text="wang.trader")
    row.get_by_test_id("user-preview").click()
    expect(dialog(page)).to_contain_text("指令、执行、群聊、账户、产品")
    dialog(page).get_by_role("button", name="关闭").last.click()
    row.get_by_test_id("user-switch").click()
    expect(dialog(page)).to_contain_text("不能再登录")
    dialog(page).get_by_test_id("switch-confirm").click()
    expect(row).to_contain_text("停用")
    assert violations(page) == []
    desk.photograph("admin-users")


def test_products_roles_and_the_matrix_of_grants_are_kept(desk: Desk) -> None:
    page = desk.sign_in("/admin")
    page.get_by_role("tab", name="产品").click()
    page.get_by_test_id("product-new").click()
    dialog(page).get_by_label("代码").fill("wenjian1")
    dialog(page).get_by_label("姓名").fill("稳健一号")
    dialog(page).get_by_test_id("product-save").click()
    expect(page.get_by_test_id("product")).to_contain_text("稳健一号")
    page.get_by_role("tab", name="角色").click()
    page.get_by_test_id("role-new").click()
    dialog(page).get_by_label("名称").fill("night_desk")
    dialog(page).get_by_role("button", name="看行情").click()
    dialog(page).get_by_test_id("role-save").click()
    expect(page.get_by_test_id("role").filter(has_text="night_desk")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("tab", name="授权").click()
    expect(page.get_by_role("columnheader", name="稳健一号")).to_be_visible()
    desk.photograph("admin-matrix")


def test_a_session_is_ended_after_asking_again(simulator: Platform, sit_down: Callable[..., Desk]) -> None:
    first, second = sit_down(simulator), sit_down(simulator)
    second.forgive(r"status of 401")
    second.sign_in("/market")
    page = first.sign_in("/me")
    rows = page.get_by_test_id("session")
    other = rows.filter(has_not_text="本机").first
    other.get_by_role("button", name="退出").click()
    other.get_by_test_id("session-end").click()
    expect(page.get_by_role("status").filter(has_text="已退出")).to_be_visible()
    expect(second.page.get_by_role("heading", name="登录信风")).to_be_visible()
