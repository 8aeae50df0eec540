"""The words of e-mails and robots, in Chinese and English: plain text, one line each, whatever anybody put into it.

What people or exchanges wrote only ever fills a place of a template. It has no line breaks (`reading.clean`), and
where it goes into HTML every mark of HTML in it is escaped.
"""

from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.notice import Happening, Language, NoticeKind
from tradewind.kernel.clock import NS_PER_S
from tradewind.notices.reading import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CHINA: Final = timezone(timedelta(hours=8))
_SUBJECT_LENGTH: Final = 120
_K = NoticeKind
TITLES: Final[Mapping[NoticeKind, tuple[str, str]]] = {
    _K.INSTRUCTION_SUBMITTED: ("指令待审批", "Instruction to approve"),
    _K.INSTRUCTION_APPROVED: ("指令已批准", "Instruction approved"),
    _K.INSTRUCTION_REJECTED: ("指令被驳回", "Instruction rejected"),
    _K.INSTRUCTION_ACCEPTED: ("指令已接单", "Instruction accepted"),
    _K.INSTRUCTION_WITHDRAWN: ("指令已撤回", "Instruction withdrawn"),
    _K.INSTRUCTION_EXPIRED: ("指令已过期", "Instruction expired"),
    _K.INSTRUCTION_DONE: ("指令已完成", "Instruction done"),
    _K.ORDER_REJECTED: ("报单被拒", "Order rejected"),
    _K.ORDER_UNKNOWN: ("报单状态不明", "Order state unknown"),
    _K.TRADING_HALTED: ("交易已停止", "Trading halted"),
    _K.TRADING_REDUCED: ("只许平仓", "Trading reduced"),
    _K.TRADING_RELEASED: ("交易已恢复", "Trading released"),
    _K.LIMIT_WARNING: ("限额预警", "Limit warning"),
    _K.SETTLEMENT_DONE: ("结算完成", "Settlement done"),
    _K.RECONCILIATION_DIFFERENCE: ("对账差异", "Reconciliation difference"),
    _K.FEED_ALARM: ("行情告警", "Feed alarm"),
    _K.RISK_ALERT: ("风险告警", "Risk alert"),
    _K.CHAT_MENTION: ("有人在聊天中提到你", "You were mentioned"),
}
LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "subject": ("对象", "Subject"),
    "product_code": ("产品", "Product"),
    "account_id": ("账户", "Account"),
    "actor": ("操作人", "By"),
    "instrument_id": ("合约", "Contract"),
    "instruction_id": ("指令", "Instruction"),
    "quantity": ("数量", "Quantity"),
    "filled": ("已成交", "Filled"),
    "price": ("价格", "Price"),
    "lines": ("合约数", "Contracts"),
    "status": ("状态", "Status"),
    "rule": ("规则", "Rule"),
    "scope": ("范围", "Scope"),
    "key": ("范围名称", "Name"),
    "percent": ("已用 %", "Used %"),
    "limit": ("限额", "Limit"),
    "actual": ("实际", "Actual"),
    "trading_day": ("交易日", "Trading day"),
    "next_trading_day": ("下一交易日", "Next trading day"),
    "expired": ("到期合约", "Expired"),
    "severity": ("级别", "Severity"),
    "alert": ("告警", "Alert"),
    "state": ("状态", "State"),
    "reason": ("原因", "Reason"),
    "detail": ("详情", "Detail"),
    "room": ("聊天室", "Room"),
    "text": ("内容", "Text"),
}
SIDES: Final[Mapping[str, tuple[str, str]]] = {"buy": ("买入", "Buy"), "sell": ("卖出", "Sell")}
OFFSETS: Final[Mapping[str, tuple[str, str]]] = {
    "open": ("开仓", " open"),
    "close": ("平仓", " close"),
    "close_today": ("平今", " close today"),
    "close_yesterday": ("平昨", " close yesterday"),
}
UNITS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(("SSE", "SZSE", "HK", "US"), ("股", "shares")),
    "FX": ("单位", "units"),
}
_LOTS: Final = ("手", "lots")
ENDED: Final[Mapping[str, tuple[str, str]]] = {
    "filled": ("已全部成交", "filled"),
    "part": ("部分成交", "partly filled"),
    "nothing": ("没有成交", "not filled"),
}
_TIME: Final = ("时间", "Time")
_DIGEST: Final = ("{count} 条通知", "{count} notices")
_FOOT: Final = (
    "这是信风交易平台的自动通知，请登录平台处理；邮件中没有也不会有任何可操作的链接。",
    "Sent by Tradewind. Sign in to act on it: this message holds no links, and never will.",
)


class Wording(msgspec.Struct, frozen=True):
    """A message in words: its subject on one line, its text, and the same as HTML."""

    subject: str
    text: str
    html: str


def title(kind: NoticeKind, language: Language) -> str:
    """Return what a kind is called."""
    return TITLES[kind][language != "zh"]


def headline(one: Happening, language: Language) -> str:
    """Return one line that says what happened, to what and where."""
    at = " / ".join(part for part in (one.product_code, one.account_id) if part)
    if _is_trade(one):
        return f"{_trade(one, language)} ({at})" if at else _trade(one, language)
    about = f"{one.subject} ({at})" if at and one.subject else one.subject or at
    return f"{title(one.kind, language)}: {about}" if about else title(one.kind, language)


def _is_trade(one: Happening) -> bool:
    return bool(one.params.get("side"))


def _trade(one: Happening, language: Language) -> str:
    """Return what was to be bought or sold, and what came of it."""
    index, words = language != "zh", one.params
    symbol, _, exchange = words.get("instrument_id", "").rpartition(".")
    side = SIDES.get(words["side"], (words["side"],) * 2)[index]
    offset = OFFSETS.get(words.get("offset", ""), ("", ""))[index]
    price = f" @{words['price']}" if words.get("price") else ""
    what = f"{side}{offset} {symbol} {words.get('quantity', '')} {UNITS.get(exchange, _LOTS)[index]}{price}"
    outcome = ENDED.get(words.get("outcome", ""))
    return f"{title(one.kind, language)}: {what}" if outcome is None else f"{what} {outcome[index]}"


def worded(happenings: Sequence[Happening], language: Language) -> Wording:
    """Return the words for one happening, or for a digest of several, the oldest first."""
    if len(happenings) == 1:
        head = headline(happenings[0], language)
    else:
        head = _DIGEST[language != "zh"].format(count=len(happenings))
    parts = [(headline(one, language), _fields(one, language)) for one in happenings]
    subject = clean(f"[信风 Tradewind] {head}", _SUBJECT_LENGTH)
    foot = _FOOT[language != "zh"]
    return Wording(subject, _text(parts, foot), _html(parts, foot, language))


def lines(happenings: Sequence[Happening], language: Language) -> str:
    """Return the plain text without the foot, for groups."""
    return _text([(headline(one, language), _fields(one, language)) for one in happenings], "").rstrip()


def moment(ts: int) -> str:
    """Return a time as people in China write it."""
    return datetime.fromtimestamp(ts // NS_PER_S, UTC).astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _fields(one: Happening, language: Language) -> list[tuple[str, str]]:
    index = language != "zh"
    # An order is known by what it buys or sells, not by a number that nobody gave it.
    own = {
        "subject": "" if _is_trade(one) else one.subject,
        "product_code": one.product_code,
        "account_id": one.account_id,
        "actor": one.actor,
    }
    told = [
        (LABELS[name][index], clean(word)) for name, word in {**own, **one.params}.items() if word and name in LABELS
    ]
    return [*told, (_TIME[index], moment(one.ts_event))]


def _text(parts: list[tuple[str, list[tuple[str, str]]]], foot: str) -> str:
    blocks = ["\n".join([head, *(f"  {label}: {word}" for label, word in fields)]) for head, fields in parts]
    return "\n\n".join([*blocks, foot]) + "\n"


def _html(parts: list[tuple[str, list[tuple[str, str]]]], foot: str, language: Language) -> str:
    blocks = []
    for head, fields in parts:
        rows = "".join(f'<tr><th align="left">{html.escape(a)}</th><td>{html.escape(b)}</td></tr>' for a, b in fields)
        blocks.append(f"<h3>{html.escape(head)}</h3><table>{rows}</table>")
    body = "".join(blocks)
    lang = "zh-CN" if language == "zh" else "en"
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"></head>'
        f"<body>{body}<p>{html.escape(foot)}</p></body></html>"
    )
