"""Push in a process of its own."""

from __future__ import annotations

from tradewind.bus.topics import TOPICS
from tradewind.kernel.ids import new_epoch
from tradewind.push.service import PushService
from tradewind.runtime.edges.edge import EdgeProcess
from tradewind.runtime.once_ready import KNOWN_S, OnceReady


class PushEdge(EdgeProcess[PushService]):
    """Serves what the streams say to whoever may see it."""

    def _make(self) -> PushService:
        push = PushService(
            settings=self._settings.push,
            bus=self._bus,
            metrics=self._metrics,
            gate=self._identity.gate,
            epoch=new_epoch(),
            system_status=self._whole.system,
            port_setting="services.push_port",
        )
        self.services.append(self._whole)
        for topic, (may, take) in push.skimmers().items():
            self._bus.skim(TOPICS[topic], may, take)
        if self._settings.bus.shards == 1:
            self._bus.on_position = push.stand_at
            self._session.on_epoch = push.begin_epoch
        else:
            # Shards are heard in an order of this process' own, so its offsets mean nothing to another one.
            own = new_epoch()
            self._session.on_epoch = lambda epoch: push.begin_epoch(f"{epoch}.{own}")
        known = self._follow_sign_ins(push)
        # Who resumes must find the streams' offsets; without Redis clients are served what there is: nothing new.
        ready = OnceReady(push, self._session.wait_ready, patience_s=self._settings.bus.connect_s)
        self.services.append(OnceReady(ready, known, patience_s=KNOWN_S))
        return push

    async def _see_off(self) -> None:
        await self._edge.drain()
