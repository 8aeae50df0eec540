"""The surface of `openctp_ctp`, speaking to simulated fronts: `ctp.binding = "tradewind.testing.ctp_front.binding"`."""

from __future__ import annotations

from tradewind.testing.ctp_front.binding import mdapi, tdapi
from tradewind.testing.ctp_front.surface import surface

__version__ = surface().version
__all__ = ["mdapi", "tdapi"]
