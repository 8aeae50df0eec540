"""What an operator may choose about databases of others, which are read and never written."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewind.kernel.settings import SECRET

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_]+$")]
"""A table or a column: letters, digits and _, so that it can stand in a statement."""
MaybeName = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_]*$")]


class ReadDatabase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a database of others is, and how it is asked."""

    url: Annotated[
        str,
        Meta(
            description="empty: there is none; mysql://user@host:3306/database (install tradewind[mysql]) or "
            "sqlite:///path; its user should be granted SELECT and nothing else",
            extra={SECRET: True},
        ),
    ] = ""
    password: Annotated[
        str, Meta(description="password of the database; wins over the one in the url", extra={SECRET: True})
    ] = ""
    connections: Annotated[int, Meta(ge=1, le=64, description="connections kept")] = 2
    connect_s: Annotated[float, Meta(gt=0, description="seconds a connection may take to come about")] = 3.0
    statement_s: Annotated[float, Meta(gt=0, description="seconds an answer may take")] = 10.0
    if_writable: Annotated[
        Literal["refuse", "warn"],
        Meta(description="what to do where the user's grants would let us write: `refuse` to begin, or `warn`"),
    ] = "refuse"

    def __repr__(self) -> str:
        """Show what may be shown."""
        return f"{type(self).__name__}(url={'***' if self.url else ''!r})"


class ContractColumns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the columns of the contract list are called there; an empty name: it has none such."""

    instrument: Name = "c_instrument_id"
    name: Name = "c_instrument_name"
    exchange: Name = "c_exchange_id"
    kind: MaybeName = "c_type_name"
    product: MaybeName = "c_stype_name"


class MonitorDatabase(ReadDatabase, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`pms_monitor`: quotes (`market.sql_monitor` says which table), and perhaps the contract list."""

    contract_table: Annotated[
        MaybeName, Meta(description="table of the contract list; empty: contracts come from the shipped tables")
    ] = ""
    contract_columns: Annotated[
        ContractColumns, Meta(description="columns of that table: `instrument`, `name`, `exchange`, `kind`, `product`")
    ] = ContractColumns()
    cache_s: Annotated[
        int, Meta(ge=1, le=86_400, description="seconds after which what Redis remembers of slow answers is read anew")
    ] = 300


class PeopleColumns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the columns of people and of their roles are called there; an empty name: it has none such."""

    user_id: Name = "id"
    username: Name = "username"
    english_name: MaybeName = "english_name"
    chinese_name: MaybeName = "chinese_name"
    email: MaybeName = "email"
    is_active: MaybeName = "is_active"
    role_user: Name = "user_id"
    role: Name = "role"
    role_product: MaybeName = "product_code"
    role_account: MaybeName = ""


class PeopleDatabase(ReadDatabase, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`dataweb_read`: people with their roles, for `tradewind user import`."""

    user_table: Annotated[Name, Meta(description="table of people")] = "user"
    role_table: Annotated[MaybeName, Meta(description="table of who has which role for which product; empty: none")] = (
        "user_role_product"
    )
    columns: Annotated[
        PeopleColumns,
        Meta(
            description="columns: `user_id`, `username`, `english_name`, `chinese_name`, `email`, `is_active` of "
            "people; `role_user`, `role`, `role_product`, `role_account` of their roles"
        ),
    ] = PeopleColumns()
    roles: Annotated[
        dict[str, str],
        Meta(description='roles there to ours, as `"基金经理" = "fund_manager"`; others stay'),
    ] = {}


class DatabasesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The databases beside our own (`store`, which system 004 calls `strategy`)."""

    pms_monitor: MonitorDatabase = MonitorDatabase()
    dataweb_read: PeopleDatabase = PeopleDatabase()
