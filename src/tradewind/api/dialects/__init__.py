"""REST as older systems' programs speak it: a module for each part of such a system, each with its own routes.

`hsapi_data` and `hsapi_contracts` are system 004's (docs/hsapi.md); `hsapi_forms` holds what their requests carry.
Main name: `HSAPI_ROUTES`.
"""

from __future__ import annotations

from tradewind.api.dialects.hsapi_contracts import CONTRACT_ROUTES
from tradewind.api.dialects.hsapi_data import DATA_ROUTES

HSAPI_ROUTES = (*DATA_ROUTES, *CONTRACT_ROUTES)

__all__ = ["HSAPI_ROUTES"]
