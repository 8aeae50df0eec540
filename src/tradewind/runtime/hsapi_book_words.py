"""The words of docs/hsapi.md about the instruction book: its paths, its states, its fields."""

from __future__ import annotations

from typing import Final

PATHS: Final = {
    "GET /hsapi/wsapp/api/instructions/": "指令列表，分页",
    "POST /hsapi/wsapp/api/instructions/": "写一条指令；`status` 为 `submitted` 就同时提交",
    "POST /hsapi/wsapp/api/instructions/adjustment/": "写一条调仓指令并提交",
    "GET /hsapi/wsapp/api/instructions/{id}/": "一条指令和它的调仓行",
    "PUT /hsapi/wsapp/api/instructions/{id}/status/": "改指令状态",
    "GET /hsapi/wsapp/api/instructions/{id}/positions/": "指令的调仓行，每行带委托、场外成交和成交编号",
    "POST /hsapi/wsapp/api/positions/": "持仓数据，分页；只查询",
    "GET /hsapi/wsapp/api/trade-details/": "待交易明细，平仓与开仓分行",
    "PUT /hsapi/wsapp/api/positions/{id}/status/": "放弃调仓行的剩余，或记一笔场外成交",
    "GET /hsapi/wsapp/api/contract-list/": "合约列表，分页",
    "POST /hsapi/wsapp/api/contract-list/": "同上，条件放在正文里",
    "GET /hsapi/wsapp/api/contract-list/{instrument_id}/": "一个合约",
    "GET /hsapi/wsapp/api/contracts/": "已批准的指令还要调整的合约",
    "GET /hsapi/wsapp/api/user/": "自己是谁、在哪个产品上有什么角色和权限",
    "POST /hsapi/wsapp/data/strategy_position/": "持仓",
    "POST /hsapi/wsapp/data/strategy_account/": "账户",
    "POST /hsapi/wsapp/data/trade_statistic/": "成交统计",
    "POST /hsapi/wsapp/data/order_statistic/": "挂单统计",
    "POST /hsapi/wsapp/data/all/": "全部",
}
PATHS_HEAD: Final = """## 全部 REST 路径

路径末尾的 `/` 可有可无。`whoever`：登录了就行，回答的是自己的事。

| 权限 | 路径 | 内容 |
|---|---|---|"""
BOOK: Final = """## 指令（REST）

指令簿和 `/api/v1/instruction-book` 是同一本（[office.md](office.md)）：同样的审批、同样的权限（角色 × 产品 × 账户）、
同样的风控，只是换成老系统的说法。查看要 `view`；写指令、提交、撤销要 `instruct`，审批、拒绝要 `approve`，
其余要 `trade`，而且是对这条指令的产品和账户。看不见的和不存在的回答一模一样。

`POST …/instructions/adjustment/`：

```json
{"product_code":"fund1","account_id":"paper","reason":"re-balance","positions":[
 {"c_instrument_id":"au2606","current_position":0,"adjusted_position":2},
 {"c_instrument_id":"rb2605","adjusted_position":-3,"price":2990}]}
```

先查权限，再写入记录并留下持仓快照；邮件和 WebSocket 通知在提交之后才发；最后回答 201 和整条指令。
带了 `current_position` 而持仓已经不是这个数，就是 409，什么都不写。`account_id` 可以省略，只要产品只在一个账户里。
`POST …/instructions/` 一样，默认只写草稿。手数可以写 `2`、`2.0`、`"2.00"`，必须是整数手。

**只做一次。** 请求头 `Idempotency-Key`（1 到 64 个 ASCII 字符）：同一个键再来一次，回答还是那条指令，重启以后也一样。
老客户端不带键也行：同一个人在 10 秒内发来一字不差的正文，算同一次（按钮按了两下）。

**列表。** `?status=submitted,approved&product_code=fund1&account_id=paper&c_instrument_id=au2606&created_by=wang\
&trader=li&ordering=-created_at&page=1&page_size=100`，每项都可以省略。
回答 `{"count":…,"page":…,"page_size":…,"results":[…]}`，新的在前；`ordering` 是任一字段，前面加 `-` 是倒序。
这里是手头的指令，更早的在 `/api/v1/records/instructions`。

**编号。** 老系统的 `id` 是数字：指令 `B000012` 就是 `12`（路径里两种写法都行）；调仓行是 `指令 × 1000 + 行号`，
明细是 `调仓行 × 100000 + 序号`。修改草稿会重排行，请重新读取。

### 指令状态

`PUT …/instructions/{id}/status/`，正文 `{"status":"approved","version":3,"reason":"…"}`。`version` 是看到的版本，
有人改过就是 409；不带就按现在的版本（`api.hsapi_needs_version` 可以要求审批必须带）。状态已经是要的那个，回答 200，
什么都不变。拒绝必须写 `reason`。做不到的是 409，`error.allowed` 列出现在能设的状态。

| 状态 | 也可以写 | 对应的动作 | 权限 |
|---|---|---|---|
"""
BY_STATE: Final = "按状态"
NOBODY: Final = "谁也不能设：由委托、成交和时间决定"
LINES: Final = """### 调仓行状态

`PUT …/positions/{id}/status/`。`waived`：剩下的不做了。`done`、`partly_done`：记一笔在别处做的成交，
`{"status":"done","quantity":2,"price":600.5,"open_close":"open","trade_id":"T1"}`，`is_booked` 为真时记入账本；
成交够了才是 `done`。同一个 `trade_id` 只算一次。只有接了指令的交易员能做；发单请用 `/api/v1/instruction-book`。

| 状态 | 也可以写 |
|---|---|
"""
ERRORS: Final = """## 出错

`{"error":{"code":…,"message":…,"field":…,"allowed":[…]},"detail":…}`；`detail` 与 `message` 相同，给老客户端读。

| 状态码 | 什么时候 |
|---|---|
| 400 | 正文不是 JSON |
| 401 | 没有登录 |
| 403 | 没有这个权限，或不在自己的产品和账户里 |
| 404 | 没有这条指令、这一行、这个合约 |
| 409 | 状态不允许、版本旧了、持仓变了 |
| 413、415 | 正文太大、不是 `application/json` |
| 422 | 字段不认识或值不对，`field` 说是哪个 |
| 503 | 交易室或数据库不在 |
"""
TITLES: Final = {
    "instruction": "指令（`instructions/`；单条时另有 `positions`）",
    "adjustment": "调仓行（`positions`、`instructions/{id}/positions/`；后者另有 `details`）",
    "detail": "明细（`details`）",
    "to_trade": "待交易明细（`trade-details/`）",
    "to_adjust": "需调整合约（`contracts/`）",
    "user": "用户（`user/`）",
    "user_role": "`user_role_products`",
    "role": "`roles`",
    "product": "`products`",
    "adjustment_form": "正文：`instructions/adjustment/`（`instructions/` 另有 `status`）",
    "position_form": "正文里的 `positions`",
    "status_form": "正文：`instructions/{id}/status/`",
    "line_form": "正文：`positions/{id}/status/`",
}
FIELDS: Final = {
    "id": "编号，数字",
    "instruction_id": "所属指令的编号",
    "position_adjustment_id": "所属调仓行的编号",
    "instruction_no": "指令自己的名字",
    "instruction_ids": "哪些指令",
    "instruction_status": "指令的状态",
    "status": "状态，见上面的表",
    "status_name": "状态的中文名",
    "allowed_status": "现在能设的状态",
    "version": "版本；每次变化加一",
    "created_by": "谁写的、谁发的",
    "trader": "指定的或接了指令的交易员",
    "reason": "理由，原样的文字",
    "total_current_delta_value": "各行调整前 Delta 之和（金额）",
    "total_adjusted_delta_value": "各行调整后 Delta 之和（金额）",
    "current_delta_value": "调整前 Delta（金额）",
    "adjusted_delta_value": "调整后 Delta（金额）",
    "created_at": "写下的时刻，UTC，ISO 8601",
    "updated_at": "最近变化的时刻",
    "expires_at": "何时过期；`null`：交易日结束时",
    "adjusted_position": "要调到的手数（多 − 空）",
    "adjustment.current_position": "写指令时的手数（多 − 空）",
    "position_form.current_position": "客户端看到的手数；不符就拒绝",
    "working_quantity": "已发出、还没成交的手数",
    "adjustment.remaining_quantity": "还没发出的手数",
    "price": "价格；调仓行里是可接受的最差价，`null` 不限",
    "open_close": "开平：`open`、`close`、`close_today`、`close_yesterday`",
    "trade_id": "成交编号；一张委托有几笔成交时用逗号隔开",
    "order_no": "委托引用；场外成交为空",
    "detail.status": "委托的状态；场外成交为 `recorded` 或 `booked`",
    "buy_quantity": "还要买的手数",
    "sell_quantity": "还要卖的手数",
    "net_quantity": "买 − 卖",
    "positions": "各合约的目标",
    "is_booked": "是否记入账本",
    "username": "登录名",
    "english_name": "英文名",
    "chinese_name": "中文名",
    "email": "邮箱",
    "user_role_products": "在哪个产品、哪个账户上是什么角色",
    "roles": "这些角色",
    "products": "有权的产品",
    "permissions": "权限；`user/` 里每项带它管到的产品和账户",
    "user_id": "用户编号；访问令牌的持有人是 0",
    "role": "角色",
    "user_role.product_code": "产品，`*` 是全部",
    "user_role.account_id": "账户，`*` 是全部",
    "name": "名称",
    "description": "说明",
    "code": "产品代码",
}
