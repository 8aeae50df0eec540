"""CTP's numbers for trouble: what each means, and whether asking again can help."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class Reaction(StrEnum):
    """What to do about an error."""

    RETRY = "retry"
    """Ask again, later each time: it is the front that is not ready."""
    NEVER = "never"
    """Asking the same again gets the same answer."""
    PERSON = "person"
    """Ask nothing more of the kind before somebody has acted: trying on may lock the account."""


class Meaning(msgspec.Struct, frozen=True):
    """What a number means, in the front's own words, and what it asks for."""

    text: str
    reaction: Reaction


_R = Reaction
ERRORS: Final[Mapping[int, Meaning]] = {
    3: Meaning("不合法的登录", _R.PERSON),
    6: Meaning("还没有登录", _R.RETRY),
    7: Meaning("还没有初始化", _R.RETRY),
    8: Meaning("前置不活跃", _R.RETRY),
    9: Meaning("无此权限", _R.PERSON),
    15: Meaning("报单字段有误", _R.NEVER),
    16: Meaning("找不到合约", _R.NEVER),
    17: Meaning("合约不能交易", _R.NEVER),
    22: Meaning("不允许重复报单", _R.NEVER),
    23: Meaning("错误的报单操作字段", _R.NEVER),
    24: Meaning("撤单已报送", _R.NEVER),
    25: Meaning("撤单找不到相应报单", _R.NEVER),
    26: Meaning("报单已全成交或已撤销，不能再撤", _R.NEVER),
    28: Meaning("没有报单交易权限", _R.PERSON),
    29: Meaning("只能平仓", _R.NEVER),
    30: Meaning("平仓量超过持仓量", _R.NEVER),
    31: Meaning("资金不足", _R.NEVER),
    35: Meaning("经纪公司正在同步", _R.RETRY),
    40: Meaning("交易所未处理请求超过许可数", _R.RETRY),
    41: Meaning("交易所每秒发送请求数超过许可数", _R.RETRY),
    42: Meaning("结算结果未确认", _R.PERSON),
    49: Meaning("不合法的登录IP", _R.PERSON),
    50: Meaning("平今仓位不足", _R.NEVER),
    51: Meaning("平昨仓位不足", _R.NEVER),
    60: Meaning("用户在线会话超出上限", _R.PERSON),
    63: Meaning("客户端认证失败", _R.PERSON),
    64: Meaning("客户端未认证", _R.PERSON),
    75: Meaning("连续登录失败次数超限，登录被禁止", _R.PERSON),
    80: Meaning("交易所不支持的价格类型", _R.NEVER),
    90: Meaning("查询未就绪，请稍后重试", _R.RETRY),
    91: Meaning("交易所返回的错误", _R.NEVER),
    95: Meaning("不支持的价格", _R.NEVER),
    106: Meaning("投资者限仓", _R.NEVER),
    116: Meaning("下单频率限制", _R.RETRY),
    131: Meaning("弱密码", _R.PERSON),
    140: Meaning("首次登录必须修改密码", _R.PERSON),
    141: Meaning("密码已过期", _R.PERSON),
}
"""Those of error.xml that an order line meets."""

REMEDIES: Final[Mapping[int, str]] = {
    3: "check user and password",
    49: "this machine's address is not registered with the broker",
    63: "check app_id and the authentication code",
    64: "check app_id and the authentication code",
    75: "the broker has locked the account; call it",
    131: "the broker wants a stronger password; change it there",
    140: "the first login must change the password; do it with the broker's own program",
    141: "the password has expired; change it with the broker's own program",
}
"""What to do about refusals that more tries make worse."""

RETURN_CODES: Final[Mapping[int, str]] = {
    0: "sent",
    -1: "no network",
    -2: "too many requests wait for their answers",
    -3: "too many requests in this second",
}
"""What the call of a request returns."""

REASONS: Final[Mapping[int, str]] = {
    0x1001: "reading from the network failed",
    0x1002: "writing to the network failed",
    0x2001: "no heartbeat came in time",
    0x2002: "sending a heartbeat failed",
    0x2003: "a bad packet came",
}
"""Why a front was lost (OnFrontDisconnected)."""


def meaning_of(error_id: int, told: str = "") -> Meaning:
    """Return what an error means; of an unknown one nobody knows that asking again is harmless."""
    known = ERRORS.get(error_id)
    return known if known is not None else Meaning(told or f"错误 {error_id}", _R.NEVER)


def shown(error_id: int, told: str = "") -> str:
    """Return an error as a person reads it: the front's own words, else ours, and the number."""
    return f"{told.strip() or meaning_of(error_id).text} (CTP {error_id})"


def reason_shown(reason: int) -> str:
    """Return why a front was lost, as a person reads it."""
    return f"{REASONS.get(reason, 'for a reason we do not know')} (0x{reason:04x})"
