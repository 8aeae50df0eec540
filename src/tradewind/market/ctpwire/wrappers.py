"""What publishers wrap quotes in: an envelope with a type, TqSdk's differences, or a plain list.

{"MsgType": "RtnDepthMarketData", "DepthMarketData": {…}}      {"type": "market_data", "data": {…}}
{"aid": "rtn_data", "data": [{"quotes": {"SHFE.au2602": {…}}}]}                            [{…}, {…}]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.market.ctpwire.refusals import RefusalReason, RefusedFrameError

if TYPE_CHECKING:
    from collections.abc import Iterator

_INSIDE: Final = ("DepthMarketData", "data", "market_data", "payload", "tick", "ticks", "quote")
_DEEPEST: Final = 4
_QUOTES_KEPT: Final = 4096
_MOST_FIELDS: Final = 256


class Unwrapper:
    """Finds the quotes in an object or a list.

    TqSdk sends of each quote only what changed: the last state of 4096 contracts is kept to be completed; when full,
    the longest untouched is forgotten.
    """

    def __init__(self) -> None:
        self._quotes: dict[str, dict[str, Any]] = {}

    def quotes_of(self, content: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - whatever the message held
        """Yield every quote, wrappers taken off.

        Raises: RefusedFrameError: too deep, or of a type that can hold no quote.
        """
        return self._quotes_of(content, 0)

    def _quotes_of(self, content: Any, depth: int) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - as above
        if depth > _DEEPEST:
            raise RefusedFrameError(RefusalReason.TOO_DEEP, f"wrapped more than {_DEEPEST} times")
        if type(content) is list:
            for item in content:
                yield from self._quotes_of(item, depth + 1)
        elif type(content) is not dict:
            shown = type(content).__name__
            raise RefusedFrameError(
                RefusalReason.WRONG_TYPE, f"an object or a list of them was expected, found {shown}"
            )
        elif type(changes := content.get("quotes")) is dict:
            yield from self._completed(changes)
        else:
            inside = next((content[name] for name in _INSIDE if type(content.get(name)) in {dict, list}), None)
            if inside is None:
                yield content
            else:
                yield from self._quotes_of(inside, depth + 1)

    def _completed(self, changes: dict[Any, Any]) -> Iterator[dict[str, Any]]:
        kept = self._quotes
        for name, change in changes.items():
            if type(name) is not str or type(change) is not dict:
                yield {"instrument_id": name, "": change}
                continue
            quote = kept.pop(name, None) or {"instrument_id": name}
            quote.update(change)
            if len(quote) > _MOST_FIELDS:
                quote = {"instrument_id": name, **change}
            if len(kept) >= _QUOTES_KEPT:
                del kept[next(iter(kept))]
            kept[name] = quote
            yield quote


def wrapper_name(content: Any) -> str:  # noqa: ANN401 - whatever the message held
    """Return what a message's quotes are wrapped in, for the counters; empty for a bare quote."""
    if type(content) is list:
        return "array"
    if type(content) is dict and "MsgType" in content:
        return "rtn"
    if type(content) is dict and "aid" in content:
        return "rtn_data"
    return "data" if type(content) is dict and any(type(content.get(name)) in {dict, list} for name in _INSIDE) else ""
