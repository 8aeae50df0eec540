"""`openctp_ctp.tdapi`, simulated: orders, and everything about an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.testing.ctp_front.binding.api import Api, spi_class, surface_member, with_requests
from tradewind.testing.ctp_front.binding.pacing import SENT
from tradewind.testing.ctp_front.surface import surface

if TYPE_CHECKING:
    from tradewind.testing.ctp_front.binding.structs import CtpStruct

CThostFtdcTraderSpi = spi_class("CThostFtdcTraderSpi", surface().tdapi)


@with_requests
class CThostFtdcTraderApi(Api):
    """The trading half."""

    half = surface().tdapi
    kind = "trading"
    flows = ("DialogRsp", "QueryRsp", "TradingDay", "Private", "Public")

    @staticmethod
    def CreateFtdcTraderApi(  # noqa: N802 - the library's names
        pszFlowPath: str = "",  # noqa: N803
        bIsProductionMode: bool = True,  # noqa: FBT001, FBT002, N803
    ) -> CThostFtdcTraderApi:
        """Make one; its flow files go where the path says."""
        api: CThostFtdcTraderApi = object.__new__(CThostFtdcTraderApi)
        api._begin(pszFlowPath, is_production=bIsProductionMode)
        return api

    def SubscribePrivateTopic(self, nResumeType: int) -> None:  # noqa: N802, N803
        """Say from where orders and trades are wanted; too late after Init."""
        self._modes["Private"] = nResumeType

    def SubscribePublicTopic(self, nResumeType: int) -> None:  # noqa: N802, N803
        """Say from where the public flow is wanted; too late after Init."""
        self._modes["Public"] = nResumeType

    def GetFrontInfo(self, pFrontInfo: CtpStruct) -> None:  # noqa: N802, N803
        """Write address and flow limits into the struct; they are there after the login."""
        values: dict[str, Any] = {"FrontAddr": "" if self._line is None else self._line.address, **self._info}
        for name, value in values.items():
            setattr(pFrontInfo, name, value)

    def RegisterUserSystemInfo(self, pUserSystemInfo: CtpStruct) -> int:  # noqa: N802, N803
        """Take it: direct clients need nothing else."""
        del pUserSystemInfo
        return SENT

    SubmitUserSystemInfo = RegisterUserSystemInfo
    RegisterWechatUserSystemInfo = RegisterUserSystemInfo
    SubmitWechatUserSystemInfo = RegisterUserSystemInfo


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a class or a constant
    return surface_member(name)
