"""What `CThostFtdcMdApi` and `CThostFtdcTraderApi` share: life, requests, callbacks on threads of their own."""

from __future__ import annotations

import queue
import sys
import threading
import traceback
import weakref
from typing import TYPE_CHECKING, Any, Final

from tradewind.testing.ctp_front.binding.crash import crash
from tradewind.testing.ctp_front.binding.flow import NEVER_LOGGED_IN, FlowFiles
from tradewind.testing.ctp_front.binding.line import Line
from tradewind.testing.ctp_front.binding.pacing import NO_NETWORK, SENT, QueryGate
from tradewind.testing.ctp_front.binding.structs import CtpStruct, filled, said, spoil, struct_class
from tradewind.testing.ctp_front.surface import surface

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.testing.ctp_front.surface import Half

VERSION: Final = "v6.7.11_20250617 16:22:00.10369"
_TICK: Final = "CThostFtdcDepthMarketDataField"
_NONE: Final = 3


class Api:
    """One API object. Its callbacks come on two threads: answers on one, what is told unasked on the other."""

    half: Half
    kind = ""
    flows: tuple[str, ...] = ()

    def __init__(self, *arguments: object, **keywords: object) -> None:
        del arguments, keywords
        message = "No constructor defined - class is abstract"
        raise AttributeError(message)

    def _begin(self, flow_path: str, *, is_production: bool) -> None:
        self._is_production = is_production
        self._flow = FlowFiles(flow_path, self.flows)
        self._modes = {"Private": _NONE, "Public": _NONE}
        self._spi: weakref.ref[Any] | None = None
        self._fronts: list[str] = []
        self._line: Line | None = None
        self._is_connected = False
        self._trading_day = NEVER_LOGGED_IN
        self._info: dict[str, int] = {}
        self._queries = QueryGate()
        self._told: queue.Queue[list[Any] | None] = queue.Queue()
        self._done = threading.Event()

    @staticmethod
    def GetApiVersion() -> str:  # noqa: N802 - the library's names, here and below
        """Return the version that the surface was taken from."""
        return VERSION

    def RegisterSpi(self, pSpi: object | None) -> None:  # noqa: N802, N803
        """Call back there; it is not kept alive by this, which is the library's habit."""
        self._spi = None if pSpi is None else weakref.ref(pSpi)

    def RegisterFront(self, pszFrontAddress: str) -> None:  # noqa: N802, N803
        """Add a front to try."""
        self._fronts.append(pszFrontAddress)

    def RegisterNameServer(self, pszNsAddress: str) -> None:  # noqa: N802, N803
        """Take it and do nothing: there is no name server on this machine."""
        del pszNsAddress

    def RegisterFensUserInfo(self, pFensUserInfo: CtpStruct) -> None:  # noqa: N802, N803
        """Take it and do nothing, as above."""
        del pFensUserInfo

    def Init(self) -> None:  # noqa: N802
        """Begin to connect."""
        if self._line is not None:
            crash("Init was called twice on one Api")
        if self._spi is not None and self._spi() is None:
            crash("the Spi was collected before Init: keep a reference to it")
        threading.Thread(target=self._tell, name="ctp-front-flow", daemon=True).start()
        self._line = Line(self._fronts, self)
        self._line.start()

    def Join(self) -> int:  # noqa: N802
        """Wait for Release."""
        self._done.wait()
        return 0

    def Release(self) -> None:  # noqa: N802
        """End; nothing is called back after it."""
        self._spi = None
        self._is_connected = False
        if self._line is not None:
            self._line.release()
        self._told.put(None)
        self._done.set()

    def GetTradingDay(self) -> str:  # noqa: N802
        """Return the day of the login; a day of 1980 before it."""
        return self._trading_day

    # What the line hears.

    def greeting(self) -> dict[str, Any]:
        """Say who we are and which flows are wanted from where."""
        heard = {flow: self._flow.heard(flow) for flow in self._modes if flow in self.flows}
        return {"kind": self.kind, "modes": self._modes, "heard": heard, "production": self._is_production}

    def hear(self, message: list[Any]) -> None:
        """Take one message of the front."""
        match message[0]:
            case "tick":
                self._tick(message[1])
            case "return":
                self._told.put(message)
            case "response":
                self._respond(*message[1:])
            case "login":
                self._trading_day = message[1]["TradingDay"]
                self._info = message[1]["info"]
                self._queries.a_second = self._info["QryFreq"]
            case "hello":
                self._is_connected = True
                self._call("OnFrontConnected")
            case _:
                # A heartbeat: that it came is all it says.
                return

    def lost(self, reason: int) -> None:
        """Tell that the connection ended, after everything that came over it."""
        self._told.join()
        self._is_connected = False
        self._queries.forget()
        sys.stdout.flush()
        self._call("OnFrontDisconnected", reason)

    def silent(self, seconds: int) -> None:
        """Tell that nothing was heard."""
        self._call("OnHeartBeatWarning", seconds)

    def _request(self, name: str, given: object, request_id: object) -> int:
        """Send a request.

        Raises: TypeError: this is no struct of that request.
        """
        struct_name = self.half.requests[name]
        if type(given) is not struct_class(struct_name) or not isinstance(request_id, int):
            message = f"in method '{name}', argument 2 of type '{struct_name} *'"
            raise TypeError(message)
        line = self._line
        if line is None or not self._is_connected:
            return NO_NETWORK
        if name.startswith("ReqQry"):
            refused = self._queries.refusal(request_id)
            if refused != SENT:
                return refused
        return SENT if line.send("request", name, said(given), request_id) else NO_NETWORK

    def _respond(
        self,
        name: str,
        fields: dict[str, Any] | None,
        info: list[Any] | None,
        number: int,
        is_last: bool,  # noqa: FBT001 - the parts of one message in their order
    ) -> None:
        if is_last:
            self._queries.answered(number)
        struct_name = self.half.callbacks[name]
        shown = [] if name == "OnRspError" else [None if fields is None else filled(struct_name, fields)]
        self._call(name, *shown, _info(info), number, is_last)

    def _tick(self, packed: bytes) -> None:
        tick = struct_class(_TICK)()
        tick.this.write(0, packed)
        self._call("OnRtnDepthMarketData", tick)

    def _tell(self) -> None:
        """Call back with what is told unasked, in its order."""
        while (message := self._told.get()) is not None:
            _, name, fields, info, flow, number = message
            shown: list[Any] = [filled(self.half.callbacks[name], fields)]
            if name.startswith("OnErrRtn"):
                shown.append(_info(info))
            # A message that came after Release was not heard.
            if self._call(name, *shown) and flow in self.flows:
                self._flow.keep(flow, self._trading_day, number)
            self._told.task_done()

    def _call(self, name: str, *arguments: Any) -> bool:  # noqa: ANN401 - by the callback
        """Call back; say whether there was anybody to call."""
        reference = self._spi
        if reference is None:
            return False
        spi = reference()
        if spi is None:
            crash(f"{name}: the Spi was collected: keep a reference to it")
        try:
            getattr(spi, name)(*arguments)
        except Exception:  # noqa: BLE001 - SWIG prints it and goes on; the event is lost
            traceback.print_exc()
        for argument in arguments:
            if isinstance(argument, CtpStruct):
                spoil(argument)
        return True


def _info(said_: list[Any] | None) -> CtpStruct | None:
    if said_ is None:
        return None
    return filled("CThostFtdcRspInfoField", {"ErrorID": said_[0], "ErrorMsg": said_[1]})


def _requesting(name: str) -> Callable[[Api, object, object], int]:
    def request(self: Api, field: object, nRequestID: object) -> int:  # noqa: N803
        return self._request(name, field, nRequestID)

    request.__name__ = name
    return request


def _hearing(name: str) -> Callable[..., None]:
    def hear(self: object, *arguments: object) -> None:
        del self, arguments

    hear.__name__ = name
    return hear


def with_requests(api: type[Api]) -> type[Api]:
    """Give an Api class every request of its half; used as a decorator."""
    for name in api.half.requests:
        setattr(api, name, _requesting(name))
    return api


def spi_class(name: str, half: Half) -> type:
    """Return the class that users derive from: every callback, doing nothing."""
    return type(name, (), {callback: _hearing(callback) for callback in half.callbacks})


def surface_member(name: str) -> Any:  # noqa: ANN401 - a class or a constant
    """Return a struct or a constant that a module of the binding has by that name.

    Raises: AttributeError: the true binding has none such either.
    """
    constants = surface().constants
    return constants[name] if name in constants else struct_class(name)
