"""Tells robots of groups (企业微信, 钉钉, 飞书) and programs of somebody's, each by a signed HTTPS request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.kernel.clock import NS_PER_S
from tradewind.notices.channels.https_post import Target, post
from tradewind.notices.ports import Result, Sent
from tradewind.notices.signing import HookKind, call, verdict

if TYPE_CHECKING:
    import ssl

    from tradewind.kernel.clock import Clock
    from tradewind.notices.ports import Parcel


class WebhookCourier:
    """`notices.ports.Courier`: one robot or program. Neither its secret nor its address is ever shown."""

    def __init__(
        self,
        name: str,
        *,
        kind: HookKind,
        target: Target,
        secret: str,
        context: ssl.SSLContext,
        clock: Clock,
        timeout_s: float,
    ) -> None:
        self.name = name
        self._kind: HookKind = kind
        self._target = target
        self._secret = secret
        self._context = context
        self._clock = clock
        self._timeout_s = timeout_s

    def __repr__(self) -> str:
        """Show what may be shown."""
        return f"WebhookCourier({self.name!r}, {self._kind})"

    async def send(self, parcel: Parcel) -> Sent:
        """Send one request."""
        made = call(self._kind, parcel, secret=self._secret, now_s=self._clock.now_ns() // NS_PER_S)
        try:
            answer = await post(
                self._target,
                made.body,
                made.headers,
                query=made.query,
                context=self._context,
                timeout_s=self._timeout_s,
            )
        except (OSError, TimeoutError, ValueError) as error:
            return Sent(Result.AWAY, f"{self._target.host}: {type(error).__name__}")
        what, reason = verdict(self._kind, answer.status, answer.body)
        return Sent(Result(what), reason)

    async def rest(self) -> None:
        """Nothing is kept open."""
