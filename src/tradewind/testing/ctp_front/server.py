"""The doors: one for quotes, one for orders. Each connection has a thread; all share the fronts' lock."""

from __future__ import annotations

import socket
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from tradewind.kernel.clock import monotonic_s
from tradewind.testing.ctp_front.link import Link
from tradewind.testing.ctp_front.market_session import MarketSession
from tradewind.testing.ctp_front.session import TradingSession, is_order
from tradewind.testing.ctp_front.wire import Frames

if TYPE_CHECKING:
    from tradewind.testing.ctp_front.faults import Door
    from tradewind.testing.ctp_front.state import FrontState

Session = TradingSession | MarketSession
_HEARTBEAT_S: Final = 5.0
_PIECE: Final = 1 << 16
LOOPBACK: Final = "127.0.0.1"


class FrontDoor:
    """One port. `mood` says how connections are met; `open` and `shut` let them in or have them refused."""

    def __init__(
        self, kind: str, state: FrontState, lock: threading.RLock, *, heartbeat_s: float = _HEARTBEAT_S
    ) -> None:
        self._kind = kind
        self._state = state
        self._lock = lock
        self._heartbeat_s = heartbeat_s
        self.port = 0
        self.mood: Door = "open"
        self.links: list[Link] = []
        self.accepted = 0
        """Connections that were accepted so far."""
        self._listener: socket.socket | None = None
        self._ended = threading.Event()

    @property
    def address(self) -> str:
        """Return what the binding registers."""
        return f"tcp://{LOOPBACK}:{self.port}"

    def open(self, port: int = 0) -> None:
        """Listen; at the port of before, unless one is given."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port or self.port))
        listener.listen()
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._ended = threading.Event()
        for target, arguments in ((self._accept, (listener,)), (self._beat, (self._ended,))):
            threading.Thread(target=target, args=arguments, name=f"front-{self._kind}", daemon=True).start()

    def shut(self) -> None:
        """Listen no more and hang up on everybody: connections are refused until `open`."""
        self._ended.set()
        listener, self._listener = self._listener, None
        if listener is not None:
            try:
                listener.shutdown(socket.SHUT_RDWR)
            finally:
                listener.close()
        self.hang_up()

    def hang_up(self) -> None:
        """End every connection."""
        for link in tuple(self.links):
            link.hang_up()

    def mute(self) -> None:
        """Say nothing more on the connections there are, and keep them."""
        for link in tuple(self.links):
            link.is_muted = True

    def _beat(self, ended: threading.Event) -> None:
        while not ended.wait(self._heartbeat_s):
            for link in tuple(self.links):
                link.send("heartbeat")

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                # `shut` ended it.
                return
            self.accepted += 1
            if self.mood == "closing":
                connection.close()
                continue
            threading.Thread(target=self._serve, args=(connection,), name=f"front-{self._kind}", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        link = Link(connection)
        link.is_muted = self.mood == "silent"
        with self._lock:
            session: Session = (TradingSession if self._kind == "trading" else MarketSession)(link, self._state)
            self.links.append(link)
        visit = _Visit(link, session, self._state, self._lock)
        frames = Frames()
        try:
            while piece := connection.recv(_PIECE):
                for message in frames.feed(piece):
                    visit.hear(message)
        except (OSError, ValueError):
            # It is gone, or talks nonsense: either way the connection is over.
            link.hang_up()
        finally:
            with self._lock:
                session.leave()
                self.links.remove(link)
            connection.close()


class _Visit:
    """What one connection says, message by message, with whatever is to go wrong at it."""

    def __init__(self, link: Link, session: Session, state: FrontState, lock: threading.RLock) -> None:
        self._link = link
        self._session = session
        self._state = state
        self._lock = lock
        self._sent: deque[float] = deque()

    def hear(self, message: list[Any]) -> None:
        """Take one message."""
        match message:
            case ["hello", greeting]:
                self._greet(greeting)
            case ["request", str(name), dict(asked), int(request_id)]:
                if is_order(name):
                    self._wait_for_turn()
                with self._lock:
                    self._request(name, asked, request_id)
            case ["subscribe", list(symbols), bool(is_wanted)] if isinstance(self._session, MarketSession):
                with self._lock:
                    self._state.requests["subscribe"] += 1
                    self._session.subscribe(symbols, is_wanted=is_wanted)
            case _:
                # A heartbeat of the client.
                return

    def _greet(self, greeting: dict[str, Any]) -> None:
        self._link.greeting = greeting
        fault = self._state.faults.take("hello")
        if fault is not None and fault.mischief != "cut_after":
            if fault.mischief != "ignore":
                self._link.hang_up()
            return
        self._link.send("hello", {})
        if fault is not None:
            self._link.hang_up()

    def _request(self, name: str, asked: dict[str, Any], request_id: int) -> None:
        self._state.requests[name] += 1
        fault = self._state.faults.take(name)
        mischief = "" if fault is None else fault.mischief
        if mischief == "refuse" and fault is not None:
            self._session.refuse(name, asked, request_id, fault.code)
            return
        if mischief == "cut_before":
            self._link.hang_up()
        if mischief in ("ignore", "cut_before"):
            return
        self._link.is_muted |= mischief == "cut_unanswered"
        self._session.request(name, asked, request_id)
        if mischief.startswith("cut"):
            self._link.hang_up()

    def _wait_for_turn(self) -> None:
        """More orders a second than the session may send wait here, and nobody is told."""
        rate, now = self._state.settings.order_rate, monotonic_s()
        while self._sent and now - self._sent[0] >= 1.0:
            self._sent.popleft()
        if rate and len(self._sent) >= rate:
            self._state.requests["waited"] += 1
            threading.Event().wait(1.0 - (now - self._sent[0]))
            self._sent.popleft()
        self._sent.append(monotonic_s())
