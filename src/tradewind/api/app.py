"""Puts the routes, their guards and their errors together into one application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Litestar, MediaType
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins.core import MsgspecDIPlugin

from tradewind import __version__
from tradewind.api.error_map import answer_error
from tradewind.api.routes import ALL_ROUTES
from tradewind.api.routes.system import OPENAPI_ROUTER
from tradewind.api.strictness import refuse_unasked

if TYPE_CHECKING:
    from litestar.plugins import PluginProtocol

    from tradewind.api.admission import Admission
    from tradewind.api.ports import House
    from tradewind.api.settings import ApiSettings
    from tradewind.api.views import ApiViews


class _App(Litestar):
    """Speaks msgspec alone. Where Pydantic happens to be installed, loading it for nothing costs 0.3 s a start."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


def create_app(*, settings: ApiSettings, views: ApiViews, house: House, admission: Admission) -> Litestar:
    """Build the application; everything it knows comes in here."""

    def give(value: object) -> Provide:
        def provide() -> Any:  # noqa: ANN401 - Litestar looks at the route's annotation, not at this one
            return value

        return Provide(provide, sync_to_thread=False)

    return _App(
        route_handlers=list(ALL_ROUTES),
        dependencies={"views": give(views), "house": give(house), "settings": give(settings)},
        guards=[admission.guard, refuse_unasked],
        exception_handlers={HTTPException: answer_error, Exception: answer_error},
        request_max_body_size=settings.body_bytes,
        openapi_config=OpenAPIConfig(
            title="信风 Tradewind",
            version=__version__,
            description="Authenticate with `Authorization: Bearer TOKEN` or the session cookie of the page.",
            use_handler_docstrings=True,
            openapi_router=OPENAPI_ROUTER,
            render_plugins=[JsonRenderPlugin(path="/", media_type=MediaType.JSON)],
        ),
        logging_config=None,
    )
