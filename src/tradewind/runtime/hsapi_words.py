"""The words of docs/hsapi.md: what stands around its tables, and what each field means."""

from __future__ import annotations

from typing import Final

HEAD: Final = """# 交易与行情监控系统（004）的接口：`/hsapi/…`

English: [hsapi.en.md](hsapi.en.md)。本页由 `make docs` 从 `bus/hsapi_forms.py` 生成，请勿手改。

老客户端不用改路径：频道、数据查询、合约列表和指令都在原来的位置。登录用 `Authorization: Bearer TOKEN` 或会话 Cookie
（用 Cookie 发 `POST`、`PUT` 时还要请求头 `X-CSRF-Token`，值在 `GET /api/v1/session`）；
每一行都带 `account_id` 与 `product_code`，只给看得见的产品和账户。数字是 JSON 数字，金额精确到最后一位；
不知道的（没有行情、期权已到期……）是 `null`，绝不猜。时间 `update_time` 是 UTC 毫秒。

## 频道（WebSocket）

| 路径 | 内容 |
|---|---|
| `/hsapi/ws/stock/` | 行情 |
| `/hsapi/ws/pos/` | 持仓、Delta、市值 |
| `/hsapi/ws/acc/` | 资金、风险度、杠杆 |
| `/hsapi/ws/trade_statistic/` | 当日成交统计 |
| `/hsapi/ws/order_statistic/` | 挂单统计 |
| `/hsapi/ws/pos_group_statistic/` | 按产品、策略、交易所、板块、交易员分组的持仓 |
| `/hsapi/ws/chat/` | 团队聊天（有聊天室时） |

连上就推，什么都不用发。先是 `{"type":"snapshot","channel":…,"offset":…,"data":[…]}`，之后只推变化的行：
`{"type":"update",…}`，价格变动最快每 `push.hsapi_interval_ms` 毫秒一次，成交、报单等立即推（每秒至多二十次）；
收得慢的客户端得到每一行的最新值，不排队。
平掉的持仓、撤完的挂单、清空的分组再推最后一次，数量为 0，此后不再出现。路径末尾的 `/` 可有可无。

客户端可以发：

| 消息 | 作用 |
|---|---|
| `{"action":"subscribe","instruments":["au2606"],"products":["fund1"],"accounts":["paper"]}` | \
只要这些合约、产品、账户；省略的不过滤；每次都重新给 `snapshot` |
| `{"action":"ping"}` | 回 `{"type":"pong","channel":…,"ts":…}` |

合约写 `au2606` 或 `au2606.SHFE`。看不懂的消息回 `{"type":"error","code":…,"message":…}`，连接不断。

`stock` 要权限 `market`，`chat` 要 `chat`，其余要 `view`（[rights.md](rights.md)）；没有就在握手时拒绝（403
`not_allowed`）。其余频道只给看得见的产品和账户的行，`offset` 也只数这些行。连接中权限变了，看到的内容不同的频道会
不请自来地重新给 `snapshot`，原来的过滤条件仍然有效；什么都不剩就以 4403 关闭。

## 数据查询（REST）

`POST /hsapi/wsapp/data/{strategy_position,strategy_account,trade_statistic,order_statistic,all}/`，正文是 JSON；
要权限 `view`，只给看得见的产品和账户的行：

```json
{"product_code":"fund1","account_id":["paper"],"strategy":"trend","c_instrument_id":"au2606","date":"2026-01-05"}
```

每个条件可以省略，可以是一个名字或一串名字；`{}` 是全部。`date` 只能是账户的当前交易日（别的日子在 `/api/v1/records`），
否则 422。不认识的字段也是 422。回答 `{"count":…,"data":[…]}`；`all` 回答
`{"data":{"strategy_position":[…],"strategy_account":[…],"trade_statistic":[…],"order_statistic":[…],\
"pos_group_statistic":[…]}}`。

## 合约列表（REST）

`GET /hsapi/wsapp/api/contract-list/?search=沪金&c_exchange_id=SHFE&c_type_name=期货&page=1&page_size=100`；
`POST` 同样的条件放在正文里，也不改任何东西；两者都要权限 `market`。
回答 `{"count":…,"page":…,"page_size":…,"results":[…]}`。
`GET …/contract-list/au2606/`（或 `au2606.SHFE`）是一个合约，没有则 404。合约来自内置表，
或 `databases.pms_monitor.contract_table` 指定的表。
"""

FIELDS_HEAD: Final = """## 字段

分组行是“分组 × 账户 × 产品”的一格：把看得见的格子加起来，就是看得见的分组。格子里只要有一个持仓没有价格，
`delta_value`、`market_value` 就是 `null`，`unpriced_count` 说有几个：部分不会冒充全部。
"""

TAIL: Final = """## Delta 怎么算

期货：手数 × 方向，乘以合约乘数、再乘最新价就是金额。期权：Black-76，波动率由期权的最新价反解（解不出就没有 Delta），
标的用期货最新价，到期时间按交易日历数交易日（`statistics.days_per_year`），利率是 `statistics.interest_rate`。
商品期权多为美式，深度实值或临近到期时与 Black-76 略有出入。哪些合约是期权，由 `market.options_file` 说明
（CTP 合约查询的列）；期权没有费率，因此不能在这里交易，只用于显示。

## 三个数据库

| 库 | 设置 | 内容 |
|---|---|---|
| `strategy` | `store` | 我们自己的：日志、指令、委托、成交、持仓、用户 |
| `pms_monitor` | `databases.pms_monitor` | 行情表（`market.source = "sql_monitor"`）、合约列表；只读 |
| `dataweb_read` | `databases.dataweb_read` | 人员与角色，供 `tradewind user import`；只读 |

只读库的用户如果还能写，默认拒绝启动并说明怎么改授权（`if_writable = "warn"` 则只警告）；连接本身也是只读事务。
"""

FIELDS: Final = {
    "account_id": "账户",
    "product_code": "产品（基金）；账户整体的行为空",
    "strategy": "策略",
    "c_instrument_id": "合约代码",
    "c_instrument_name": "合约名称",
    "c_exchange_id": "交易所",
    "c_type_name": "类型：期货、期权、股票",
    "c_stype_name": "品种",
    "instrument_id": "合约代码.交易所，全系统唯一",
    "sector": "板块",
    "direction": "多空：`long`、`short`",
    "buy_sell": "买卖：`buy`、`sell`",
    "trading_day": "交易日 YYYYMMDD",
    "last_price": "最新价",
    "volume": "成交量（当日累计）",
    "turnover": "成交额",
    "open_interest": "持仓量",
    "bid_price": "买一价",
    "bid_volume": "买一量",
    "ask_price": "卖一价",
    "ask_volume": "卖一量",
    "open_price": "开盘价；持仓行里是开仓均价（逐笔）",
    "high_price": "最高价",
    "low_price": "最低价",
    "pre_close_price": "昨收",
    "pre_settlement_price": "昨结算",
    "limit_up": "涨停价",
    "limit_down": "跌停价",
    "change": "涨跌（对昨结算，股票对昨收）",
    "change_percent": "涨幅 %",
    "current_position": "持仓手数",
    "today_position": "今仓",
    "yesterday_position": "昨仓",
    "closable_position": "可平手数",
    "holding_price": "持仓均价（盯市）",
    "market_value": "市值，带方向",
    "gross_value": "市值绝对值之和",
    "delta_lots": "Delta（手）",
    "delta": "Delta（手 × 乘数）",
    "delta_value": "Delta（金额）",
    "position_pnl": "持仓盈亏（盯市）",
    "floating_pnl": "浮动盈亏（逐笔）",
    "margin": "保证金",
    "is_account_total": "是账户整体的行，不属于某个策略账簿",
    "update_time": "UTC 毫秒",
    "currency": "币种",
    "pre_balance": "昨日权益",
    "balance": "权益",
    "available": "可用资金",
    "frozen_margin": "冻结保证金",
    "frozen_commission": "冻结手续费",
    "deposit": "入金",
    "withdraw": "出金",
    "commission": "手续费",
    "close_pnl": "平仓盈亏（盯市）",
    "risk_degree": "风险度：保证金 ÷ 权益",
    "leverage": "杠杆：市值绝对值之和 ÷ 权益",
    "trade_count": "成交笔数；0：这一天结束了",
    "order_count": "挂单数；0：没有了",
    "quantity": "手数",
    "filled_quantity": "已成交手数",
    "remaining_quantity": "未成交手数",
    "avg_price": "成交均价",
    "group_by": "分组方式：`product`、`strategy`、`exchange`、`sector`、`trader`",
    "group_name": "组名；交易员为空：不是我们的委托开的仓",
    "position_count": "持仓个数；0：这一格空了",
    "long_position": "多头手数",
    "short_position": "空头手数",
    "net_position": "净手数",
    "gross_position": "总手数",
    "unpriced_count": "没有价格的持仓个数",
    "contract_multiplier": "合约乘数；不知道为 null",
    "price_tick": "最小变动价位",
    "expire_date": "最后交易日",
    "strike_price": "行权价；不是期权为 null",
    "underlying_id": "标的合约",
}
