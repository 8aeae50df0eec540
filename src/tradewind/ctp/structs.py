"""Structs of CTP's library: set with every check that the binding leaves out, copied before they are gone.

The binding takes an unknown attribute without a word, and a struct handed to a callback holds another's bytes as soon
as the callback has returned.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from tradewind.ctp.messages import without_secrets
from tradewind.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.ctp.messages import Fields

_PREFIX: Final = "CThostFtdc"
_OTHERWISE: Final[Mapping[str, str]] = {
    "ReqAuthenticate": "ReqAuthenticate",
    "ReqUserLogin": "ReqUserLogin",
    "ReqUserAuthMethod": "ReqUserAuthMethod",
    "ReqGenUserCaptcha": "ReqGenUserCaptcha",
    "ReqGenUserText": "ReqGenUserText",
    "ReqUserLoginWithCaptcha": "ReqUserLoginWithCaptcha",
    "ReqUserLoginWithText": "ReqUserLoginWithText",
    "ReqUserLoginWithOTP": "ReqUserLoginWithOTP",
    "ReqOrderInsert": "InputOrder",
    "ReqParkedOrderInsert": "ParkedOrder",
    "ReqOrderAction": "InputOrderAction",
    "ReqExecOrderInsert": "InputExecOrder",
    "ReqExecOrderAction": "InputExecOrderAction",
    "ReqForQuoteInsert": "InputForQuote",
    "ReqQuoteInsert": "InputQuote",
    "ReqQuoteAction": "InputQuoteAction",
    "ReqBatchOrderAction": "InputBatchOrderAction",
    "ReqOptionSelfCloseInsert": "InputOptionSelfClose",
    "ReqOptionSelfCloseAction": "InputOptionSelfCloseAction",
    "ReqCombActionInsert": "InputCombAction",
    "ReqQrySecAgentTradingAccount": "QryTradingAccount",
    "ReqFromBankToFutureByFuture": "ReqTransfer",
    "ReqFromFutureToBankByFuture": "ReqTransfer",
    "ReqQueryBankAccountMoneyByFuture": "ReqQueryAccount",
    "ReqOffsetSetting": "InputOffsetSetting",
    "ReqCancelOffsetSetting": "InputOffsetSetting",
}
"""Requests whose struct is not called as they are; the other 92 of 6.7.11 are."""


def struct_name(request: str) -> str:
    """Return the class of a request's struct: `ReqQryOrder` takes a `CThostFtdcQryOrderField`."""
    return f"{_PREFIX}{_OTHERWISE.get(request, request.removeprefix('Req'))}Field"


class StructForms:
    """Makes and reads the structs of one module of the binding; remembers each class's fields."""

    def __init__(self, module: Any) -> None:  # noqa: ANN401 - the binding's module, whatever it is made of
        self._module = module
        self._names: dict[type, tuple[str, ...]] = {}

    def make(self, name: str, fields: Fields) -> Any:  # noqa: ANN401 - a struct of the binding
        """Return a struct of the class `name` with these fields set.

        Raises: InputError: no such class, no such field, or a value that does not fit; says which and what does.
        """
        kind = getattr(self._module, name, None)
        if not isinstance(kind, type):
            message = f"the binding has no struct {name}"
            raise InputError(message)
        struct = kind()
        known = self._fields_of(kind, struct)
        for field, value in fields.items():
            if field not in known:
                message = f"{name} has no field {field!r}; it has {', '.join(known)}"
                raise InputError(message)
            _set(struct, name, field, value)
        return struct

    def read(self, struct: Any) -> Fields:  # noqa: ANN401 - a struct of the binding
        """Return the fields of a struct, copied: to be called before the callback that got it returns."""
        kind = type(struct)
        names = self._names.get(kind) or self._fields_of(kind, struct)
        return {name: getattr(struct, name) for name in names}

    def _fields_of(self, kind: type, struct: object) -> tuple[str, ...]:
        names = self._names.get(kind)
        if names is None:
            found = (name for name in dir(struct) if not name.startswith("_") and name not in {"this", "thisown"})
            names = self._names[kind] = tuple(name for name in found if not callable(getattr(struct, name)))
        return names


def _set(struct: Any, name: str, field: str, value: object) -> None:  # noqa: ANN401 - as above
    """Set one field.

    Raises: InputError: the value does not fit.
    """
    shown = repr(without_secrets({field: value})[field])[:60]
    is_now = type(getattr(struct, field))
    if is_now is float and type(value) is int:
        value = float(value)
    if type(value) is not is_now:
        message = f"{name}.{field} must be {_WORD.get(is_now, is_now.__name__)}, was {shown} ({type(value).__name__})"
        raise InputError(message)
    if isinstance(value, float) and not math.isfinite(value):
        message = f"{name}.{field} must be a number, was {shown}"
        raise InputError(message)
    if isinstance(value, str) and not (value.isascii() and value.isprintable()):
        # The binding writes UTF-8 where the front reads GB18030, so nothing else survives the way there.
        message = f"{name}.{field} must be of plain ASCII characters, was {shown}"
        raise InputError(message)
    try:
        setattr(struct, field, value)
    except (TypeError, ValueError, OverflowError) as error:
        # Of the library's own words only the kind it takes: "… argument 2 of type 'char [11]'".
        message = f"{name}.{field} does not take {shown}: it is a {str(error).partition('of type ')[2] or 'kind else'}"
        raise InputError(message) from None


_WORD: Final = {str: "a text", int: "a whole number", float: "a number"}
