"""The words of letters: for each kind in both languages, and nothing that anybody wrote is more than words."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices_builders import T0, make_happening, make_parcel
from tradewind.domain.notice import Language, NoticeKind
from tradewind.notices.letter import address, letter
from tradewind.notices.wording import LABELS, TITLES, headline, lines, moment, worded

SENDER = address("tradewind@desk.example", "Tradewind")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_kind_has_a_title_in_each_language(language: Language) -> None:
    titles = {headline(make_happening(kind=kind), language) for kind in NoticeKind}
    assert len(titles) == len(NoticeKind) == len(TITLES)


def test_a_happening_is_told_with_its_words_in_the_order_of_importance() -> None:
    text = worded([make_happening()], "zh").text
    assert text.splitlines()[:8] == [
        "指令待审批: i-1 (P1 / A1)",
        "  对象: i-1",
        "  产品: P1",
        "  账户: A1",
        "  操作人: meng",
        "  合约数: 2",
        "  原因: 换月",
        "  时间: 2026-01-02 11:45:00",
    ]


def test_a_ticket_is_told_by_what_it_was_for_and_not_by_its_number() -> None:
    words = {"instrument_id": "rb2605.SHFE", "side": "buy", "offset": "open", "quantity": "2", "price": "3147"}
    told = {
        "kind": NoticeKind.INSTRUCTION_DONE,
        "subject": "M:9811b2160b4b5e00",
        "product_code": "",
        "account_id": "paper",
    }
    done = make_happening(**told, params={**words, "filled": "2", "outcome": "filled"})
    assert headline(done, "zh") == "买入开仓 rb2605 2 手 @3147 已全部成交 (paper)"
    assert headline(done, "en") == "Buy open rb2605 2 lots @3147 filled (paper)"
    assert "M:9811" not in worded([done], "zh").text
    refused = make_happening(
        **{**told, "kind": NoticeKind.ORDER_REJECTED}, params={**words, "instrument_id": "600000.SSE"}
    )
    assert headline(refused, "zh") == "报单被拒: 买入开仓 600000 2 股 @3147 (paper)"


def test_a_digest_counts_and_tells_each() -> None:
    many = [make_happening(event_id=f"e{number}", subject=f"i-{number}") for number in range(3)]
    words = worded(many, "en")
    assert words.subject == "[信风 Tradewind] 3 notices"
    assert [f"Instruction to approve: i-{number} (P1 / A1)" in words.text for number in range(3)] == [True] * 3
    assert lines(many, "zh").count("指令待审批") == 3


def test_what_belongs_to_no_product_is_named_without_one() -> None:
    assert headline(make_happening(subject="", product_code="", account_id=""), "zh") == "指令待审批"
    assert moment(T0) == "2026-01-02 11:45:00"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}


hostile = st.text(alphabet=st.sampled_from("<>&\"'=?\r\n\x00\u2028\u202e@,;: aB0_{}%$换"), max_size=80)


@given(hostile, hostile, st.sampled_from(sorted(LABELS)))
def test_no_text_becomes_a_header_or_a_tag(text: str, name: str, label: str) -> None:
    happening = make_happening(subject=text, actor=text, params={label: text})
    try:
        mail = letter(make_parcel(happenings=(happening,), name=name), sender=SENDER)
    except ValueError:
        return  # a name that no header can hold: the letter is refused
    received = message_from_bytes(mail.as_bytes(), policy=default)
    assert isinstance(received, EmailMessage)
    assert sorted(received.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
    )
    assert [one.addr_spec for one in received["To"].addresses] == ["fang@desk.example"]
    page = received.get_body(("html",))
    assert page is not None
    tags = Tags()
    tags.feed(page.get_content())
    assert tags.found <= {"html", "head", "meta", "body", "h3", "table", "tr", "th", "td", "p"}
    assert tags.attributes <= {"lang", "charset", "align"}
