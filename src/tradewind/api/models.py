"""The bodies of REST that are no message of the line: forms that come in, and small answers."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewind.api.ports import FeedAlarm, SourceInfo
from tradewind.domain.rights import Permission


class SignInForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser shows for a session: the access token alone, or name and password.

    `code` is of the user's app, or a recovery code, where they have a second factor.
    """

    token: Annotated[str, Meta(max_length=200)] = ""
    username: Annotated[str, Meta(max_length=100)] = ""
    password: Annotated[str, Meta(max_length=1_000)] = ""
    code: Annotated[str, Meta(max_length=40)] = ""

    def __post_init__(self) -> None:
        """Accept one of the two."""
        if bool(self.token) == bool(self.username) or (self.token and (self.password or self.code)):
            message = "a sign-in has a `token` alone, or `username` and `password` (and `code` where one is needed)"
            raise ValueError(message)


class SessionView(msgspec.Struct, frozen=True):
    """Who you are, and what the page needs to know to begin.

    `csrf` goes into the header X-CSRF-Token of every request that changes something (empty for token holders).
    """

    identity: str
    name: str
    """As people call them."""
    session_id: str | None
    csrf: str
    push_url: str
    version: str
    source: SourceInfo
    features: dict[str, bool]
    reconnect_tries: int
    permissions: dict[Permission, list[tuple[str, str]]]
    """What the caller may do, each with the (product, account) it covers, `*` for every one."""
    is_alone: bool = False
    """The access token's holder, and there is no user who could approve what they write."""


class SessionEntry(msgspec.Struct, frozen=True):
    """One open browser session; times in ns UTC."""

    session_id: str
    identity: str
    created_at: int
    used_at: int
    peer: str
    user_agent: str
    is_current: bool


class Liveness(msgspec.Struct, frozen=True, omit_defaults=True):
    """This process answers; `feed_alarm` is there only while market data should come and does not."""

    status: Literal["ok"]
    version: str
    feed_alarm: FeedAlarm | None = None


class StepForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many ticks to play before standing still again."""

    n: Annotated[int, Meta(ge=1, le=10_000)] = 1


class SpeedForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many times faster than it was recorded; `max` for as fast as it goes."""

    speed: Annotated[float, Meta(gt=0, le=1_000_000)] | Literal["max"]


class SeekForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to go on: percent of the recording's ticks, or a receive time in ns UTC; one of the two."""

    percent: Annotated[float, Meta(ge=0, le=100)] | None = None
    ts: Annotated[int, Meta(ge=0, le=(1 << 63) - 1)] | None = None

    def __post_init__(self) -> None:
        """Accept one of the two."""
        if (self.percent is None) == (self.ts is None):
            message = "a place in a replay is `percent` or `ts`, one of the two"
            raise ValueError(message)


class StrategyForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters to run a strategy with from now on; those not named stay as they are."""

    params: dict[Annotated[str, Meta(max_length=100)], bool | int | float | Annotated[str, Meta(max_length=200)]]


class MainContractForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contract to switch to, `au2612` or `au2612.SHFE`; `expected` is the one you saw, empty for none.

    With `expected` a switch that somebody made meanwhile is answered 409, and nothing is changed.
    """

    symbol: Annotated[str, Meta(min_length=1, max_length=40)]
    expected: Annotated[str, Meta(max_length=40)] | None = None
