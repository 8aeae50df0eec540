"""Rights, users, roles, groups, passwords, second factors, sessions and keys: given, changed and taken back by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from browser_desk import Platform
from browser_pages import wait_live
from browser_seats import Chair, both_seats
from tradewind.kernel.clock import SystemClock

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

Sit = Callable[[Platform, str], Chair]
OWN, NEXT = "my-Own-password-9", "my-Next-password-8"


def code_of(secret: str) -> str:
    """Return what an authenticator app shows now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", SystemClock().now_ns() // 30_000_000_000), hashlib.sha1).digest()
    start = digest[-1] & 15
    return str((struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000).zfill(6)


def row_of(chair: Chair, username: str) -> Locator:
    return chair.page.get_by_test_id("user").filter(has_text=username)


def make_user(chair: Chair, username: str) -> str:
    """Make somebody who may look; return the password that is shown once."""
    page = chair.page
    page.get_by_test_id("user-new").click()
    chair.field("login.username").fill(username)
    chair.dialog.get_by_test_id("grant-add").click()
    chair.judge()
    page.get_by_test_id("user-save").click()
    password = page.get_by_test_id("one-time").inner_text()
    chair.button("totp.kept").click()
    expect(row_of(chair, username)).to_be_visible()
    return password


def prove(chair: Chair, username: str, password: str, *, path: str = "/me") -> None:
    page = chair.page
    page.goto(f"{chair.platform.url}/login?next={path}")
    page.get_by_label(chair.say("login.username")).fill(username)
    page.get_by_label(chair.say("login.password"), exact=True).fill(password)
    chair.button("login.submit").click()


def come_in(chair: Chair, username: str, given: str) -> None:
    """Sign in for the first time, with a password of one's own from then on."""
    chair.forgive("status of 401")
    prove(chair, username, given)
    chair.page.get_by_label(chair.say("login.newPassword"), exact=True).fill(OWN)
    chair.page.get_by_label(chair.say("login.again")).fill(OWN)
    chair.button("login.change").click()
    wait_live(chair.page, chair.language)


def make_key(chair: Chair, name: str) -> None:
    page = chair.page
    page.get_by_test_id("key-new").click()
    chair.field("keys.name").fill(name)
    chair.dialog.locator(".chip").first.click()
    chair.judge()
    page.get_by_test_id("key-make").click()
    expect(page.get_by_test_id("key-secret")).to_contain_text("_")
    chair.button("totp.kept").click()
    expect(page.get_by_test_id("key").filter(has_text=name)).to_be_visible()


def prove_by_two(chair: Chair) -> None:
    """Turn the second factor on and off again."""
    page = chair.page
    page.get_by_test_id("totp-begin").click()
    secret = chair.dialog.locator("code").inner_text()
    chair.dialog.get_by_role("textbox").fill(code_of(secret))
    chair.judge()
    page.get_by_test_id("totp-confirm").click()
    expect(chair.dialog.get_by_role("listitem").first).to_be_visible()
    chair.button("totp.kept").click()
    chair.button("totp.remove").click()
    chair.leave_dialog()
    chair.button("totp.remove").click()
    chair.field("me.present").fill(OWN)
    chair.judge()
    chair.button("totp.remove", chair.dialog).click()
    expect(page.get_by_test_id("totp-begin")).to_be_visible()


def end_session(chair: Chair, row: Locator) -> None:
    chair.button("sessions.end", row).click()
    chair.judge()
    row.get_by_test_id("session-end").click()
    expect(row).to_have_count(0)


@both_seats
def test_rights_change_only_after_what_is_given_and_taken_was_said(simulator: Platform, sit_at: Sit, seat: str) -> None:
    chair = sit_at(simulator, seat)
    page, name = chair.open("/admin"), f"li.{chair.screen}"
    make_user(chair, name)
    row = row_of(chair, name)

    row.get_by_role("button", name=name).click()
    chair.dialog.get_by_label(chair.say("admin.role")).select_option("trader")
    page.get_by_test_id("user-save").click()
    asked = chair.dialog.get_by_role("alert")
    viewer, trader = chair.say("role.viewer"), chair.say("role.trader")
    expect(asked).to_contain_text(viewer)
    expect(asked).to_contain_text(trader)
    chair.judge()
    chair.leave_dialog()
    expect(row).to_contain_text(viewer)
    row.get_by_role("button", name=name).click()
    chair.dialog.get_by_label(chair.say("admin.role")).select_option("trader")
    page.get_by_test_id("user-save").click()
    page.get_by_test_id("user-save").click()
    expect(row).to_contain_text(trader)

    row.get_by_test_id("user-preview").click()
    expect(chair.dialog).to_contain_text(trader)
    expect(chair.dialog).to_contain_text(chair.say("nav.positions"))
    chair.judge()
    chair.leave_dialog()

    row.get_by_test_id("user-password").click()
    expect(chair.button("desk.cancel")).to_be_focused()
    chair.leave_dialog()
    row.get_by_test_id("user-password").click()
    chair.judge()
    page.get_by_test_id("password-confirm").click()
    expect(page.get_by_test_id("one-time")).not_to_be_empty()
    chair.button("totp.kept").click()

    for state in ("admin.disabled", "admin.enabled"):
        row.get_by_test_id("user-switch").click()
        expect(chair.button("desk.cancel")).to_be_focused()
        chair.judge()
        page.get_by_test_id("switch-confirm").click()
        expect(row).to_contain_text(chair.say(state))


@both_seats
def test_roles_products_and_groups_are_kept_changed_and_taken_away(simulator: Platform, sit_at: Sit, seat: str) -> None:
    chair = sit_at(simulator, seat)
    page, name = chair.open("/admin"), f"night_{chair.screen}"
    chair.tab("admin.roles")
    page.get_by_test_id("role-new").click()
    chair.field("admin.roleName").fill(name)
    chair.button("permission.market", chair.dialog).click()
    page.get_by_test_id("role-save").click()
    role = page.get_by_test_id("role").filter(has_text=name)
    chair.button("chat.edit", role).click()
    chair.button("permission.view", chair.dialog).click()
    page.get_by_test_id("role-save").click()
    expect(chair.dialog.get_by_role("alert")).to_contain_text(chair.say("permission.view"))
    chair.judge()
    page.get_by_test_id("role-save").click()
    expect(chair.dialog).to_have_count(0)
    chair.button("admin.remove", role).click()
    chair.judge()
    chair.button("admin.removeSure", role).click()
    expect(role).to_have_count(0)

    chair.tab("admin.products")
    page.get_by_test_id("product-new").click()
    chair.field("admin.code").fill(f"fund_{chair.screen}")
    chair.field("me.name").fill("Steady One")
    chair.judge()
    page.get_by_test_id("product-save").click()
    expect(page.get_by_test_id("product").filter(has_text=f"fund_{chair.screen}")).to_be_visible()

    chair.tab("admin.groups")
    group = f"cn={chair.screen},dc=tradewind"
    page.get_by_label(chair.say("admin.group"), exact=True).fill(group)
    chair.button("admin.tryMapping").click()
    expect(chair.button("desk.cancel")).to_be_focused()
    chair.leave_dialog()
    chair.button("admin.tryMapping").click()
    chair.judge()
    chair.button("admin.addMapping", chair.dialog).click()
    mapping = page.get_by_role("row").filter(has_text=group)
    chair.button("admin.remove", mapping).click()
    chair.judge()
    chair.button("admin.removeMapping", chair.dialog).click()
    expect(mapping).to_have_count(0)


@both_seats
def test_a_person_keeps_house_of_their_own_and_who_administers_takes_the_rest_away(
    simulator: Platform, sit_at: Sit, seat: str
) -> None:
    office = sit_at(simulator, seat)
    office.open("/admin")
    name = f"chen.{office.screen}"
    given = make_user(office, name)
    chair = sit_at(simulator, seat)
    come_in(chair, name, given)
    page = chair.page

    prove_by_two(chair)
    panel = page.get_by_role("region", name=chair.say("login.password"))
    panel.get_by_label(chair.say("me.present")).fill(OWN)
    panel.get_by_label(chair.say("login.newPassword"), exact=True).fill(NEXT)
    panel.get_by_label(chair.say("login.again")).fill(NEXT)
    chair.button("login.change").click()
    expect(page.get_by_role("status").filter(has_text=chair.say("me.passwordChanged"))).to_be_visible()

    make_key(chair, "evening")
    make_key(chair, "morning")
    key = page.get_by_test_id("key").filter(has_text="evening")
    # A click too many is no second thought.
    chair.button("keys.revoke", key).dblclick()
    chair.judge()
    expect(key).to_be_visible()
    key.get_by_test_id("key-revoke").click()
    expect(key).to_have_count(0)

    elsewhere = sit_at(simulator, seat)
    elsewhere.forgive("status of 401")
    prove(elsewhere, name, NEXT)
    wait_live(elsewhere.page, chair.language)
    page.reload()
    other = page.get_by_test_id("session").filter(has_not_text=chair.say("sessions.this"))
    end_session(chair, other)
    expect(elsewhere.page.get_by_test_id("way-password")).to_be_visible()

    office.tab("admin.keys")
    left = office.page.get_by_test_id("key").filter(has_text=name)
    office.button("keys.revoke", left).click()
    left.get_by_test_id("key-revoke").click()
    expect(left).to_have_count(0)
    office.tab("admin.sessions")
    end_session(office, office.page.get_by_test_id("session").filter(has_text=name))
    expect(page.get_by_test_id("way-password")).to_be_visible()
