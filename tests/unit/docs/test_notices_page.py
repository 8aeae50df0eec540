"""What the page on notices shows can be used as it stands."""

from __future__ import annotations

import hashlib
import hmac
import tomllib
from typing import Any

import msgspec
import pytest

from documents import snippet, snippets
from tradewind.domain.chat import Attached
from tradewind.notices.settings import NoticeSettings

PAGES = ["docs/how-to/notices.md", "docs/how-to/notices.en.md"]


@pytest.mark.parametrize("page", PAGES)
def test_the_settings_of_the_page_are_taken(page: str) -> None:
    mail = msgspec.convert(tomllib.loads(snippet(page, "toml", "smtp"))["notices"], NoticeSettings)
    hooks = msgspec.convert(tomllib.loads(snippet(page, "toml", "hooks"))["notices"], NoticeSettings)
    assert (mail.smtp.host, mail.smtp.security) == ("smtp.example.com", "starttls")
    assert [hook.kind for hook in hooks.hooks] == ["dingtalk", "wecom", "webhook"]


@pytest.mark.parametrize("page", PAGES)
def test_the_check_of_the_page_takes_what_is_genuine_and_fresh_alone(page: str) -> None:
    names: dict[str, Any] = {}
    exec(snippet(page, "python", "is_genuine"), names)  # noqa: S102 - the page's own code is what is tested
    sign = hmac.new(b"s", b"1700000000.{}", hashlib.sha256).hexdigest()
    genuine = names["is_genuine"]
    assert genuine("s", "1700000000", f"sha256={sign}", b"{}", 1_700_000_100.0)
    assert not genuine("s", "1700000000", f"sha256={sign}", b"{ }", 1_700_000_100.0)
    assert not genuine("t", "1700000000", f"sha256={sign}", b"{}", 1_700_000_100.0)
    assert not genuine("s", "1700000000", f"sha256={sign}", b"{}", 1_700_001_000.0)


@pytest.mark.parametrize("page", PAGES)
def test_the_attachment_of_the_page_is_one(page: str) -> None:
    (command,) = snippets(page, "bash")
    body = msgspec.json.decode(command.split("-d '")[1].split("'")[0])
    assert len(msgspec.convert(body["attachments"], Attached)) == 1
