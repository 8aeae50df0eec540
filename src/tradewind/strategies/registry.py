"""Where strategies come from: the built-in table, entry points of installed packages, files of a folder.

Loading checks that a class is a strategy at all; what it does when called is the runner's business.
"""

from __future__ import annotations

import importlib
import inspect
import traceback
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.errors import ConfigError, StrategyError
from tradewind.strategies.params import build_params
from tradewind.strategies.ports import HOOK_NAMES, HookName
from tradewind.strategies.watchdog import STRATEGY_FAILURES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from tradewind.strategies.settings import ParamValue

BUILTINS: Final[Mapping[str, str]] = {
    "rapid_rise": "tradewind.strategies.builtin.rapid_rise:RapidRise",
    "momentum": "tradewind.strategies.builtin.momentum:Momentum",
    "mean_reversion": "tradewind.strategies.builtin.mean_reversion:MeanReversion",
    "macd": "tradewind.strategies.builtin.macd:MacdCross",
    "rsi": "tradewind.strategies.builtin.rsi:RsiReturn",
    "bollinger": "tradewind.strategies.builtin.bollinger:BollingerBand",
}
ENTRY_POINT_GROUP: Final = "tradewind.strategies"


class StrategySpec(msgspec.Struct, frozen=True):
    """A strategy that can be run: its class, its parameters, the hooks it has, where it came from."""

    name: str
    factory: type[Any]
    params: msgspec.Struct
    hooks: tuple[HookName, ...]
    async_hooks: tuple[HookName, ...]
    per_instrument: bool
    source: str
    is_trial: bool = False
    """Hears of the test instrument, and of nothing else; of all others it is the reverse."""

    def create(self) -> object:
        """Make one instance."""
        return self.factory(self.params)


def spec_of(name: str, factory: object, *, source: str, overrides: Mapping[str, ParamValue]) -> StrategySpec:
    """Check that `factory` is a strategy and return it with its parameters.

    Raises:
        StrategyError: it is no class, has no `Params` struct or no hook, or a hook is no method.
        ConfigError: `overrides` do not fit its parameters.
    """
    if not isinstance(factory, type):
        message = f"strategy {name} ({source}) must be a class, is {type(factory).__name__}"
        raise StrategyError(message)
    params_type = getattr(factory, "Params", None)
    if not (isinstance(params_type, type) and issubclass(params_type, msgspec.Struct)):
        message = f"strategy {name} ({source}) needs a class attribute Params, a msgspec.Struct; has {params_type!r}"
        raise StrategyError(message)
    hooks = tuple(hook for hook in HOOK_NAMES if hasattr(factory, hook))
    if not hooks:
        message = f"strategy {name} ({source}) has none of the hooks {', '.join(HOOK_NAMES)}"
        raise StrategyError(message)
    for hook in hooks:
        if not callable(getattr(factory, hook)):
            message = f"strategy {name} ({source}): {hook} must be a method, is {getattr(factory, hook)!r}"
            raise StrategyError(message)
    return StrategySpec(
        name=name,
        factory=factory,
        params=build_params(name, params_type, overrides),
        hooks=hooks,
        async_hooks=tuple(hook for hook in hooks if inspect.iscoroutinefunction(getattr(factory, hook))),
        per_instrument=bool(getattr(factory, "per_instrument", True)),
        source=source,
    )


def load_builtin(name: str, overrides: Mapping[str, ParamValue]) -> StrategySpec:
    """Return a built-in strategy.

    Raises: ConfigError: there is none of that name, or its parameters do not fit.
    """
    target = BUILTINS.get(name)
    if target is None:
        message = f"strategies.enabled names {name!r}; built in are: {', '.join(BUILTINS)}"
        raise ConfigError(message)
    module, _, attribute = target.partition(":")
    return spec_of(name, getattr(importlib.import_module(module), attribute), source="builtin", overrides=overrides)


def load_trial() -> StrategySpec:
    """Return the strategy that answers test ticks."""
    from tradewind.strategies.builtin.line_test import LineTest  # noqa: PLC0415 - only where there are test ticks

    return msgspec.structs.replace(
        spec_of("line_test", LineTest, source="builtin", overrides={}),
        is_trial=True,
    )


def load_entry_points(
    params: Mapping[str, Mapping[str, ParamValue]],
) -> tuple[list[StrategySpec], dict[str, StrategyError]]:
    """Return the strategies of installed packages, and by entry point why the others could not be loaded."""
    specs, errors = [], {}
    for point in entry_points(group=ENTRY_POINT_GROUP):
        source = f"entry point {point.value}"
        try:
            specs.append(spec_of(point.name, point.load(), source=source, overrides=params.get(point.name, {})))
        except StrategyError as error:
            errors[source] = error
        except STRATEGY_FAILURES as error:  # the handler guard: foreign code runs at import
            errors[source] = StrategyError(f"{source} could not be loaded: {where(error)}")
            errors[source].__cause__ = error
    return specs, errors


def specs_of_module(
    module: ModuleType, *, stem: str, source: str, params: Mapping[str, Mapping[str, ParamValue]]
) -> list[StrategySpec]:
    """Return the strategies that a file defines: classes of its own with `Params` and a hook.

    Raises: StrategyError: there is none, or two without a `name` of their own.
    """
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and value.__module__ == module.__name__
        and any(hasattr(value, h) for h in HOOK_NAMES)
    ]
    if not found:
        message = f"{source} defines no strategy: no class with one of {', '.join(HOOK_NAMES)}"
        raise StrategyError(message)
    names = [str(getattr(factory, "name", stem)) for factory in found]
    if len(set(names)) != len(names):
        message = f"{source} defines {len(names)} strategies named {', '.join(names)}; give each a `name` of its own"
        raise StrategyError(message)
    return [
        spec_of(name, factory, source=source, overrides=params.get(name, {}))
        for name, factory in zip(names, found, strict=True)
    ]


def where(error: BaseException) -> str:
    """Say what was raised and where: `ValueError: … (dip.py, line 12)`."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"SyntaxError: {error.msg} ({error.filename}, line {error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"
