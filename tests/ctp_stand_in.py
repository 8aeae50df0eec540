"""The least that a front and a binding of CTP must do for quotes: the true child process talks to it over a socket.

As a module it is the binding (`mdapi`), loaded by the child; `Front` is the server, in the test. One JSON object a
line.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, ClassVar

from private_ports import free_port
from tradewind.ctp.tick_layout import FIELDS

_TEXTS = {"TradingDay", "reserve1", "ExchangeID", "reserve2", "UpdateTime", "ActionDay", "InstrumentID"}
_AGAIN_S = 0.05


def _struct(name: str, **defaults: Any) -> type[Any]:
    def begin(self: Any) -> None:
        vars(self).update(defaults)

    return type(name, (), {"__init__": begin})


def _tick_defaults() -> dict[str, Any]:
    def default(name: str) -> Any:
        if name in _TEXTS or name == "ExchangeInstID":
            return ""
        is_count = "Volume" in name or name == "UpdateMillisec"
        return 0 if is_count else sys.float_info.max

    return {name: default(name) for name in FIELDS}


STRUCTS = {
    "ReqUserLogin": _struct("CThostFtdcReqUserLoginField", BrokerID="", UserID="", Password="", TradingDay=""),
    "OnRspUserLogin": _struct("CThostFtdcRspUserLoginField", TradingDay="", FrontID=0, SessionID=0),
    "OnRspSubMarketData": _struct("CThostFtdcSpecificInstrumentField", InstrumentID="", reserve1=""),
    "OnRtnDepthMarketData": _struct("CThostFtdcDepthMarketDataField", **_tick_defaults()),
    "RspInfo": _struct("CThostFtdcRspInfoField", ErrorID=0, ErrorMsg=""),
}


class MdSpi:
    """What the child derives from."""

    def OnFrontConnected(self) -> None: ...  # noqa: N802 - the library's names
    def OnFrontDisconnected(self, reason: int) -> None: ...  # noqa: N802
    def OnRspUserLogin(self, login: Any, error: Any, number: int, is_last: bool) -> None: ...  # noqa: FBT001, N802
    def OnRspSubMarketData(self, found: Any, error: Any, number: int, is_last: bool) -> None: ...  # noqa: FBT001, N802
    def OnRtnDepthMarketData(self, tick: Any) -> None: ...  # noqa: N802


class MdApi:
    """Connects to the front and calls back on a thread of its own, until released."""

    made: ClassVar[list[MdApi]] = []

    def __init__(self) -> None:
        self._spi: Any = None
        self._fronts: list[str] = []
        self._link: socket.socket | None = None
        self._is_over = False
        self._day = "19800100"

    @staticmethod
    def CreateFtdcMdApi(flow: str, *_flags: bool) -> MdApi:  # noqa: N802
        """Take the flag bIsProductionMode, as the real one since 6.7.8."""
        with open(f"{flow}DialogRsp.con", "a", encoding="ascii"):  # noqa: PTH123 - fails where the folder is missing
            return MdApi()

    @staticmethod
    def GetApiVersion() -> str:  # noqa: N802
        return "stand-in 1"

    def RegisterSpi(self, spi: Any) -> None:  # noqa: N802
        self._spi = spi

    def RegisterFront(self, front: str) -> None:  # noqa: N802
        self._fronts.append(front)

    def Init(self) -> None:  # noqa: N802
        threading.Thread(target=self._live, daemon=True).start()

    def Release(self) -> None:  # noqa: N802
        self._is_over = True
        if self._link is not None:
            self._link.close()

    def GetTradingDay(self) -> str:  # noqa: N802
        return self._day

    def ReqUserLogin(self, fields: Any, number: int) -> int:  # noqa: N802
        return self._tell(call="ReqUserLogin", fields=vars(fields), id=number)

    def SubscribeMarketData(self, symbols: list[bytes], count: int) -> int:  # noqa: N802
        return self._tell(call="Subscribe", symbols=[symbol.decode() for symbol in symbols[:count]])

    def UnSubscribeMarketData(self, symbols: list[bytes], count: int) -> int:  # noqa: N802
        return self._tell(call="Unsubscribe", symbols=[symbol.decode() for symbol in symbols[:count]])

    def _tell(self, **message: Any) -> int:
        try:
            if self._link is None:
                return -1
            self._link.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            return -1
        return 0

    def _live(self) -> None:
        while not self._is_over:
            host, port = self._fronts[0].removeprefix("tcp://").split(":")
            try:
                self._link = socket.create_connection((host, int(port)), timeout=5)
            except OSError:
                time.sleep(_AGAIN_S)
                continue
            self._link.settimeout(None)
            with suppress(OSError):
                self._converse(self._link)
            self._link = None
            if self._spi is not None:
                self._spi.OnFrontDisconnected(4097)
            time.sleep(_AGAIN_S)

    def _converse(self, link: socket.socket) -> None:
        for line in link.makefile("r", encoding="utf-8"):
            told = json.loads(line)
            if self._spi is None:
                return
            if told["call"] == "abort":
                os.abort()
            self._call(told)

    def _call(self, told: dict[str, Any]) -> None:
        name, fields = told["call"], told.get("fields", {})
        if name == "OnFrontConnected":
            self._spi.OnFrontConnected()
            return
        struct = STRUCTS[name]()
        vars(struct).update(fields)
        if name == "OnRtnDepthMarketData":
            self._spi.OnRtnDepthMarketData(struct)
            return
        self._day = fields.get("TradingDay", self._day)
        error = STRUCTS["RspInfo"]()
        error.ErrorID, error.ErrorMsg = told.get("error", (0, ""))
        getattr(self._spi, name)(struct, error, told.get("id", 0), True)  # noqa: FBT003 - as the library


mdapi = SimpleNamespace(
    CThostFtdcMdApi=MdApi, CThostFtdcMdSpi=MdSpi, **{struct.__name__: struct for struct in STRUCTS.values()}
)


class Front:
    """The server's side, as a test sees it."""

    def __init__(self) -> None:
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.logins: list[dict[str, Any]] = []
        self.subscriptions: list[list[str]] = []
        self.let_go: list[str] = []
        self.login_errors: list[tuple[int, str]] = []
        self.unknown: set[str] = set()
        self.trading_day = "20261123"
        self.is_mute = False
        self._server: asyncio.Server | None = None
        self._guests: list[asyncio.StreamWriter] = []

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self.drop()
            await self._server.wait_closed()
            self._server = None

    def drop(self) -> None:
        """Break every connection."""
        while self._guests:
            self._guests.pop().transport.abort()

    def say(self, call: str, **rest: Any) -> None:
        for guest in self._guests:
            guest.write(json.dumps({"call": call, **rest}).encode() + b"\n")

    def tick(self, symbol: str, **fields: Any) -> None:
        self.say("OnRtnDepthMarketData", fields={"InstrumentID": symbol, **fields})

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._guests.append(writer)
        if not self.is_mute:
            self.say("OnFrontConnected")
        while line := await reader.readline():
            self._hear(json.loads(line))

    def _hear(self, told: dict[str, Any]) -> None:
        match told["call"]:
            case "ReqUserLogin":
                self.logins.append(told["fields"])
                error = self.login_errors.pop(0) if self.login_errors else (0, "")
                fields = {} if error[0] else {"TradingDay": self.trading_day}
                self.say("OnRspUserLogin", fields=fields, error=error, id=told["id"])
            case "Subscribe":
                self.subscriptions.append(told["symbols"])
                for symbol in told["symbols"]:
                    error = (16, "CTP:找不到合约") if symbol in self.unknown else (0, "")
                    self.say("OnRspSubMarketData", fields={"InstrumentID": symbol}, error=error)
            case _:
                self.let_go += told["symbols"]
