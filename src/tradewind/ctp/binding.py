"""Loads the Python binding of CTP's library by name, and calls it the one way that all its versions take.

`openctp_ctp` is the real one; `tradewind.testing.ctp_front.binding` has the same surface and speaks to a simulated
front. Only a child process may import it: what the library dislikes, it answers by ending the process.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = Literal["market", "trading"]
REAL: Final = "openctp_ctp"
_MODULES: Final[dict[Kind, str]] = {"market": "mdapi", "trading": "tdapi"}
_APIS: Final[dict[Kind, str]] = {"market": "CThostFtdcMdApi", "trading": "CThostFtdcTraderApi"}
_SPIS: Final[dict[Kind, str]] = {"market": "CThostFtdcMdSpi", "trading": "CThostFtdcTraderSpi"}
_FLAG: Final = "bIsProductionMode"


class Binding:
    """One half of the binding, for quotes or for orders."""

    def __init__(self, name: str, kind: Kind) -> None:
        """Import it. The locale must have been prepared: see `locale`.

        Raises: ConfigError: it is not installed, or is no such binding.
        """
        self._kind: Kind = kind
        try:
            package = importlib.import_module(name)
            self.module: Any = getattr(package, _MODULES[kind])
            self._api: Any = getattr(self.module, _APIS[kind])
            self.spi: type[Any] = getattr(self.module, _SPIS[kind])
        except ImportError as error:
            remedy = "install it with `pip install tradewind[ctp]`" if name == REAL else "look at ctp.binding"
            message = f"ctp.binding {name!r} cannot be loaded ({error}); {remedy}"
            raise ConfigError(message) from error
        except AttributeError as error:
            message = f"ctp.binding {name!r} is no binding of CTP: {error}"
            raise ConfigError(message) from error

    @property
    def version(self) -> str:
        """Return the library's version, as it says it."""
        return str(self._api.GetApiVersion())

    @property
    def callbacks(self) -> tuple[str, ...]:
        """Return the names of every callback there is."""
        return tuple(name for name in dir(self.spi) if name.startswith("On"))

    def create(self, flow_dir: str, *, is_production: bool) -> Any:  # noqa: ANN401 - an object of the binding
        """Return a new API object that keeps its files in this folder, which is made when it is missing.

        Raises: OSError: the folder cannot be made.
        """
        # The library writes into a folder that is not there by ending the process.
        folder = Path(flow_dir)
        folder.mkdir(parents=True, exist_ok=True)
        prefix = f"{folder}/"
        create = self._api.CreateFtdcMdApi if self._kind == "market" else self._api.CreateFtdcTraderApi
        if not _takes_flag(create):
            return create(prefix)
        if self._kind == "market":
            return create(prefix, False, False, is_production)  # noqa: FBT003 - the library's order: UDP, multicast
        return create(prefix, is_production)


def _takes_flag(create: Callable[..., Any]) -> bool:
    """Tell whether this version asks for production or conformance fronts; 6.7.7 does not."""
    if _FLAG in (create.__doc__ or ""):
        return True
    try:
        return _FLAG in inspect.signature(create).parameters
    except (TypeError, ValueError):
        return False


def needs_locale(name: str) -> bool:
    """Tell whether a binding holds the compiled library, which dies without its locale; imports no such thing."""
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    places = (found.submodule_search_locations or ()) if found is not None else ()
    return any(file for place in places for file in Path(place).glob("*.so"))
