"""A client of push for `tradewind test`: connects where programs of system 003 do, and hears."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tradewind.runtime.gateway.places import reachable
from tradewind.runtime.lifecycle.health import TOKEN_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PATH: Final = "/ws/opportunities"


class _Ear(WSListener):
    def __init__(self, on_message: Callable[[bytes], None]) -> None:
        super().__init__()
        self._on_message = on_message

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002 - the parent's signature
        if frame.msg_type == WSMsgType.TEXT:
            self._on_message(frame.get_payload_as_bytes())


class PushClient:
    """One connection; `on_message` hears each text frame."""

    def __init__(
        self, host: str, port: int, *, headers: Mapping[str, str], on_message: Callable[[bytes], None]
    ) -> None:
        self._place = f"{reachable(host)}:{port}"
        self._headers = headers
        self._on_message = on_message
        self._transport: WSTransport | None = None

    async def open(self, timeout_s: float) -> str:
        """Connect; return why not, empty where it worked."""
        url = f"ws://{self._place}{_PATH}"
        try:
            async with asyncio.timeout(timeout_s):
                self._transport, _ = await ws_connect(
                    lambda: _Ear(self._on_message), url, extra_headers=dict(self._headers)
                )
        except WSError as error:
            hint = (
                "" if self._headers else f"; with access.seed_clients=token, put the access token into {TOKEN_VARIABLE}"
            )
            return f"{url} lets no client in ({error}){hint}"
        except (OSError, TimeoutError) as error:
            return f"{url} cannot be reached ({str(error) or 'no answer'})"
        return ""

    async def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.disconnect()
            with contextlib.suppress(OSError, TimeoutError, WSError):
                async with asyncio.timeout(1.0):
                    await self._transport.wait_disconnected()
