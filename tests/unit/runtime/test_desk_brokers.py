"""Which broker the settings name, and what they must say for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.errors import ConfigError
from tradewind.kernel.clock import LineClock
from tradewind.kernel.settings import load
from tradewind.market.calendar import build_calendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.rates import RateTable
from tradewind.runtime.desk.brokers import BrokerPlace
from tradewind.runtime.desk.rooms import DeskFacts
from tradewind.runtime.settings import TradewindSettings

ACCOUNT = 'execution.ctp.accounts=[{"id":"%s","user_id":"u1","preset":"simnow"}]'


def place(folder: Path, *flags: str) -> BrokerPlace:
    settings = load(TradewindSettings, flags=[f"data_dir={folder}", *flags]).settings
    instruments = InstrumentTable()
    rates = RateTable(instruments)
    facts = DeskFacts(instruments, rates, build_calendar("exchange", closing_tolerance_s=3))
    return BrokerPlace(settings, clock=LineClock(), facts=facts, rates=rates)


def test_paper_runs_nothing_beside(tmp_path: Path) -> None:
    assert (place(tmp_path).broker.name, place(tmp_path).beside) == ("paper", ())


def test_a_broker_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be paper or ctp"):
        place(tmp_path, "execution.broker=ib")


def test_ctp_needs_an_account(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"execution\.ctp\.accounts is empty"):
        place(tmp_path, "execution.broker=ctp")


def test_an_account_at_ctp_is_one_of_the_ledgers(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"main is not one of portfolio\.accounts"):
        place(tmp_path, "execution.broker=ctp", ACCOUNT % "main")


def test_an_account_without_a_password_says_where_to_put_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="CTP_PASSWORD_PAPER"):
        place(tmp_path, "execution.broker=ctp", ACCOUNT % "paper")
    monkeypatch.setenv("CTP_PASSWORD_PAPER", "of the front")
    found = place(tmp_path, "execution.broker=ctp", ACCOUNT % "paper")
    assert found.broker.name == "ctp"
    assert [link.state for link in found.broker.accounts()] == ["stopped"]
