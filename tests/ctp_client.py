"""A client of CTP as small as it can be: a recording Spi on the binding, and fronts to speak to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.testing.ctp_front.binding import mdapi, tdapi
from tradewind.testing.ctp_front.binding.structs import CtpStruct
from tradewind.testing.ctp_front.front import CtpFronts

_PATIENCE_S = 15.0
USER = "210001"
ORDER: dict[str, Any] = {
    "BrokerID": "9999", "InvestorID": USER, "UserID": USER, "InstrumentID": "au2506", "ExchangeID": "SHFE",
    "OrderPriceType": "2", "Direction": "0", "CombOffsetFlag": "0", "CombHedgeFlag": "1", "LimitPrice": 720.0,
    "VolumeTotalOriginal": 1, "TimeCondition": "3", "VolumeCondition": "1", "MinVolume": 1,
    "ContingentCondition": "1", "ForceCloseReason": "0", "IsAutoSuspend": 0,
}  # fmt: skip
"""One lot of gold, bought at 720.00 for the day."""


class Heard(NamedTuple):
    """A callback: its struct as a dict, its error, the request it answers."""

    name: str
    fields: dict[str, Any] | None
    error: tuple[int, str] | None
    number: int
    is_last: bool
    thread: str


def shown(struct: CtpStruct) -> dict[str, Any]:
    """Return the fields of a struct that are not empty."""
    names = [name for name in dir(struct) if not name.startswith("_") and name not in {"this", "thisown"}]
    return {name: value for name in names if (value := getattr(struct, name)) not in ("", 0, b"")}


class Client:
    """Hears everything; each `On…` goes to `heard`."""

    def __init__(self, module: Any, family: str, flow: Path, fronts: list[str], *, mode: int = 0) -> None:
        self.module = module
        self.heard: list[Heard] = []
        self._came = threading.Condition()
        create = getattr(getattr(module, f"CThostFtdc{family}Api"), f"CreateFtdc{family}Api")
        self.api = create(f"{flow}/")
        self.spi = self._spi(getattr(module, f"CThostFtdc{family}Spi"))
        self.api.RegisterSpi(self.spi)
        if family == "Trader":
            self.api.SubscribePrivateTopic(mode)
            self.api.SubscribePublicTopic(mode)
        for front in fronts:
            self.api.RegisterFront(front)
        self._number = 0
        self.references = 0

    def start(self) -> None:
        """Begin to connect."""
        self.api.Init()

    def wait(self, name: str, count: int = 1) -> Heard:
        """Return the `count`-th callback of that name, when it has come."""
        with self._came:
            self._came.wait_for(lambda: len(self.of(name)) >= count, _PATIENCE_S)
            found = self.of(name)
        assert len(found) >= count, f"{name} came {len(found)} times; heard {[heard.name for heard in self.heard]}"
        return found[count - 1]

    def of(self, name: str) -> list[Heard]:
        return [heard for heard in self.heard if heard.name == name]

    def names(self) -> list[str]:
        return [heard.name for heard in self.heard]

    def send(self, name: str, **fields: Any) -> int:
        """Send a request and return what the call returned."""
        kind = getattr(self.module, self.api.half.requests[name])
        struct = kind()
        for field, value in fields.items():
            setattr(struct, field, value)
        self._number += 1
        return int(getattr(self.api, name)(struct, self._number))

    def ask(self, name: str, **fields: Any) -> list[Heard]:
        """Send a query when the library lets it through, and return the rows of its answer."""
        answer = f"OnRsp{name.removeprefix('Req')}"
        before = len(self.heard)
        assert self.send(name, **fields) == 0
        with self._came:
            self._came.wait_for(lambda: any(_ends(heard, answer) for heard in self.heard[before:]), _PATIENCE_S)
        return [heard for heard in self.heard[before:] if heard.name in (answer, "OnRspError")]

    def _spi(self, kind: type) -> Any:
        def hearing(name: str) -> Any:
            def hear(_self: object, *arguments: Any) -> None:
                self._hear(name, arguments)

            return hear

        names = [name for name in dir(kind) if name.startswith("On")]
        return type("Spi", (kind,), {name: hearing(name) for name in names})()

    def _hear(self, name: str, arguments: tuple[Any, ...]) -> None:
        fields, error, number, is_last = None, None, 0, True
        for argument in arguments:
            if isinstance(argument, bool):
                is_last = argument
            elif isinstance(argument, int):
                number = argument
            elif type(argument).__name__ == "CThostFtdcRspInfoField":
                error = (argument.ErrorID, argument.ErrorMsg)
            elif argument is not None:
                fields = shown(argument)
        heard = Heard(name, fields, error, number, is_last, threading.current_thread().name)
        with self._came:
            self.heard.append(heard)
            self._came.notify_all()


class Trader(Client):
    """The trading half."""

    def __init__(self, flow: Path, fronts: list[str], *, mode: int = 0) -> None:
        super().__init__(tdapi, "Trader", flow, fronts, mode=mode)

    def authenticate(self, code: str = "0" * 16) -> Heard:
        count = len(self.of("OnRspAuthenticate"))
        self.send("ReqAuthenticate", BrokerID="9999", UserID=USER, AppID="simnow_client_test", AuthCode=code)
        return self.wait("OnRspAuthenticate", count + 1)

    def log_in(self, password: str = "front-password") -> Heard:  # noqa: S107 - of a front on this machine
        count = len(self.of("OnRspUserLogin"))
        self.send("ReqUserLogin", BrokerID="9999", UserID=USER, Password=password)
        return self.wait("OnRspUserLogin", count + 1)

    def confirm(self) -> Heard:
        count = len(self.of("OnRspSettlementInfoConfirm"))
        self.send("ReqSettlementInfoConfirm", BrokerID="9999", InvestorID=USER)
        return self.wait("OnRspSettlementInfoConfirm", count + 1)

    def enter(self) -> None:
        """Connect, authenticate, log in and confirm."""
        self.start()
        self.wait("OnFrontConnected")
        self.enter_again()

    def enter_again(self) -> None:
        self.authenticate()
        login = self.log_in().fields
        assert login is not None
        self.references = int(login["MaxOrderRef"])
        self.confirm()

    def order(self, **changes: Any) -> str:
        """Send an order with the next reference, which is returned."""
        self.references += 1
        fields = ORDER | {"OrderRef": str(self.references)} | changes
        assert self.send("ReqOrderInsert", **fields) == 0
        return str(fields["OrderRef"])

    def orders(self) -> list[dict[str, Any]]:
        return [heard.fields for heard in self.of("OnRtnOrder") if heard.fields is not None]

    def statuses(self) -> str:
        return "".join(fields["OrderStatus"] for fields in self.orders())


class Viewer(Client):
    """The market half."""

    def __init__(self, flow: Path, fronts: list[str]) -> None:
        super().__init__(mdapi, "Md", flow, fronts)

    def enter(self) -> None:
        self.start()
        self.wait("OnFrontConnected")
        self.send("ReqUserLogin")
        self.wait("OnRspUserLogin")

    def subscribe(self, *symbols: str) -> None:
        count = len(self.of("OnRspSubMarketData"))
        assert self.api.SubscribeMarketData([symbol.encode() for symbol in symbols], len(symbols)) == 0
        self.wait("OnRspSubMarketData", count + len(symbols))

    def ticks(self) -> list[dict[str, Any]]:
        return [heard.fields for heard in self.of("OnRtnDepthMarketData") if heard.fields is not None]


@contextmanager
def released(*clients: Client) -> Iterator[None]:
    """Release the clients at the end."""
    try:
        yield
    finally:
        for client in clients:
            client.api.RegisterSpi(None)
            client.api.Release()


def started(fronts: CtpFronts) -> Iterator[CtpFronts]:
    """Start fronts and stop them at the end."""
    fronts.start()
    try:
        yield fronts
    finally:
        fronts.stop()


def _ends(heard: Heard, answer: str) -> bool:
    return heard.name in (answer, "OnRspError") and heard.is_last
