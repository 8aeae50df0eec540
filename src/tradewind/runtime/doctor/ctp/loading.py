"""Whether CTP's library can be loaded, which only a child process may try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.ctp.channel import Places
from tradewind.errors import ConfigError, TransientError
from tradewind.ops.findings import Found, fail, ok
from tradewind.runtime.doctor.ctp.asking import CtpChild

if TYPE_CHECKING:
    from pathlib import Path

    from tradewind.ctp.binding import Kind
    from tradewind.runtime.settings import TradewindSettings


async def load(kind: Kind, settings: TradewindSettings, folder: Path, patience_s: float) -> Found:
    """Load one half of the library; the child ends with it. `folder` is for files of its own."""
    binding, within_s = settings.ctp.binding, min(settings.ctp.load_s, patience_s)
    locale_dir = Places.of(settings.ctp, settings.data_dir, "").locale_dir
    async with CtpChild(kind, settings.ctp, flow_dir=folder / f"load-{kind}", locale_dir=locale_dir) as child:
        try:
            version = await child.version(within_s)
        except ConfigError as error:
            what, _, remedy = str(error).partition("; ")
            return fail(what, remedy or "look at ctp.binding")
        except TransientError as error:
            return fail(
                f"{binding} cannot be loaded for {kind}: {error}",
                "install it anew (pip install --force-reinstall 'tradewind[ctp]'); another release may do better",
            )
        except TimeoutError:
            return fail(
                f"{binding} is not loaded for {kind} within {within_s:g} s",
                "give it more time with --timeout, and ctp.load_s",
            )
    return ok(f"{binding} is loaded for {kind}, version {version}")
