"""Robots of groups and programs of somebody's: signed as their owners say, over HTTPS to hosts that are allowed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from hook_receiver import Receiver
from notices_builders import T0, make_happening, make_parcel
from tradewind.errors import ConfigError
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.settings import load
from tradewind.notices.channels.https_post import target_of
from tradewind.notices.ports import Result, Sent
from tradewind.notices.settings import HookSettings, NoticeSettings
from tradewind.notices.signing import HookKind
from tradewind.runtime.notices import hooks_of
from tradewind.runtime.settings import TradewindSettings

SECRET = "canary-7f3a"  # noqa: S105 - a secret of the test's own
PATH = "/robot/send?access_token=canary-key"


@pytest.fixture
async def receiver(tmp_path: Path) -> AsyncIterator[Receiver]:
    made = Receiver(tmp_path)
    async with made.serving():
        yield made


def settings_for(receiver: Receiver, kind: HookKind, **changes: Any) -> NoticeSettings:
    hook = HookSettings(
        name="group",
        kind=kind,
        url=f"https://localhost:{receiver.port}{PATH}",
        secret_env="HOOK_SECRET",  # noqa: S106
    )
    fields = {"hooks": (hook,), "hook_hosts": ("localhost",), "hook_ca_file": str(receiver.authority.certificate)}
    return NoticeSettings(**{**fields, "hook_timeout_s": 5.0, **changes})


async def send(receiver: Receiver, kind: HookKind, **changes: Any) -> Sent:
    text = changes.pop("text", "换月")
    settings = settings_for(receiver, kind, **changes)
    ((courier, _, language),) = hooks_of(settings, {"HOOK_SECRET": SECRET})
    happening = make_happening(params={"reason": text})
    sent = await courier.send(make_parcel(address="", name="", language=language, happenings=(happening,)))
    assert SECRET not in repr(courier) + sent.reason
    assert "canary-key" not in repr(courier) + sent.reason
    return sent


async def test_wecom_is_told_in_plain_text(receiver: Receiver) -> None:
    assert await send(receiver, "wecom") == Sent(Result.SENT)
    ((path, headers, body),) = receiver.requests
    assert path == PATH
    assert headers["content-type"] == "application/json; charset=utf-8"
    told = json.loads(body)
    assert told["msgtype"] == "text"
    assert "指令待审批: i-1 (P1 / A1)" in told["text"]["content"]
    assert "原因: 换月" in told["text"]["content"]


async def test_dingtalk_is_signed_in_its_address(receiver: Receiver) -> None:
    assert await send(receiver, "dingtalk") == Sent(Result.SENT)
    ((path, _, body),) = receiver.requests
    query = parse_qs(urlsplit(path).query)
    (moment,), (sign,) = query["timestamp"], query["sign"]
    expected = hmac.new(SECRET.encode(), f"{moment}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert base64.b64decode(sign) == expected
    assert len(moment) == 13
    assert query["access_token"] == ["canary-key"]
    assert json.loads(body)["at"] == {"isAtAll": False}


async def test_feishu_is_signed_in_its_body_and_calls_nobody(receiver: Receiver) -> None:
    receiver.reply({"code": 0, "msg": "success"})
    assert await send(receiver, "feishu", text='<at user_id="all">所有人</at>') == Sent(Result.SENT)
    told = json.loads(receiver.requests[0][2])
    key = f"{told['timestamp']}\n{SECRET}".encode()
    assert told["sign"] == base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    assert told["msg_type"] == "text"
    assert "<" not in told["content"]["text"]


async def test_a_program_is_told_everything_and_can_be_sure_who_tells(receiver: Receiver) -> None:
    assert await send(receiver, "webhook") == Sent(Result.SENT)
    ((_, headers, body),) = receiver.requests
    moment = headers["x-tradewind-timestamp"]
    expected = hmac.new(SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["x-tradewind-signature"] == f"sha256={expected}"
    assert headers["x-tradewind-message"] == "0123456789abcdef"
    told = json.loads(body)
    assert told["events"][0]["kind"] == "instruction_submitted"
    assert told["events"][0]["event_id"] == "desk:1"
    assert told["sent_at"] == T0
    assert abs(int(moment) - T0 // NS_PER_S) > 0, "the moment of the request, not of what happened"


@pytest.mark.parametrize(
    ("kind", "body", "result"),
    [
        ("wecom", {"errcode": 93000, "errmsg": "invalid webhook url canary-key"}, Result.REFUSED),
        ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}, Result.LATER),
        ("dingtalk", {"errcode": 310000, "errmsg": "sign not match"}, Result.REFUSED),
        ("dingtalk", {"errcode": 130101, "errmsg": "send too fast"}, Result.LATER),
        ("feishu", {"code": 19021, "msg": "sign match fail"}, Result.REFUSED),
        ("feishu", {"code": 9499, "msg": "too many request"}, Result.LATER),
        ("feishu", {"StatusCode": 0, "StatusMessage": "success"}, Result.SENT),
        ("dingtalk", ["what", "is", "this"], Result.LATER),
        ("webhook", {"anything": "at all"}, Result.SENT),
    ],
)
async def test_a_robot_says_in_its_body_whether_it_took_the_message(
    receiver: Receiver, kind: HookKind, body: object, result: Result
) -> None:
    receiver.reply(body)
    assert (await send(receiver, kind)).result is result


@pytest.mark.parametrize(
    ("status", "result"),
    [(204, Result.SENT), (400, Result.REFUSED), (404, Result.REFUSED), (429, Result.LATER), (503, Result.LATER)],
)
async def test_a_status_decides_where_there_is_no_robot(receiver: Receiver, status: int, result: Result) -> None:
    receiver.reply({}, status)
    assert (await send(receiver, "webhook")).result is result


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.reply({}, status, f"Location: https://localhost:{receiver.port}/elsewhere\r\n")
    assert await send(receiver, "webhook") == Sent(Result.REFUSED, f"HTTP {status}")
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [b"", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: zzz\r\n\r\n", b"\x00" * 100],
    ids=["nothing", "another protocol", "no length", "zeros"],
)
async def test_an_answer_that_is_none_is_an_absent_server(receiver: Receiver, answer: bytes) -> None:
    receiver.answer = answer
    assert (await send(receiver, "webhook")).result is Result.AWAY


async def test_an_answer_without_end_is_cut(receiver: Receiver) -> None:
    receiver.answer = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_000_000
    assert (await send(receiver, "webhook")).result is Result.SENT


async def test_a_server_that_says_nothing_is_given_up_in_time(receiver: Receiver) -> None:
    receiver.is_silent = True
    assert await send(receiver, "webhook", hook_timeout_s=0.3) == Sent(Result.AWAY, "localhost: TimeoutError")


async def test_a_server_that_nobody_vouches_for_is_told_nothing(receiver: Receiver) -> None:
    sent = await send(receiver, "webhook", hook_ca_file="")
    assert (sent.result, receiver.requests) == (Result.AWAY, [])


async def test_a_long_digest_is_cut_to_what_a_robot_takes(receiver: Receiver) -> None:
    await send(receiver, "wecom", text="月" * 2_000)
    content = json.loads(receiver.requests[0][2])["text"]["content"]
    assert len(content.encode()) <= 2_000
    assert "\ufffd" not in content


@pytest.mark.parametrize(
    "url",
    [
        "http://open.feishu.cn/x",
        "https://evil.example/x",
        "https://open.feishu.cn.evil.example/x",
        "https://open.feishu.cn@evil.example/x",
        "https://user:pw@open.feishu.cn/x",
        "https://open.feishu.cn/x y",
        "https://open.feishu.cn/x\r\nX-Evil: 1",
        "https://open.feishu.cn:99999/",
        "https://open.feishu.cn/#x",
        "file:///etc/passwd",
        "https://",
        "https://127.0.0.1/",
        "https://[::1]/",
    ],
)
def test_only_https_addresses_of_hosts_that_are_named_are_taken(url: str) -> None:
    with pytest.raises(ConfigError, match=r"group.*(must be an https address|none of notices.hook_hosts)") as refused:
        target_of(url, hosts=NoticeSettings().hook_hosts, setting="notices.hooks 'group'")
    assert "/x" not in str(refused.value)


def test_a_path_holds_a_key_and_is_not_shown() -> None:
    target = target_of("https://open.feishu.cn/hook/canary", hosts=["open.feishu.cn"], setting="x")
    assert (target.host, target.port, target.path) == ("open.feishu.cn", 443, "/hook/canary")
    assert "canary" not in repr(target)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"url": ""}, "exactly one of url and url_env"),
        ({"url_env": "U"}, "exactly one of url and url_env"),
        ({"secret_env": ""}, "a webhook is signed"),
        ({"secret_file": "/f"}, "only one of secret_env and secret_file"),
        ({"name": "email"}, "the name is taken"),
    ],
)
def test_a_hook_that_cannot_be_is_refused_at_the_start(change: dict[str, str], told: str) -> None:
    fields = {"name": "group", "kind": "webhook", "url": "https://x.example/", "secret_env": "S"}
    with pytest.raises(ConfigError, match=told):
        HookSettings(**{**fields, **change})  # type: ignore[arg-type]


def test_secrets_come_from_the_environment_or_a_file_and_are_missed_by_name(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    url = "https://open.feishu.cn/hook/canary"
    by_file = HookSettings(name="a", kind="webhook", url_env="HOOK_URL", secret_file=str(file))
    ((courier, _, _),) = hooks_of(NoticeSettings(hooks=(by_file,)), {"HOOK_URL": url})
    assert courier._secret == SECRET  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="the environment variable HOOK_URL is not set"):
        hooks_of(NoticeSettings(hooks=(by_file,)), {})
    file.unlink()
    with pytest.raises(ConfigError, match=r"secret_file .* cannot be read"):
        hooks_of(NoticeSettings(hooks=(by_file,)), {"HOOK_URL": url})


def test_settings_show_no_address_and_no_password() -> None:
    hooks = msgspec.json.encode([{"name": "g", "kind": "wecom", "url": "https://qyapi.weixin.qq.com/?key=canary"}])
    loaded = load(
        TradewindSettings,
        environ={"TRADEWIND_NOTICES__HOOKS": hooks.decode(), "TRADEWIND_NOTICES__SMTP__PASSWORD": "canary"},
    ).settings
    assert loaded.notices.hooks[0].url.endswith("canary")
    assert "canary" not in repr(loaded)
    with pytest.raises(ConfigError) as refused:
        load(TradewindSettings, environ={"TRADEWIND_NOTICES__HOOKS": '[{"name": "g", "kind": "x", "url": "canary"}]'})
    assert "canary" not in str(refused.value)
