"""Parameters of strategies: checked against the strategy's own struct, described for people."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import msgspec

from tradewind.errors import ConfigError
from tradewind.strategies.settings import ParamValue

if TYPE_CHECKING:
    from collections.abc import Mapping


class ParamDescription(msgspec.Struct, frozen=True):
    """One parameter as the API shows it."""

    name: str
    value: ParamValue
    default: ParamValue | None
    description: str


def build_params(
    strategy: str, params_type: type[msgspec.Struct], overrides: Mapping[str, ParamValue]
) -> msgspec.Struct:
    """Return the strategy's parameters with these set.

    Raises: ConfigError: a parameter it does not have, or a value out of its range.
    """
    fields = params_type.__struct_fields__
    for name in overrides:
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            message = f"strategy {strategy} has no parameter {name!r}; it has: {', '.join(fields) or 'none'}{hint}"
            raise ConfigError(message)
    try:
        return msgspec.convert(dict(overrides), params_type, strict=True)
    except msgspec.ValidationError as error:
        message = f"parameters of strategy {strategy}: {error}; given: {dict(overrides)}"
        raise ConfigError(message) from error


def describe_params(params: msgspec.Struct) -> tuple[ParamDescription, ...]:
    """Return every parameter with its value, default and description."""
    schema = msgspec.json.schema(type(params))
    properties: dict[str, dict[str, Any]] = schema["$defs"][type(params).__name__]["properties"]
    return tuple(
        ParamDescription(
            name,
            getattr(params, name),
            properties[encoded].get("default"),
            str(properties[encoded].get("description", "")),
        )
        for name, encoded in zip(params.__struct_fields__, params.__struct_encode_fields__, strict=True)
    )
