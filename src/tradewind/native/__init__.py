"""The hot core in C, where it could be built: the same answers to the last bit, several times faster.

The Python modules are the reference; each asks here whether a compiled counterpart may stand in for it. The
environment variable `TRADEWIND_NATIVE` decides: `on` (the default) uses the extension if it is there, `off` never,
`required` refuses to start without it. See docs/decisions/0004-a-compiled-core-that-may-be-missing.md.
"""

from __future__ import annotations

import hashlib
import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from types import ModuleType

    from tradewind.native import _compiled as compiled

SWITCH: Final = "TRADEWIND_NATIVE"
_CHOICES: Final = ("on", "off", "required")


def sources_digest() -> str:
    """Return what names the C sources beside this file, as the build does; empty where they were not shipped."""
    folder = Path(__file__).parent
    files = sorted([*folder.glob("*.c"), *folder.glob("*.h")])
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16] if files else ""


def load(choice: str) -> tuple[ModuleType | None, str]:
    """Return the extension, or `None` and why not.

    Raises: ConfigError: no such choice, or it is required and not there.
    """
    if choice not in _CHOICES:
        message = f"{SWITCH} must be one of {', '.join(_CHOICES)}, was {choice!r}"
        raise ConfigError(message)
    if choice == "off":
        return None, f"switched off by {SWITCH}"
    module, reason = _built()
    if module is None and choice == "required":
        message = f"{SWITCH} is required, but the compiled core is {reason}"
        raise ConfigError(message)
    return module, reason


def _built() -> tuple[ModuleType | None, str]:
    try:
        module = importlib.import_module("tradewind.native._compiled")
    except ImportError as error:
        return None, f"not built ({error})"
    if sources_digest() not in {"", module.SOURCES}:
        return None, "built from other sources; build it anew with `make install`"
    return module, ""


def describe() -> str:
    """Say in a few words which core is in use."""
    return f"plain Python core: {why_not}" if why_not else "compiled core"


_module, why_not = load(os.environ.get(SWITCH, "on"))
compiled = _module  # type: ignore[assignment]  # the checker always sees the extension, so that calls of it are checked
