"""REST: what programs and the page read and ask, over HTTP.

Reads: every topic of the line (kept in `views`), and the other rooms' queries through `ports`.
Writes: no topic.
Main type: `ApiService`.
"""

from __future__ import annotations

from tradewind.api.app import create_app
from tradewind.api.ports import GatewayReport, House, InstanceView, PageFile, Pages, ServiceView, SourceInfo
from tradewind.api.service import ApiService
from tradewind.api.settings import ApiSettings
from tradewind.api.views import ApiViews

__all__ = [
    "ApiService",
    "ApiSettings",
    "ApiViews",
    "GatewayReport",
    "House",
    "InstanceView",
    "PageFile",
    "Pages",
    "ServiceView",
    "SourceInfo",
    "create_app",
]
