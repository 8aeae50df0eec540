"""The quotes port in a process of its own; the only one that brings Socket.IO along."""

from __future__ import annotations

from tradewind.quotes.ports import BusState
from tradewind.quotes.service import QuotesService
from tradewind.runtime.edges.edge import EdgeProcess
from tradewind.runtime.elsewhere import RemoteTests
from tradewind.runtime.once_ready import KNOWN_S, OnceReady
from tradewind.runtime.rooms import Facts


class QuotesEdge(EdgeProcess[QuotesService]):
    """Serves clients of system 000."""

    def _make(self) -> QuotesService:
        links = self._session.links
        quotes = QuotesService(
            settings=self._settings.quotes,
            api=self._settings.api,
            bus=self._bus,
            metrics=self._metrics,
            gate=self._identity.gate,
            contracts=Facts(self._settings).instruments,
            tests=RemoteTests(self._asker("market")),
            bus_state=lambda: BusState("redis", links.state == "connected"),
        )
        self._session.on_passage = quotes.forget
        known = self._follow_sign_ins(quotes)
        self.services.append(OnceReady(quotes, known, patience_s=KNOWN_S))
        return quotes
