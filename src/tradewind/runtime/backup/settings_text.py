"""The settings of an installation as a file to begin with again: all that differs from the defaults, secrets blank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.kernel.settings import value_at
from tradewind.kernel.settings_doc import as_toml
from tradewind.runtime.operations.setting_views import setting_views

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.kernel.settings import Loaded
    from tradewind.runtime.settings import TradewindSettings

_BLANK: Final = "***"
_HEAD: Final = """\
# The settings of the installation that this backup was made of, wherever they came from (file, environment, flags).
# A line that begins with # held a secret, which no backup keeps without being asked: fill it in where it is needed.
"""
_WHOLE_HEAD: Final = """\
# The settings of the installation that this backup was made of, with every secret: keep it to yourself.
"""


def settings_text(loaded: Loaded[TradewindSettings], *, with_secrets: bool) -> str:
    """Return `tradewind.toml` of an installation."""
    lines = _all(loaded) if with_secrets else _without_secrets(loaded)
    return (_WHOLE_HEAD if with_secrets else _HEAD) + "".join(f"{line}\n" for line in lines)


def _all(loaded: Loaded[TradewindSettings]) -> Iterator[str]:
    for path in loaded.origins:
        yield f"{path} = {as_toml(msgspec.to_builtins(value_at(loaded.settings, path)))}"


def _without_secrets(loaded: Loaded[TradewindSettings]) -> Iterator[str]:
    for view in setting_views(loaded.settings, loaded.origins):
        if view.path in loaded.origins:
            mark = "# " if _BLANK in view.value else ""
            yield f"{mark}{view.path} = {view.value}"
