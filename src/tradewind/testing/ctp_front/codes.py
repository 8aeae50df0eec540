"""CTP's error codes that a front answers with, and its words for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[int, str]] = {
    3: "不合法的登录", 6: "还没有登录", 7: "还没有初始化", 8: "前置不活跃", 9: "无此权限", 15: "报单字段有误",
    16: "找不到合约", 17: "合约不能交易", 22: "不允许重复报单", 23: "错误的报单操作字段",
    24: "撤单已报送，不允许重复撤单",
    25: "撤单找不到相应报单", 26: "报单已全成交或已撤销，不能再撤", 28: "没有报单交易权限", 29: "只能平仓",
    30: "平仓量超过持仓量", 31: "资金不足", 35: "经纪公司正在同步数据", 40: "交易所未处理请求超过许可数",
    41: "交易所每秒发送请求数超过许可数", 42: "结算结果未确认", 49: "不合法的登录IP地址", 50: "平今仓位不足",
    51: "平昨仓位不足", 60: "用户在线会话超出上限", 63: "客户端认证失败", 64: "客户端未认证",
    75: "连续登录失败次数超限，登录被禁止", 80: "交易所不支持的价格类型", 90: "查询未就绪，请稍后重试",
    91: "交易所返回的错误", 95: "不支持的价格", 106: "投资者限仓", 116: "下单频率限制", 131: "弱密码",
    140: "首次登录必须修改密码，请修改密码后重新登录", 141: "密码已过期，请修改密码后重新登录",
}  # fmt: skip

OK: Final = (0, "正确")


def told(code: int) -> tuple[int, str]:
    """Return a refusal as a front says it: the code, and its words after `CTP:`."""
    return code, f"CTP:{TEXTS.get(code, '未知错误')}"
