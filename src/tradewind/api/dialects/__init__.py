"""REST as older systems' programs speak it: a module for each part of such a system, each with its own routes.

System 004's (docs/hsapi.md): `hsapi_data`, `hsapi_contracts`, `hsapi_instructions`, `hsapi_positions`, `hsapi_user`.
`hsapi_forms` and `hsapi_book_forms` hold what its requests carry, `hsapi_rows` what it is shown, `hsapi_states` its
words. Main name: `HSAPI_ROUTES`.
"""

from __future__ import annotations

from tradewind.api.dialects.hsapi_contracts import CONTRACT_ROUTES
from tradewind.api.dialects.hsapi_data import DATA_ROUTES
from tradewind.api.dialects.hsapi_instructions import INSTRUCTION_ROUTES
from tradewind.api.dialects.hsapi_positions import POSITION_ROUTES
from tradewind.api.dialects.hsapi_user import USER_ROUTES

HSAPI_ROUTES = (*DATA_ROUTES, *CONTRACT_ROUTES, *INSTRUCTION_ROUTES, *POSITION_ROUTES, *USER_ROUTES)

__all__ = ["HSAPI_ROUTES"]
