"""The words of docs/hsapi.en.md, the twin of `hsapi_words`."""

from __future__ import annotations

from typing import Final

HEAD: Final = """# The interface of the trading and quote monitor (004): `/hsapi/…`

中文：[hsapi.md](hsapi.md). Made by `make docs` from `bus/hsapi_forms.py`; do not edit.

Older clients change no path: channels, data queries, the contract list and instructions are where they were. Sign in by
`Authorization: Bearer TOKEN` or by the session's cookie, with which `POST` and `PUT` need the header `X-CSRF-Token` too
(its value is at `GET /api/v1/session`); every row names its `account_id` and `product_code`, and only what you may see
is shown. Numbers are JSON numbers, money exact to the last digit; what is not known (no quote, an option that is over)
is `null` and never guessed. Times (`update_time`) are milliseconds UTC.

## Channels (WebSocket)

| path | carries |
|---|---|
| `/hsapi/ws/stock/` | quotes |
| `/hsapi/ws/pos/` | positions with delta and market value |
| `/hsapi/ws/acc/` | funds, risk degree, leverage |
| `/hsapi/ws/trade_statistic/` | the day's fills summed up |
| `/hsapi/ws/order_statistic/` | working orders summed up |
| `/hsapi/ws/pos_group_statistic/` | positions by product, strategy, exchange, sector, trader |
| `/hsapi/ws/chat/` | the team's chat, where there is one |

Everything is said unasked. First `{"type":"snapshot","channel":…,"offset":…,"data":[…]}`, then the rows that changed:
`{"type":"update",…}`, prices at most every `push.hsapi_interval_ms`, fills and orders at once (up to twenty times a
second); a slow client gets the newest of each row and no queue.
A closed position, an order row with nothing left and an empty group are told once more, with a quantity of 0, and then
no more. The `/` at the end of a path may be left out.

A client may say:

| message | effect |
|---|---|
| `{"action":"subscribe","instruments":["au2606"],"products":["fund1"],"accounts":["paper"]}` | \
only these contracts, products, accounts; what is left out filters nothing; answered by a new `snapshot` |
| `{"action":"ping"}` | answered `{"type":"pong","channel":…,"ts":…}` |

Contracts are written `au2606` or `au2606.SHFE`. What is not understood is answered
`{"type":"error","code":…,"message":…}`; the connection stays.

`stock` asks for the permission `market`, `chat` for `chat`, the others for `view` ([rights.md](rights.md)): without it
the handshake is refused, 403 `not_allowed`. Of those others each client hears the rows of its products and accounts,
and `offset` counts those alone. Where rights change while it is connected, a channel that looks different now begins
anew with a `snapshot`, narrowed as before; where nothing is left the connection is closed with 4403.

## Data queries (REST)

`POST /hsapi/wsapp/data/{strategy_position,strategy_account,trade_statistic,order_statistic,all}/` with a JSON body, for
whoever has the permission `view`; rows are those of their products and accounts:

```json
{"product_code":"fund1","account_id":["paper"],"strategy":"trend","c_instrument_id":"au2606","date":"2026-01-05"}
```

Each filter may be left out, and be a name or a list of names; `{}` is everything. `date` can only be the accounts'
present trading day (others are at `/api/v1/records`), else 422. So are fields nobody knows. The answer is
`{"count":…,"data":[…]}`; that of `all` is `{"data":{"strategy_position":[…],"strategy_account":[…],\
"trade_statistic":[…],"order_statistic":[…],"pos_group_statistic":[…]}}`.

## The contract list (REST)

`GET /hsapi/wsapp/api/contract-list/?search=沪金&c_exchange_id=SHFE&c_type_name=期货&page=1&page_size=100`;
`POST` takes the same filters in the body and changes nothing either. Both ask for the
permission `market`. The answer is `{"count":…,"page":…,"page_size":…,"results":[…]}`.
`GET …/contract-list/au2606/` (or `au2606.SHFE`) is one contract, 404 where there is none. Contracts come from the
shipped tables, or from the table `databases.pms_monitor.contract_table`.
"""

FIELDS_HEAD: Final = """## Fields

A row of a group is a cell of group × account × product: the sum over the cells you see is the group as you may see it.
While one position of a cell has no price, `delta_value` and `market_value` are `null` and `unpriced_count` says how
many: a part is never passed off as the whole.
"""

TAIL: Final = """## How delta is counted

Futures: lots × direction, times the multiplier, times the last price for money. Options: Black-76 at the volatility
that the option's last price implies (none: no delta), on the last price of the underlying future, with the time to the
end in trading days of the calendar (`statistics.days_per_year`) and the rate `statistics.interest_rate`. Most commodity
options are American; deep in the money or near their end Black-76 is a little off. `market.options_file` says which
contracts are options (the columns of CTP's instrument query); nobody has rates for them, so they are shown and cannot
be traded here.

## Three databases

| database | settings | holds |
|---|---|---|
| `strategy` | `store` | our own: journal, instructions, orders, fills, positions, users |
| `pms_monitor` | `databases.pms_monitor` | quotes (`market.source = "sql_monitor"`), the contract list; read only |
| `dataweb_read` | `databases.dataweb_read` | people and roles, for `tradewind user import`; read only |

Where the user of a read-only database could write, we refuse to begin and say how to change the grants
(`if_writable = "warn"` only warns); the connections are read-only transactions besides.
"""

FIELDS: Final = {
    "account_id": "account",
    "product_code": "product (fund); empty on rows of an account as a whole",
    "strategy": "strategy",
    "c_instrument_id": "contract",
    "c_instrument_name": "its name",
    "c_exchange_id": "exchange",
    "c_type_name": "kind: 期货 (future), 期权 (option), 股票 (share)",
    "c_stype_name": "product of the exchange",
    "instrument_id": "contract.exchange, unique everywhere",
    "sector": "sector",
    "direction": "`long` or `short`",
    "buy_sell": "`buy` or `sell`",
    "trading_day": "trading day, YYYYMMDD",
    "last_price": "last price",
    "volume": "lots of the day",
    "turnover": "money turned over",
    "open_interest": "open interest",
    "bid_price": "best bid",
    "bid_volume": "its lots",
    "ask_price": "best ask",
    "ask_volume": "its lots",
    "open_price": "opening price; of a position its average opening price, counted by trade",
    "high_price": "highest",
    "low_price": "lowest",
    "pre_close_price": "last close",
    "pre_settlement_price": "last settlement",
    "limit_up": "upper limit",
    "limit_down": "lower limit",
    "change": "against the last settlement, of shares against the last close",
    "change_percent": "the same in percent",
    "current_position": "lots held",
    "today_position": "of them opened today",
    "yesterday_position": "of them older",
    "closable_position": "lots no order has spoken for",
    "holding_price": "average price of the day's count",
    "market_value": "value, with the direction's sign",
    "gross_value": "values without signs, added up",
    "delta_lots": "delta in lots",
    "delta": "delta in units (lots × multiplier)",
    "delta_value": "delta in money",
    "position_pnl": "profit of what is held, by day",
    "floating_pnl": "profit of what is held, by trade",
    "margin": "margin",
    "is_account_total": "a row of an account as a whole, of no strategy's book",
    "update_time": "milliseconds UTC",
    "currency": "currency",
    "pre_balance": "balance of the day before",
    "balance": "balance",
    "available": "available",
    "frozen_margin": "margin held back",
    "frozen_commission": "commission held back",
    "deposit": "paid in",
    "withdraw": "taken out",
    "commission": "commission",
    "close_pnl": "profit of closing, by day",
    "risk_degree": "margin ÷ balance",
    "leverage": "gross value ÷ balance",
    "trade_count": "fills; 0: the day is over",
    "order_count": "orders; 0: none is left",
    "quantity": "lots",
    "filled_quantity": "lots filled",
    "remaining_quantity": "lots left",
    "avg_price": "average price",
    "group_by": "`product`, `strategy`, `exchange`, `sector` or `trader`",
    "group_name": "the group; an empty trader: opened by no order of ours",
    "position_count": "positions; 0: the cell is empty",
    "long_position": "lots long",
    "short_position": "lots short",
    "net_position": "long less short",
    "gross_position": "long and short",
    "unpriced_count": "positions without a price",
    "contract_multiplier": "units per lot; null where not known",
    "price_tick": "smallest step",
    "expire_date": "last trading day",
    "strike_price": "strike; null of what is no option",
    "underlying_id": "what an option is on",
}
