"""Which release this process runs, said to the others; where it matters, what they run and whether all agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind import __version__
from tradewind.bus.forms import line_form
from tradewind.bus.redis.roll_call import RollCall
from tradewind.domain.release import Running
from tradewind.domain.trading_state import TradingMode
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from tradewind.bus.redis.links import Links
    from tradewind.domain.release import Mixture

_LOG = get_log("runtime")


def roll_call(service: str, links: Links, *, hears: bool = False, is_told: bool = False) -> RollCall:
    """Return the part of a process that answers for it; `is_told`: its log says when what is mixed changes."""
    own = Running(service, links.member, __version__, line_form())
    return RollCall(links.control.call, own, hears=hears, on_change=_tell if is_told else _pass_over)


def trouble_of(mixture: Mixture | None) -> str | None:
    """Return in one line what is mixed and what follows for orders, `None` while all agree."""
    if mixture is None:
        return None
    allowed = "only orders that close are" if mixture.mode is TradingMode.REDUCING else "no new order is"
    return f"releases are mixed, {allowed} let through until all agree ({mixture.told})"


def _tell(mixture: Mixture | None) -> None:
    if mixture is None:
        _LOG.info("releases_agree")
    else:
        _LOG.warning("releases_mixed", mode=mixture.mode.value, releases=mixture.told)


def _pass_over(_mixture: Mixture | None) -> None:
    return
