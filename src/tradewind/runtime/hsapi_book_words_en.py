"""The words of docs/hsapi.en.md about the instruction book, the twin of `hsapi_book_words`."""

from __future__ import annotations

from typing import Final

PATHS: Final = {
    "GET /hsapi/wsapp/api/instructions/": "instructions, page by page",
    "POST /hsapi/wsapp/api/instructions/": "write an instruction; with `status` `submitted` hand it in too",
    "POST /hsapi/wsapp/api/instructions/adjustment/": "write an instruction to adjust positions and hand it in",
    "GET /hsapi/wsapp/api/instructions/{id}/": "one instruction with its lines",
    "PUT /hsapi/wsapp/api/instructions/{id}/status/": "set an instruction's state",
    "GET /hsapi/wsapp/api/instructions/{id}/positions/": "its lines with their orders, fills elsewhere and trade ids",
    "POST /hsapi/wsapp/api/positions/": "positions, page by page; changes nothing",
    "GET /hsapi/wsapp/api/trade-details/": "what waits to be traded, closing and opening apart",
    "PUT /hsapi/wsapp/api/positions/{id}/status/": "give the rest of a line up, or record a fill made elsewhere",
    "GET /hsapi/wsapp/api/contract-list/": "contracts, page by page",
    "POST /hsapi/wsapp/api/contract-list/": "the same with the filters in the body",
    "GET /hsapi/wsapp/api/contract-list/{instrument_id}/": "one contract",
    "GET /hsapi/wsapp/api/contracts/": "contracts that approved instructions still want changed",
    "GET /hsapi/wsapp/api/user/": "who one is, one's roles by product, one's permissions",
    "POST /hsapi/wsapp/data/strategy_position/": "positions",
    "POST /hsapi/wsapp/data/strategy_account/": "accounts",
    "POST /hsapi/wsapp/data/trade_statistic/": "fills summed up",
    "POST /hsapi/wsapp/data/order_statistic/": "working orders summed up",
    "POST /hsapi/wsapp/data/all/": "all of these",
}
PATHS_HEAD: Final = """## Every REST path

The `/` at the end may be left out. `whoever`: signed in is enough, the answer is about the caller.

| permission | path | what it does |
|---|---|---|"""
BOOK: Final = """## Instructions (REST)

This is the book of `/api/v1/instruction-book` ([office.en.md](office.en.md)) in the older system's words: the same
approvals, the same rights (role × product × account), the same risk gate. To look takes `view`; to write, hand in and
take back `instruct`, to approve and reject `approve`, the rest `trade`, each for the instruction's product and account.
What one may not see is answered exactly as what does not exist.

`POST …/instructions/adjustment/`:

```json
{"product_code":"fund1","account_id":"paper","reason":"re-balance","positions":[
 {"c_instrument_id":"au2606","current_position":0,"adjusted_position":2},
 {"c_instrument_id":"rb2605","adjusted_position":-3,"price":2990}]}
```

The permission is checked, the instruction written with a snapshot of what is held, and once it is on record mail and
WebSocket notices go out; the answer is 201 with the whole instruction. With a `current_position` that is not what is
held by now it is 409 and nothing is written. `account_id` may be left out where the product is in one account alone.
`POST …/instructions/` does the same and writes a draft unless told otherwise. Lots may be written `2`, `2.0` or
`"2.00"`; they must be whole.

**Once.** The header `Idempotency-Key` (1 to 64 ASCII characters): the same key again is answered with the same
instruction, after a restart too. Older clients need none: the very same body from the same person within 10 seconds
counts as the same request, a button pressed twice.

**The list.** `?status=submitted,approved&product_code=fund1&account_id=paper&c_instrument_id=au2606&created_by=wang\
&trader=li&ordering=-created_at&page=1&page_size=100`: each may be left out.
The answer is `{"count":…,"page":…,"page_size":…,"results":[…]}`, the newest first; `ordering` is any field, with `-`
descending. These are the instructions at hand; older ones are at `/api/v1/records/instructions`.

**Numbers.** The older `id` is a number: instruction `B000012` is `12` (a path takes both), a line is
`instruction × 1000 + place`, a detail `line × 100000 + place`. Amending a draft numbers its lines anew: read it again.

### States of an instruction

`PUT …/instructions/{id}/status/` with `{"status":"approved","version":3,"reason":"…"}`. `version` is the one that was
looked at; where somebody changed it since, the answer is 409. Without it the one in force counts
(`api.hsapi_needs_version` can ask for it). A state that it is in already is answered 200 and changes nothing. To reject
takes a `reason`. What is not possible is 409, and `error.allowed` lists the states that can be set now.

| state | may be written too | act | permission |
|---|---|---|---|
"""
BY_STATE: Final = "by state"
NOBODY: Final = "set by nobody: it follows from orders, fills and time"
LINES: Final = """### States of a line

`PUT …/positions/{id}/status/`. `waived`: what is left will not be done. `done`, `partly_done`: a fill made elsewhere is
recorded, `{"status":"done","quantity":2,"price":600.5,"open_close":"open","trade_id":"T1"}`, in the ledger too with
`is_booked`; the line is `done` once its fills are. A `trade_id` counts once. Only the trader who took the instruction
does this; orders are sent at `/api/v1/instruction-book`.

| state | may be written too |
|---|---|
"""
ERRORS: Final = """## Errors

`{"error":{"code":…,"message":…,"field":…,"allowed":[…]},"detail":…}`; `detail` is the message again, where older
clients look for it.

| status | when |
|---|---|
| 400 | the body is no JSON |
| 401 | nobody is signed in |
| 403 | the permission is missing, or does not cover this product and account |
| 404 | there is no such instruction, line, contract |
| 409 | the state does not allow it, the version is stale, positions have changed |
| 413, 415 | the body is too large, or not `application/json` |
| 422 | a field is unknown or its value wrong; `field` says which |
| 503 | the trading desk or a database is away |
"""
TITLES: Final = {
    "instruction": "An instruction (`instructions/`; alone with `positions` too)",
    "adjustment": "A line (`positions`, `instructions/{id}/positions/`; there with `details` too)",
    "detail": "A detail (`details`)",
    "to_trade": "What waits (`trade-details/`)",
    "to_adjust": "A contract to adjust (`contracts/`)",
    "user": "A user (`user/`)",
    "user_role": "`user_role_products`",
    "role": "`roles`",
    "product": "`products`",
    "adjustment_form": "Body of `instructions/adjustment/` (of `instructions/` with `status` too)",
    "position_form": "`positions` in that body",
    "status_form": "Body of `instructions/{id}/status/`",
    "line_form": "Body of `positions/{id}/status/`",
}
FIELDS: Final = {
    "id": "its number",
    "instruction_id": "the number of its instruction",
    "position_adjustment_id": "the number of its line",
    "instruction_no": "the instruction's own name",
    "instruction_ids": "of which instructions",
    "instruction_status": "the instruction's state",
    "status": "state, see the tables above",
    "status_name": "the state's name in Chinese",
    "allowed_status": "the states that can be set now",
    "version": "version; every change adds one",
    "created_by": "who wrote or sent it",
    "trader": "the trader who is asked for it or took it",
    "reason": "why, as it was typed",
    "total_current_delta_value": "Σ delta of its lines before, in money",
    "total_adjusted_delta_value": "Σ delta of its lines after, in money",
    "current_delta_value": "delta before, in money",
    "adjusted_delta_value": "delta after, in money",
    "created_at": "when it was written, UTC, ISO 8601",
    "updated_at": "when it changed last",
    "expires_at": "when it expires; `null`: at the end of its trading day",
    "adjusted_position": "lots to be held (long − short)",
    "adjustment.current_position": "lots held when it was written (long − short)",
    "position_form.current_position": "lots that the client saw held; others are refused",
    "working_quantity": "lots sent and not filled yet",
    "adjustment.remaining_quantity": "lots not sent yet",
    "price": "price; of a line the worst one allowed, `null` for any",
    "open_close": "`open`, `close`, `close_today`, `close_yesterday`",
    "trade_id": "trade id; of an order with several fills with commas between",
    "order_no": "our reference of the order; empty for a fill made elsewhere",
    "detail.status": "the order's state; `recorded` or `booked` for a fill made elsewhere",
    "buy_quantity": "lots still to buy",
    "sell_quantity": "lots still to sell",
    "net_quantity": "buy − sell",
    "positions": "what is wanted of each contract",
    "is_booked": "whether the ledger counts it",
    "username": "name to sign in by",
    "english_name": "English name",
    "chinese_name": "Chinese name",
    "email": "mail address",
    "user_role_products": "which role for which product and account",
    "roles": "these roles",
    "products": "products with any right",
    "permissions": "permissions; in `user/` each with the products and accounts it covers",
    "user_id": "the user's number; 0 for who holds the access token",
    "role": "role",
    "user_role.product_code": "product, `*` for every one",
    "user_role.account_id": "account, `*` for every one",
    "name": "name",
    "description": "what it is for",
    "code": "product code",
}
