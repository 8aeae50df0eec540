"""One WebSocket to push: frames in order, no faster than they are taken."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Final

from picows import WSError, WSFrame, WSHandshakeError, WSListener, WSMsgType, WSTransport, ws_connect

from tradewind.client.refusals import AwayError, refusal_of
from tradewind.kernel.clock import monotonic_s

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

_CONNECT_S: Final = 5.0
_MOST_WAITING: Final = 256
"""Frames not taken yet from which on nothing more is read: the platform then conflates, or says what it left out."""
_FEW_WAITING: Final = 64
NO_CODE: Final = 1006


class Link(WSListener):
    """A connection; make one with `connect`."""

    def __init__(self) -> None:
        super().__init__()
        self.code = NO_CODE
        self._frames: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._transport: WSTransport | None = None
        self._is_over = False
        self._is_resting = False
        self._heard_s = monotonic_s()

    # What picows calls.
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Keep a text frame; answer an end."""
        self._heard_s = monotonic_s()
        if frame.msg_type == WSMsgType.TEXT:
            self._frames.append(frame.get_payload_as_bytes())
            self._news.set()
            if len(self._frames) >= _MOST_WAITING and not self._is_resting:
                self._is_resting = True
                transport.underlying_transport.pause_reading()
        elif frame.msg_type == WSMsgType.CLOSE:
            self.code = frame.get_close_code().value
            transport.send_close(frame.get_close_code())
            transport.disconnect()

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        """Note that it is over."""
        self._is_over = True
        self._news.set()

    # What the stream calls.
    async def next(self, silence_s: float) -> bytes | None:
        """Return the next text frame; `None` at the end, or when nothing was heard for `silence_s`."""
        while not self._frames:
            if self._is_over:
                return None
            self._news.clear()
            left_s = self._heard_s + silence_s - monotonic_s()
            try:
                async with asyncio.timeout(max(0.0, left_s)):
                    await self._news.wait()
            except TimeoutError:
                if monotonic_s() - self._heard_s >= silence_s:
                    return None
        text = self._frames.popleft()
        if self._is_resting and len(self._frames) <= _FEW_WAITING and self._transport is not None:
            self._is_resting = False
            self._heard_s = monotonic_s()
            if not self._is_over:
                self._transport.underlying_transport.resume_reading()
        return text

    def send(self, text: bytes) -> None:
        """Send one text frame; on a connection that is over, nothing."""
        if self._transport is not None and not self._is_over:
            self._transport.send(WSMsgType.TEXT, text)

    def let_go(self) -> None:
        """End it, from whichever thread the last who wanted it went."""
        with contextlib.suppress(RuntimeError):  # the loop may have gone before
            self._loop.call_soon_threadsafe(self.close)

    def close(self) -> None:
        """End it."""
        if self._transport is not None:
            self._transport.disconnect()

    def opened(self, transport: WSTransport) -> None:
        """Take what the handshake made."""
        self._transport = transport


async def connect(url: str, headers: Mapping[str, str], context: ssl.SSLContext | None) -> Link:
    """Open a connection.

    Raises: AwayError: nobody answers, or in no words of a WebSocket. RefusedError: the handshake was refused.
    """
    link = Link()
    try:
        async with asyncio.timeout(_CONNECT_S):
            transport, _ = await ws_connect(
                lambda: link,
                url,
                ssl_context=context if url.startswith("wss:") else None,
                extra_headers=dict(headers),
                max_redirects=0,  # what proves who we are is for this address alone
            )
    except WSHandshakeError as error:
        status = 0 if error.response is None else int(error.response.status)
        body = bytes(error.raw_body or b"")
        if not status:
            message = f"push at {url} gave no answer to the handshake ({error})"
            raise AwayError(message) from error
        raise refusal_of(status, body) from error
    except (WSError, OSError, TimeoutError) as error:
        message = f"nothing answers for push at {url} ({str(error) or 'no answer in time'})"
        raise AwayError(message) from error
    link.opened(transport)
    return link
