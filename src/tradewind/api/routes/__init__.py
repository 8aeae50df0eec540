"""The routes, by subject. Each declares its access; a route that does not is refused to everybody."""

from __future__ import annotations

from tradewind.api.dialects import HSAPI_ROUTES
from tradewind.api.routes.admin import ADMIN_ROUTES
from tradewind.api.routes.analysis import ANALYSIS_ROUTES
from tradewind.api.routes.calendar import CALENDAR_ROUTES
from tradewind.api.routes.chat import CHAT_ROUTES
from tradewind.api.routes.desk import DESK_ROUTES
from tradewind.api.routes.feed import FEED_ROUTES
from tradewind.api.routes.fleet import FLEET_ROUTES
from tradewind.api.routes.history import HISTORY_ROUTES
from tradewind.api.routes.instruction_book import BOOK_ROUTES
from tradewind.api.routes.main_contract import MAIN_CONTRACT_ROUTES
from tradewind.api.routes.market import MARKET_ROUTES
from tradewind.api.routes.me import ME_ROUTES
from tradewind.api.routes.notices import NOTICE_ROUTES
from tradewind.api.routes.ops import OPS_ROUTES
from tradewind.api.routes.people import PEOPLE_ROUTES
from tradewind.api.routes.records import RECORD_ROUTES
from tradewind.api.routes.replay import REPLAY_ROUTES
from tradewind.api.routes.results import RESULT_ROUTES
from tradewind.api.routes.seed import SEED_ROUTES
from tradewind.api.routes.session import SESSION_ROUTES
from tradewind.api.routes.statements import STATEMENT_ROUTES
from tradewind.api.routes.system import SYSTEM_ROUTES

ALL_ROUTES = (
    *SEED_ROUTES,
    *SESSION_ROUTES,
    *ME_ROUTES,
    *PEOPLE_ROUTES,
    *ADMIN_ROUTES,
    *MARKET_ROUTES,
    *CALENDAR_ROUTES,
    *HISTORY_ROUTES,
    *FEED_ROUTES,
    *MAIN_CONTRACT_ROUTES,
    *ANALYSIS_ROUTES,
    *DESK_ROUTES,
    *STATEMENT_ROUTES,
    *BOOK_ROUTES,
    *RECORD_ROUTES,
    *RESULT_ROUTES,
    *NOTICE_ROUTES,
    *CHAT_ROUTES,
    *FLEET_ROUTES,
    *SYSTEM_ROUTES,
    *OPS_ROUTES,
    *REPLAY_ROUTES,
    *HSAPI_ROUTES,
)

__all__ = ["ALL_ROUTES"]
