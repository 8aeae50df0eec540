"""`openctp_ctp.mdapi`, simulated: quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.testing.ctp_front.binding.api import Api, spi_class, surface_member, with_requests
from tradewind.testing.ctp_front.binding.pacing import NO_NETWORK, SENT
from tradewind.testing.ctp_front.surface import surface

if TYPE_CHECKING:
    from collections.abc import Sequence

CThostFtdcMdSpi = spi_class("CThostFtdcMdSpi", surface().mdapi)


@with_requests
class CThostFtdcMdApi(Api):
    """The market half."""

    half = surface().mdapi
    kind = "market"
    flows = ("DialogRsp", "QueryRsp", "TradingDay")

    @staticmethod
    def CreateFtdcMdApi(  # noqa: N802 - the library's names
        pszFlowPath: str = "",  # noqa: N803
        bIsUsingUdp: bool = False,  # noqa: FBT001, FBT002, N803
        bIsMulticast: bool = False,  # noqa: FBT001, FBT002, N803
        bIsProductionMode: bool = True,  # noqa: FBT001, FBT002, N803
    ) -> CThostFtdcMdApi:
        """Make one; its flow files go where the path says."""
        del bIsUsingUdp, bIsMulticast
        api: CThostFtdcMdApi = object.__new__(CThostFtdcMdApi)
        api._begin(pszFlowPath, is_production=bIsProductionMode)
        return api

    def SubscribeMarketData(self, ppInstrumentID: Sequence[bytes], nCount: int) -> int:  # noqa: N802, N803
        """Ask for the quotes of the first `nCount` contracts."""
        return self._subscribe(ppInstrumentID, nCount, is_wanted=True)

    def UnSubscribeMarketData(self, ppInstrumentID: Sequence[bytes], nCount: int) -> int:  # noqa: N802, N803
        """Ask for them no more."""
        return self._subscribe(ppInstrumentID, nCount, is_wanted=False)

    def SubscribeForQuoteRsp(self, ppInstrumentID: Sequence[bytes], nCount: int) -> int:  # noqa: N802, N803
        """Take it; no requests for quotes are simulated."""
        del ppInstrumentID, nCount
        return SENT

    def UnSubscribeForQuoteRsp(self, ppInstrumentID: Sequence[bytes], nCount: int) -> int:  # noqa: N802, N803
        """Take it, as above."""
        del ppInstrumentID, nCount
        return SENT

    def _subscribe(self, symbols: Sequence[bytes], count: int, *, is_wanted: bool) -> int:
        """Send it.

        Raises: TypeError: symbols are bytes in this call, and text in every other.
        """
        if not isinstance(symbols, list) or not all(isinstance(symbol, bytes) for symbol in symbols):
            message = "in method 'SubscribeMarketData', argument 2 of type 'char *[]'"
            raise TypeError(message)
        line = self._line
        if line is None or not self._is_connected:
            return NO_NETWORK
        wanted = [symbol.decode() for symbol in symbols[:count]]
        return SENT if line.send("subscribe", wanted, is_wanted) else NO_NETWORK


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a class or a constant
    return surface_member(name)
