"""The process that holds CTP's library: `python -m tradewind.ctp.child market|trading`, started by `channel`.

It performs what it is told and forwards what it hears; all judgement is the platform's. Everything the library dislikes
ends this process, and nothing but this process.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tradewind.ctp import flow_lock, locale
from tradewind.ctp.binding import Binding, needs_locale
from tradewind.ctp.messages import (
    Answered,
    Ask,
    Called,
    Connect,
    Failed,
    FrameReader,
    Raised,
    Ready,
    Release,
    Released,
    Request,
    Returned,
    Subscribe,
    frame,
)
from tradewind.ctp.ring import RingWriter
from tradewind.ctp.structs import StructForms, struct_name
from tradewind.ctp.tick_layout import SIZE, packed
from tradewind.errors import ConfigError, InputError
from tradewind.kernel.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.ctp.messages import Fields, FromChild, ToChild

_PIECE: Final = 1 << 16
_TICK: Final = "OnRtnDepthMarketData"
_RSP_INFO: Final = "CThostFtdcRspInfoField"
FINAL_EXIT: Final = 3
"""Exit status after a failure that a restart does not mend."""


class Child:
    """One API object, the thread that is told what to do with it, and the library's threads that call back."""

    def __init__(self, link: socket.socket, binding: Binding, ring: RingWriter | None) -> None:
        self._link = link
        self._binding = binding
        self._forms = StructForms(binding.module)
        self._ring = ring
        self._sending = threading.Lock()
        self._raised = 0
        self._api: Any = None
        # Both must be referenced as long as the API lives: the library calls into a collected one and crashes.
        self._spi: Any = None
        self._flow_lock: int | None = None
        self._spi_class = self._make_spi_class()

    def run(self) -> None:
        """Do as told until the platform goes away."""
        self.send(Ready(version=self._binding.version, pid=os.getpid()))
        reader = FrameReader()
        while data := self._link.recv(_PIECE):
            for message in reader.to_child(data):
                self._perform(message)
        self._release()

    def send(self, message: FromChild) -> None:
        """Tell the platform; safe from every thread."""
        data = frame(message)
        try:
            with self._sending:
                self._link.sendall(data)
        except OSError:
            # Nobody is there to hear it, and nobody can be told of it: `run` sees the same end.
            return

    def _perform(self, message: ToChild) -> None:
        try:
            match message:
                case Connect():
                    self._connect(message)
                case Request():
                    self._request(message)
                case Subscribe():
                    self._subscribe(message)
                case Ask():
                    self._ask(message)
                case Release():
                    self._release()
                    self.send(Released())
        except (InputError, OSError) as error:
            number = message.request_id if isinstance(message, Request | Subscribe) else 0
            self.send(Failed(reason=str(error), request_id=number))

    def _connect(self, wanted: Connect) -> None:
        if self._api is not None:
            message = "this child is connected already; send Release first"
            raise InputError(message)
        self._flow_lock = flow_lock.hold(Path(wanted.flow_dir))
        api = self._binding.create(wanted.flow_dir, is_production=wanted.production)
        spi = self._spi_class()
        self._api, self._spi = api, spi
        api.RegisterSpi(spi)
        if self._ring is None:
            # Before Init, else there is no private flow.
            api.SubscribePrivateTopic(wanted.resume)
            api.SubscribePublicTopic(wanted.resume)
        for front in wanted.fronts:
            api.RegisterFront(front)
        api.Init()

    def _request(self, wanted: Request) -> None:
        call = self._call_of(wanted.name, "Req")
        struct = self._forms.make(struct_name(wanted.name), wanted.fields)
        self.send(Returned(request_id=wanted.request_id, code=int(call(struct, wanted.request_id))))

    def _subscribe(self, wanted: Subscribe) -> None:
        call = self._call_of("SubscribeMarketData" if wanted.is_wanted else "UnSubscribeMarketData", "")
        symbols = [symbol.encode("ascii") for symbol in wanted.symbols]
        self.send(Returned(request_id=wanted.request_id, code=int(call(symbols, len(symbols)))))

    def _ask(self, wanted: Ask) -> None:
        call = self._call_of(wanted.name, "Get")
        if wanted.name == "GetFrontInfo":
            info = self._forms.make("CThostFtdcFrontInfoField", {})
            call(info)
            fields = self._forms.read(info)
        else:
            fields = {"value": call()}
        self.send(Answered(name=wanted.name, fields=fields))

    def _call_of(self, name: str, begins: str) -> Callable[..., Any]:
        if self._api is None:
            message = f"{name}: this child is not connected; send Connect first"
            raise InputError(message)
        call = getattr(self._api, name, None) if name.startswith(begins) else None
        if not callable(call):
            message = f"the binding has no call {name}"
            raise InputError(message)
        return call  # type: ignore[no-any-return]

    def _release(self) -> None:
        api, self._api = self._api, None
        if api is not None:
            api.RegisterSpi(None)
            api.Release()
            self._spi = None
        if self._flow_lock is not None:
            os.close(self._flow_lock)
            self._flow_lock = None

    def _make_spi_class(self) -> type[Any]:
        calls = {name: self._guarded(name, self._hearing(name)) for name in self._binding.callbacks}
        if self._ring is not None:
            calls[_TICK] = self._taking_ticks(self._ring)
        return type("Spi", (self._binding.spi,), calls)

    def _hearing(self, name: str) -> Callable[..., None]:
        read = self._forms.read

        def hear(_spi: object, *arguments: Any) -> None:  # noqa: ANN401 - as the library calls it
            fields: Fields | None = None
            error_id, error_text, number, is_last = 0, "", 0, True
            for argument in arguments:
                if isinstance(argument, bool):
                    is_last = argument
                elif isinstance(argument, int):
                    number = argument
                elif type(argument).__name__ == _RSP_INFO:
                    error_id, error_text = argument.ErrorID, argument.ErrorMsg
                elif argument is not None:
                    fields = read(argument)
            if len(arguments) == 1 and isinstance(arguments[0], int):
                fields, number = {"reason": number}, 0
            self.send(
                Called(
                    name=name,
                    fields=fields,
                    error_id=error_id,
                    error_text=error_text,
                    request_id=number,
                    is_last=is_last,
                )
            )

        return hear

    def _taking_ticks(self, ring: RingWriter) -> Callable[[object, Any], None]:
        """Return the one callback that is called often enough to be written flat."""
        put, failed = ring.writer(SystemClock().now_ns), self._failed

        def take(_spi: object, tick: Any) -> None:  # noqa: ANN401 - a struct of the binding
            try:
                put(int(tick.this))
            except Exception as error:  # noqa: BLE001 - as in `_guarded`
                failed(_TICK, error)

        def take_plain(_spi: object, tick: Any) -> None:  # noqa: ANN401 - as above
            try:
                struct = ctypes.create_string_buffer(packed(tick), SIZE)
                put(ctypes.addressof(struct))
            except Exception as error:  # noqa: BLE001 - as above
                failed(_TICK, error)

        has_address = hasattr(self._binding.module.CThostFtdcDepthMarketDataField(), "this")
        return take if has_address else take_plain

    def _guarded(self, name: str, call: Callable[..., None]) -> Callable[..., None]:
        """Let no exception reach the library, which would print it and forget what it was about."""

        def guard(*arguments: Any) -> None:  # noqa: ANN401 - as the library calls it
            try:
                call(*arguments)
            except Exception as error:  # noqa: BLE001 - whatever it is, the platform is told and the next call comes
                self._failed(name, error)

        return guard

    def _failed(self, name: str, error: Exception) -> None:
        self._raised += 1
        self.send(Raised(name=name, error=f"{type(error).__name__}: {error}", count=self._raised))


def main(arguments: list[str] | None = None) -> int:
    """Serve the platform on the socket that was handed down; return the exit status."""
    options = _options(arguments)
    # Ctrl-C reaches the whole group; the platform ends us in its own time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    link = socket.socket(fileno=options.link)
    try:
        if needs_locale(options.binding):
            locale.prepare(Path(options.locale_dir))
        binding = Binding(options.binding, options.kind)
    except ConfigError as error:
        link.sendall(frame(Failed(reason=str(error), is_final=True)))
        return FINAL_EXIT
    ring = RingWriter(options.ring, options.wake, options.capacity) if options.ring is not None else None
    Child(link, binding, ring).run()
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tradewind.ctp.child", description="started by Tradewind itself")
    parser.add_argument("kind", choices=("market", "trading"))
    parser.add_argument("--link", type=int, required=True)
    parser.add_argument("--binding", required=True)
    parser.add_argument("--locale-dir", required=True)
    parser.add_argument("--ring", type=int)
    parser.add_argument("--wake", type=int)
    parser.add_argument("--capacity", type=int)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Not by the ordinary way out: the library's threads may still be in Python, and its destructors crash.
    os._exit(status)
