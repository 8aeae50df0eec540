"""What the framework hands to routes by name: the views, the other rooms, the settings."""

from __future__ import annotations

from litestar.di import NamedDependency

from tradewind.api.ports import House
from tradewind.api.settings import ApiSettings
from tradewind.api.views import ApiViews

TheViews = NamedDependency[ApiViews]
TheHouse = NamedDependency[House]
TheSettings = NamedDependency[ApiSettings]
