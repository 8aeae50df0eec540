"""Letters through a real mail server: encrypted or not at all, one id each, nothing that somebody smuggled in."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest

from mail_server import PASSWORD, USER, MailServer, Security, mail_server
from notices_builders import Room, make_happening, make_parcel
from store_builders import make_instruction
from tradewind.bus.desk_topics import INSTRUCTIONS
from tradewind.domain.instruction import InstructionStatus
from tradewind.domain.notice import DeliveryState
from tradewind.domain.order import Origin
from tradewind.errors import ConfigError
from tradewind.notices.channels.smtp import SmtpCourier
from tradewind.notices.ports import Parcel, Result, Sent
from tradewind.notices.settings import NoticeSettings, SmtpSettings

HOSTILE = [
    "a\r\nBcc: everybody@evil.example",
    "a\nSubject: another",
    "a\r\n\r\n<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '=HYPERLINK("http://evil.example")',
    "=?utf-8?q?encoded=0D=0ABcc:_x@evil.example?=",
    "\u202egnp.exe",
    "{0.__class__}",
    "%(name)s ${x} {{7*7}}",
    "\x00\x1b[31m",
]


def smtp_settings(server: MailServer, security: Security, **changes: Any) -> SmtpSettings:
    fields: dict[str, Any] = {
        "host": "localhost",
        "port": server.port,
        "security": security,
        "sender": "tradewind@desk.example",
        "ca_file": str(server.authority or ""),
        "timeout_s": 5.0,
    }
    if security != "plain":
        fields |= {"user": USER, "password": PASSWORD}
    return SmtpSettings(**{**fields, **changes})


async def send(settings: SmtpSettings, *parcels: Parcel) -> list[Sent]:
    courier = SmtpCourier(settings)
    try:
        return [await courier.send(parcel) for parcel in parcels]
    finally:
        await courier.rest()


@pytest.mark.parametrize("security", ["starttls", "tls", "plain"])
async def test_a_letter_arrives_with_its_id_in_both_forms(tmp_path: Path, security: Security) -> None:
    async with mail_server(tmp_path, security) as server:
        told = await send(smtp_settings(server, security), make_parcel(), make_parcel(language="en"))
        assert told == [Sent(Result.SENT)] * 2
        chinese, english = server.box.letters
        assert chinese["Message-ID"] == "<0123456789abcdef@desk.example>"
        assert chinese["To"] == "方风控 <fang@desk.example>"
        assert chinese["From"] == "Tradewind <tradewind@desk.example>"
        assert chinese["Subject"] == "[信风 Tradewind] 指令待审批: i-1 (P1 / A1)"
        assert english["Subject"] == "[信风 Tradewind] Instruction to approve: i-1 (P1 / A1)"
        assert chinese["Auto-Submitted"] == "auto-generated"
        plain, html = chinese.get_body(("plain",)), chinese.get_body(("html",))
        assert plain is not None
        assert html is not None
        assert "原因: 换月" in plain.get_content()
        assert "<td>换月</td>" in html.get_content()
        assert "http" not in plain.get_content()
        assert server.box.logins == ([] if security == "plain" else [USER.encode()])


async def test_a_server_that_does_not_encrypt_is_told_nothing(tmp_path: Path) -> None:
    async with mail_server(tmp_path, "plain") as server:
        (told,) = await send(smtp_settings(server, "starttls", ca_file=""), make_parcel())
        assert told.result is Result.AWAY
        assert (server.box.letters, server.box.logins) == ([], [])


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_server_whose_certificate_nobody_vouches_for_is_told_nothing(
    tmp_path: Path, security: Security
) -> None:
    async with mail_server(tmp_path, security) as server:
        (told,) = await send(smtp_settings(server, security, ca_file=""), make_parcel())
        assert told.result is Result.AWAY
        assert "certificate" in told.reason.lower()
        (told,) = await send(smtp_settings(server, security, host="127.0.0.1"), make_parcel())
        assert told.result is Result.AWAY, "the certificate is for another name"
        assert (server.box.letters, server.box.logins) == ([], [])


async def test_a_wrong_password_is_the_servers_matter_and_is_told_to_nobody(tmp_path: Path) -> None:
    async with mail_server(tmp_path, "starttls") as server:
        (told,) = await send(smtp_settings(server, "starttls", password=PASSWORD[::-1]), make_parcel())
        assert told == Sent(Result.AWAY, "the server does not let us in (535)")


@pytest.mark.parametrize(
    ("answer", "result"),
    [("550 no such mailbox", Result.REFUSED), ("451 try again later", Result.LATER), ("552 full", Result.REFUSED)],
)
async def test_what_the_server_says_of_a_recipient_is_about_that_letter_alone(
    tmp_path: Path, answer: str, result: Result
) -> None:
    async with mail_server(tmp_path, "starttls") as server:
        server.box.refuses["fang@desk.example"] = answer
        parcels = make_parcel(), make_parcel(address="meng@desk.example")
        first, second = await send(smtp_settings(server, "starttls"), *parcels)
        assert (first.result, second.result) == (result, Result.SENT)
        assert [letter["To"].addresses[0].username for letter in server.box.letters] == ["meng"]


async def test_nobody_there_is_away(tmp_path: Path) -> None:
    async with mail_server(tmp_path, "starttls") as server:
        await server.stop()
        (told,) = await send(smtp_settings(server, "starttls"), make_parcel())
        assert told.result is Result.AWAY


async def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = SmtpSettings(host="127.0.0.1", port=port, security="plain", sender="t@desk.example", timeout_s=0.2)
    (told,) = await send(settings, make_parcel())
    assert told.result is Result.AWAY
    server.close()


async def test_a_connection_cut_after_the_text_is_tried_again_under_the_same_id(tmp_path: Path) -> None:
    async with mail_server(tmp_path, "starttls") as server:
        server.box.is_mute = True
        room = Room(email=SmtpCourier(smtp_settings(server, "starttls")), rest_after=100)
        await room.follow()
        made = make_instruction(origin=Origin.MANAGER, actor="meng", status=InstructionStatus.REJECTED)
        room.journal.append(INSTRUCTIONS, made)
        await room.follow()
        (dispatcher,) = room.service._dispatchers
        await dispatcher.turn()
        server.box.is_mute = False
        await dispatcher.turn()
        assert len(server.box.letters) == 2
        assert len({letter["Message-ID"] for letter in server.box.letters}) == 1
        assert [one.state for one in room.store.deliveries(state=None, before=0, limit=9)] == [DeliveryState.SENT]
        await dispatcher._courier.rest()


@pytest.mark.parametrize("text", HOSTILE)
async def test_nothing_anybody_wrote_becomes_a_header_a_tag_or_a_template(tmp_path: Path, text: str) -> None:
    happening = make_happening(subject=text, actor=text, product_code=text[:50], params={"reason": text, "lines": text})
    async with mail_server(tmp_path, "plain") as server:
        (told,) = await send(smtp_settings(server, "plain"), make_parcel(happenings=(happening,), name=text))
        if told.result is Result.REFUSED:
            assert server.box.letters == []
            assert "address" in told.reason
            return
        assert told == Sent(Result.SENT)
        (letter,), (envelope,) = server.box.letters, server.box.envelopes
        assert envelope.rcpt_tos == ["fang@desk.example"]
        assert set(letter.keys()) == {
            *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"),
        } | ({"X-Peer"} & set(letter.keys()))
        assert "\n" not in letter["Subject"]
        html = letter.get_body(("html",))
        assert html is not None
        page = html.get_content()
        assert "<script" not in page
        assert "<img" not in page
        assert "49" not in page.replace("2026", "")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "a@b",
        "a@desk.example, b@evil.example",
        "a@desk.example\r\nBcc: b@e.x",
        "孟@desk.example",
        "<a@desk.example>",
        "a b@desk.example",
    ],
)
async def test_an_address_that_is_none_is_refused_before_anybody_is_asked(tmp_path: Path, address: str) -> None:
    async with mail_server(tmp_path, "plain") as server:
        (told,) = await send(smtp_settings(server, "plain"), make_parcel(address=address))
        assert told.result is Result.REFUSED
        assert server.box.envelopes == []


def test_a_password_never_travels_unprotected_to_another_machine() -> None:
    with pytest.raises(ConfigError, match="plain only on this machine"):
        SmtpSettings(host="mail.example", security="plain", sender="t@desk.example")
    with pytest.raises(ConfigError, match="sender must be the address"):
        SmtpSettings(host="mail.example")


def test_a_claim_outlasts_a_try() -> None:
    with pytest.raises(ConfigError, match="claim_s must be longer than one try"):
        NoticeSettings(claim_s=10)
