"""Fronts that somebody names in the environment: SimNow's, a broker's, or a library that needs none (LocalCTP)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from ctp_trading import CtpPlace
from tradewind.ctp.binding import REAL
from tradewind.ctp.settings import CtpSettings
from tradewind.execution.brokers.ctp.credentials import Secrets
from tradewind.execution.brokers.ctp.settings import PRESETS, CtpAccountSettings

_SIMNOW: Final = PRESETS["simnow"]
_LOOKS: Final = 3_000
"""Half a minute: queries are a second apart, and there are some thousand contracts."""


class Elsewhere(msgspec.Struct, frozen=True):
    """What the environment says of such fronts."""

    trading: CtpPlace
    market_front: str
    instrument_id: str
    price: str = ""
    """A price far from the market, where the front cannot be asked for the lowest."""
    is_only_open_at_times: bool = False
    """True for a front of others: outside its hours it takes no orders."""
    folder: Path | None = None
    """Where the library is to run: LocalCTP reads its contracts there."""


_NEEDED: Final = ("CTP_TD_FRONT", "CTP_USER_ID", "CTP_PASSWORD", "CTP_INSTRUMENT")


def missing() -> str:
    """Return which variables are wanting that the tests at other fronts need, "" where none is."""
    names = [
        name for name in ("CTP_TD_FRONT", "CTP_USER_ID", "CTP_PASSWORD", "CTP_INSTRUMENT") if name not in os.environ
    ]
    return f"no front is named: set {', '.join(names)} (docs/how-to/ctp-front.en.md, 4)" if names else ""


def elsewhere() -> Elsewhere:
    """Return the fronts that the environment names; `missing` says whether it does."""
    read = os.environ.get
    account = CtpAccountSettings(
        id="a1",
        user_id=os.environ["CTP_USER_ID"],
        broker_id=read("CTP_BROKER_ID", _SIMNOW.broker_id),
        fronts=tuple(os.environ["CTP_TD_FRONT"].split(",")),
        app_id=read("CTP_APP_ID", _SIMNOW.app_id),
        confirmation="unseen",
    )
    library = CtpSettings(binding=read("CTP_BINDING", REAL), production=read("CTP_PRODUCTION", "1") != "0")
    secrets = Secrets(os.environ["CTP_PASSWORD"], read("CTP_AUTH_CODE", _SIMNOW.auth_code))
    folder = read("CTP_FOLDER")
    return Elsewhere(
        trading=CtpPlace((account,), {"a1": secrets}, library, looks=_LOOKS),
        market_front=read("CTP_MD_FRONT", ""),
        instrument_id=os.environ["CTP_INSTRUMENT"],
        price=read("CTP_PRICE", ""),
        is_only_open_at_times=folder is None,
        folder=None if folder is None else Path(folder),
    )
