"""The child's part: every callback becomes a message, and one that goes wrong becomes one too."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ctp_stand_in import STRUCTS
from tradewind.ctp.binding import Binding, needs_locale
from tradewind.ctp.child import Child
from tradewind.ctp.messages import Called, Connect, Failed, FrameReader, FromChild, Raised, Request, frame
from tradewind.errors import ConfigError


class Stage:
    """A child in this process, its Spi, and what it tells."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        self._ours.settimeout(5)
        self.child = Child(theirs, Binding("ctp_stand_in", "market"), None)
        self.spi: Any = self.child._spi_class()
        self._reader = FrameReader()
        self._theirs = theirs

    def told(self) -> list[FromChild]:
        return list(self._reader.from_child(self._ours.recv(1 << 16)))

    def perform(self, *messages: Any) -> list[FromChild]:
        for message in messages:
            self.child._perform(next(FrameReader().to_child(frame(message))))
        return self.told()

    def close(self) -> None:
        self._ours.close()
        self._theirs.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


def test_every_kind_of_callback_is_told_with_its_fields_copied(stage: Stage) -> None:
    login, error = STRUCTS["OnRspUserLogin"](), STRUCTS["RspInfo"]()
    login.TradingDay, error.ErrorID, error.ErrorMsg = "20261124", 7, "CTP:还没有初始化"
    stage.spi.OnFrontConnected()
    stage.spi.OnFrontDisconnected(4097)
    stage.spi.OnRspUserLogin(login, error, 5, False)  # noqa: FBT003 - as the library calls
    stage.spi.OnRspUserLogin(None, None, 6, True)  # noqa: FBT003
    login.TradingDay = "garbage"
    fields = {"TradingDay": "20261124", "FrontID": 0, "SessionID": 0}
    assert stage.told() == [
        Called(name="OnFrontConnected"),
        Called(name="OnFrontDisconnected", fields={"reason": 4097}),
        Called(
            name="OnRspUserLogin",
            fields=fields,
            error_id=7,
            error_text="CTP:还没有初始化",
            request_id=5,
            is_last=False,
        ),
        Called(name="OnRspUserLogin", request_id=6),
    ]


def test_a_callback_that_goes_wrong_is_counted_and_told_and_the_next_one_comes(stage: Stage) -> None:
    class Broken:
        Price = property(lambda _self: 1 / 0)

    stage.spi.OnRtnDepthMarketData(Broken())
    stage.spi.OnRtnDepthMarketData(Broken())
    stage.spi.OnFrontConnected()
    wrong = "ZeroDivisionError: division by zero"
    assert stage.told() == [
        Raised(name="OnRtnDepthMarketData", error=wrong, count=1),
        Raised(name="OnRtnDepthMarketData", error=wrong, count=2),
        Called(name="OnFrontConnected"),
    ]


def test_what_cannot_be_done_is_told_with_the_request_s_number(stage: Stage) -> None:
    told = stage.perform(Request(name="ReqUserLogin", fields={}, request_id=4))
    assert told == [Failed(reason="ReqUserLogin: this child is not connected; send Connect first", request_id=4)]
    stage.child._api = SimpleNamespace(ReqUserLogin=print)
    told = stage.perform(Request(name="Release", fields={}, request_id=5))
    assert told == [Failed(reason="the binding has no call Release", request_id=5)]
    told = stage.perform(Connect(fronts=(), flow_dir="/nowhere"))
    assert told == [Failed(reason="this child is connected already; send Release first")]


def test_a_folder_that_cannot_be_made_is_told_and_the_library_never_sees_it(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    (told,) = stage.perform(Connect(fronts=("tcp://a:1",), flow_dir=str(tmp_path / "file" / "flow")))
    assert isinstance(told, Failed)
    assert "Not a directory" in told.reason
    assert stage.child._api is None


def test_a_binding_is_told_from_what_is_none() -> None:
    with pytest.raises(ConfigError, match="'ctp_stand_in' is no binding of CTP"):
        Binding("ctp_stand_in", "trading")
    with pytest.raises(ConfigError, match=r"look at ctp\.binding"):
        Binding("no_such_thing", "market")
    assert not needs_locale("ctp_stand_in")
    assert not needs_locale("no.such.thing")
    assert needs_locale("openctp_ctp")
