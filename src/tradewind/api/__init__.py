"""REST: what programs and the page read and ask, over HTTP.

Reads: every topic of the line (kept in `views`), and the other rooms' queries through `ports`.
Writes: no topic.
Main type: `ApiService`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
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

# Whoever reads the settings passes through here; the web framework behind the rest costs a third of a second.
_HOMES: Final = {
    "ApiService": "service",
    "ApiSettings": "settings",
    "ApiViews": "views",
    "GatewayReport": "ports",
    "House": "ports",
    "InstanceView": "ports",
    "PageFile": "ports",
    "Pages": "ports",
    "ServiceView": "ports",
    "SourceInfo": "ports",
    "create_app": "app",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of the names above
    """Import a public name at first use."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
