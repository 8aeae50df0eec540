"""The settings in force as an operator reads them: value, default, origin, meaning; nothing that opens a door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.api.ops_desk import SettingView
from tradewind.kernel.settings import leaves, value_at
from tradewind.kernel.settings_doc import as_toml, describe_type, shown, without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.kernel.settings_doc import Leaf
    from tradewind.runtime.settings import TradewindSettings

_BLANK: Final = "***"
_SECRET_WORDS: Final = ("password", "secret", "token", "api_key", "apikey", "auth_code", "private")
_UNKNOWN: Final = "settings"


def setting_views(settings: TradewindSettings, origins: Mapping[str, str]) -> list[SettingView]:
    """Return every setting in the order of `docs/config.md`."""
    return [_view(leaf, value_at(settings, leaf.path), origins) for leaf in leaves(type(settings))]


def _view(leaf: Leaf, value: object, origins: Mapping[str, str]) -> SettingView:
    plain = msgspec.to_builtins(value)
    default = msgspec.to_builtins(leaf.default)
    return SettingView(
        path=leaf.path,
        value=as_toml(_fit(leaf, plain)),
        default=as_toml(_fit(leaf, default)),
        # A service that runs apart was started with a file of all that differs.
        origin=origins.get(leaf.path, "default" if plain == default else _UNKNOWN),
        allowed=describe_type(leaf.type),
        description=leaf.description,
        is_secret=leaf.is_secret,
    )


def _fit(leaf: Leaf, value: object) -> object:
    if leaf.is_secret and value:
        return shown(leaf, value)
    return _without_secrets(value)


def _without_secrets(value: Any) -> Any:  # noqa: ANN401 - a setting may be of any kind
    """Blank what a table within a setting names a secret, and passwords in addresses."""
    match value:
        case dict():
            return {key: _BLANK if item and _is_secret(key) else _without_secrets(item) for key, item in value.items()}
        case list() | tuple():
            return [_without_secrets(item) for item in value]
        case str() if "://" in value and "@" in value:
            return without_credentials(value)
        case _:
            return value


def _is_secret(key: object) -> bool:
    return any(word in str(key).lower() for word in _SECRET_WORDS)
