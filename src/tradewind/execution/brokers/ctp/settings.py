"""What an operator says about accounts at CTP brokers; what is secret comes from the environment or the keyring."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tradewind.ctp.secrets import KEYRING
from tradewind.ctp.settings import Front
from tradewind.errors import ConfigError
from tradewind.kernel.settings import SECRET

PresetName = Literal["simnow", "simnow_7x24", "openctp_7x24"]


class Preset(msgspec.Struct, frozen=True):
    """What anybody may know of a public place to try things; the places publish it themselves and change it."""

    fronts: tuple[str, ...]
    broker_id: str
    app_id: str
    auth_code: str


_SIMNOW_APP: Final = ("9999", "simnow_client_test", "0000000000000000")
PRESETS: Final[dict[PresetName, Preset]] = {
    "simnow": Preset(
        ("tcp://182.254.243.31:30001", "tcp://182.254.243.31:30002", "tcp://182.254.243.31:30003"), *_SIMNOW_APP
    ),
    "simnow_7x24": Preset(("tcp://182.254.243.31:40001",), *_SIMNOW_APP),
    "openctp_7x24": Preset(("tcp://121.37.80.177:20002",), *_SIMNOW_APP),
}


class CtpAccountSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account at a broker.

    Raises: ConfigError: a secret stands in it, or what it needs is not there.
    """

    id: Annotated[str, Meta(min_length=1, max_length=40)]
    """Our account: one of `portfolio.accounts`."""
    user_id: Annotated[str, Meta(min_length=1, max_length=15)]
    investor_id: Annotated[str, Meta(max_length=12)] = ""
    preset: PresetName | None = None
    broker_id: Annotated[str, Meta(max_length=10)] = ""
    fronts: tuple[Front, ...] = ()
    app_id: Annotated[str, Meta(max_length=32)] = ""
    product_info: Annotated[str, Meta(max_length=10)] = "tradewind"
    password: str = ""
    auth_code: str = ""
    confirmation: Literal["compared", "unseen"] = "compared"
    hedge: Literal["speculation", "arbitrage", "hedge", "market_maker"] = "speculation"

    def __post_init__(self) -> None:
        """Refuse secrets, and an account that says not where its broker is."""
        for name in ("password", "auth_code"):
            if getattr(self, name):
                message = (
                    f"execution.ctp.accounts, {self.id}: {name} must not stand in the settings; put it into the "
                    f"environment as {secret_name(self.id, name)}, or run `keyring set {KEYRING} {self.id}.{name}`, "
                    "and change it at the broker: whoever read the file knows it"
                )
                raise ConfigError(message)
        for name in ("fronts", "broker_id"):
            if not getattr(self, name) and self.preset is None:
                message = (
                    f"execution.ctp.accounts, {self.id}: {name} is missing; ask the broker for it, or set preset to "
                    f"one of: {', '.join(PRESETS)}"
                )
                raise ConfigError(message)

    @property
    def investor(self) -> str:
        """Return who the account's orders are for."""
        return self.investor_id or self.user_id

    @property
    def place(self) -> Preset:
        """Return where the broker is and as which program we speak to it."""
        known = PRESETS[self.preset] if self.preset is not None else Preset((), "", "", "")
        return Preset(
            self.fronts or known.fronts,
            self.broker_id or known.broker_id,
            self.app_id or known.app_id,
            "" if self.app_id else known.auth_code,
        )


def secret_name(account_id: str, name: str) -> str:
    """Return the variable of a secret: CTP_PASSWORD_ and the account in capitals, all else underscores."""
    account = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in account_id.upper())
    return f"CTP_{name.upper()}_{account}"


class CtpBrokerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of accounts at CTP brokers, for `execution.broker = "ctp"`.

    Raises: ConfigError: two accounts of one id.
    """

    accounts: Annotated[
        tuple[CtpAccountSettings, ...],
        Meta(
            description="accounts at CTP brokers: `id` (one of portfolio.accounts), `user_id`, `investor_id` (where it "
            "is another), `preset` (simnow, simnow_7x24, openctp_7x24) or `fronts` and `broker_id`, `app_id`, "
            "`product_info`, `confirmation` of the settlement statement (compared: the desk compares it "
            "with the books first, and portfolio.confirm_statements says who confirms; unseen: at every login), "
            "`hedge` (speculation, "
            "arbitrage, hedge, market_maker). Password and authentication code never stand here: they are read from "
            "the environment (CTP_PASSWORD_<ID>, CTP_AUTH_CODE_<ID>) or the keyring (service tradewind-ctp)",
            extra={SECRET: True},
        ),
    ] = ()
    query_spacing_s: Annotated[
        float,
        Meta(gt=0.0, le=60.0, description="Seconds from one query of an account to its next; the front may allow more"),
    ] = 1.05
    query_after_s: Annotated[
        float, Meta(gt=0.0, le=600.0, description="A query without an answer for so long has failed")
    ] = 20.0
    query_tries: Annotated[
        int, Meta(ge=1, le=1_000, description="How often a query is asked that the front is not ready for")
    ] = 60
    max_queries: Annotated[
        int, Meta(ge=10, le=100_000, description="Queries of an account that may wait; more are refused")
    ] = 5_000
    login_after_s: Annotated[
        float, Meta(gt=0.0, le=600.0, description="A step of logging in without an answer for so long begins anew")
    ] = 15.0
    login_tries: Annotated[
        int,
        Meta(ge=1, le=100, description="Logins refused for a reason that may pass before a person is asked"),
    ] = 5
    flow_per_s: Annotated[
        int, Meta(ge=1, le=10_000, description="Orders and cancels a second where the front does not say its limit")
    ] = 6
    compare_s: Annotated[
        float,
        Meta(gt=0.0, le=86_400.0, description="Seconds from one comparison of holdings with our books to the next"),
    ] = 300.0
    statement_look_s: Annotated[
        float, Meta(gt=0.0, le=3_600.0, description="Seconds between two looks for a day's statement, once it is due")
    ] = 30.0
    max_held: Annotated[
        int,
        Meta(ge=100, le=10_000_000, description="Order and trade returns kept until contracts are known"),
    ] = 200_000
    no_market_orders: Annotated[tuple[str, ...], Meta(description="Exchanges that take no market orders")] = (
        "SHFE",
        "INE",
    )
    slip_ticks: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000,
            description="Where an exchange takes no market orders: price ticks beyond the opposite price at which a "
            "limit order stands for one",
        ),
    ] = 5

    def __post_init__(self) -> None:
        """Refuse two of one id, and two that speak for the same user: each would log the other out."""
        ids = [account.id for account in self.accounts]
        users = [f"{account.place.broker_id}, {account.user_id}" for account in self.accounts]
        for what, named in (("id", ids), ("broker_id and user_id", users)):
            twice = [each for each in named if named.count(each) > 1]
            if twice:
                message = f"execution.ctp.accounts: each must have its own {what}, twice there: {twice[0]}"
                raise ConfigError(message)
