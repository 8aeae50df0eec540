"""Breaks off a strategy call that does not return.

A synchronous call cannot be interrupted from its own thread, so a second thread looks in twice per `hang_ms`. If the
same call is still running it raises `StrategyHung` in the line's thread and, where the line runs in the main thread,
nudges it with SIGURG so that a sleeping system call ends as well. (C code that never returns to Python cannot be
broken off by anybody.)

The exception must never strike after the call has ended, or it would hit whatever runs next. Both sides therefore
announce before they look: the line clears `cell.event`, then reads `cell.claimed`; the watchdog sets `cell.claimed`,
then reads `cell.event`. Whichever way they interleave, either the watchdog sees that the call is over and lets it go,
or the line sees the claim and takes the exception back in `settle`. Cost to the line: one or two attribute writes.
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_MS_PER_S: Final = 1000.0
_LOOKS: Final = 2
"""Looks per `hang_ms`: a call is broken off after 1 to 1.5 times that."""


class StrategyHung(BaseException):
    """Raised inside a strategy call that runs for too long."""


STRATEGY_FAILURES: Final = (Exception, StrategyHung, SystemExit)
"""What a strategy may raise without harm to anybody; a Ctrl-C and the end of the process are not its own."""


class CallCell:
    """What the strategies are looking at right now: `None` while none of them runs."""

    __slots__ = ("claimed", "event")

    def __init__(self) -> None:
        self.event: object | None = None
        self.claimed = False


class Watchdog:
    """The second thread; `start` and `settle` are called on the line's thread."""

    def __init__(self, *, hang_ms: int) -> None:
        """Watch nothing before `start`; `hang_ms` 0 never does."""
        self.cell = CallCell()
        self._wait_s = hang_ms / _MS_PER_S / _LOOKS
        self._line_thread = 0
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None
        self._old_handler: Callable[[int, FrameType | None], object] | int | None = None

    def start(self) -> None:
        """Begin to watch the calling thread."""
        if self._thread is not None or not self._wait_s:
            return
        self._line_thread = threading.get_ident()
        self._is_over.clear()
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGURG) in {
            signal.SIG_DFL,
            signal.SIG_IGN,
        }:
            self._old_handler = signal.signal(signal.SIGURG, lambda _number, _frame: None)
        self._thread = threading.Thread(target=self._watch, name="strategy-watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watch."""
        if self._thread is None:
            return
        self._is_over.set()
        self._thread.join()
        self._thread = None
        if self._old_handler is not None:
            signal.signal(signal.SIGURG, self._old_handler)
            self._old_handler = None

    def settle(self) -> None:
        """Take back an exception that came too late; call it when `cell.claimed` is seen after a call."""
        while self.cell.claimed:
            # The exception may still strike in here; it does so once, and the second round finds it gone.
            with contextlib.suppress(StrategyHung), self._lock:
                _raise_in(self._line_thread, None)
                self.cell.claimed = False

    def enter(self) -> object | None:
        """Watch from here to `leave`, for calls off the hot path; calls may nest."""
        outer = self.cell.event
        self.cell.event = object()
        return outer

    def leave(self, outer: object | None) -> None:
        """End what `enter` began."""
        cell = self.cell
        cell.event = None
        if cell.claimed:
            self.settle()
        cell.event = outer

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what is done inside (loading a file, making an instance)."""
        outer = self.enter()
        try:
            yield
        finally:
            self.leave(outer)

    @contextlib.contextmanager
    def idle(self) -> Iterator[None]:
        """Look away while a call waits for something, with a time-out of its own."""
        outer, self.cell.event = self.cell.event, None
        try:
            yield
        finally:
            self.leave(outer)

    def _watch(self) -> None:
        cell = self.cell
        event: object | None = None
        looks = 0
        while not self._is_over.wait(self._wait_s):
            if cell.event is None or cell.event is not event:
                event, looks = cell.event, 0
                continue
            looks += 1
            if looks >= _LOOKS:
                looks = 0
                self._break_off(event)

    def _break_off(self, event: object) -> None:
        cell = self.cell
        with self._lock:
            cell.claimed = True
            if cell.event is not event:
                cell.claimed = False
                return
            _raise_in(self._line_thread, StrategyHung)
            if self._old_handler is not None:
                signal.pthread_kill(self._line_thread, signal.SIGURG)


def _raise_in(thread_id: int, kind: type[BaseException] | None) -> None:
    """Let `kind` be raised in that thread at its next bytecode; `None` takes a pending one back."""
    target = ctypes.c_ulong(thread_id)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(target, ctypes.py_object(kind) if kind is not None else None)
