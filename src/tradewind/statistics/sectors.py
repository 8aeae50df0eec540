"""Which sector a product belongs to. Source: the boards of the Chinese exchanges; an operator may sort otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

OTHER: Final = "other"
_PRODUCTS: Final[Mapping[str, str]] = {
    "precious": "SHFE.au SHFE.ag COMEX.GC",
    "metals": "SHFE.cu SHFE.al SHFE.zn SHFE.pb SHFE.ni SHFE.sn SHFE.ao SHFE.ad INE.bc",
    "ferrous": "SHFE.rb SHFE.hc SHFE.ss SHFE.wr DCE.i DCE.j DCE.jm CZCE.SF CZCE.SM",
    "energy": "INE.sc INE.lu SHFE.fu SHFE.bu DCE.pg CZCE.ZC",
    "chemicals": (
        "SHFE.ru SHFE.br INE.nr SHFE.sp DCE.l DCE.pp DCE.v DCE.eb DCE.eg DCE.bz CZCE.TA CZCE.MA CZCE.PX CZCE.PF "
        "CZCE.PR CZCE.PL CZCE.SA CZCE.SH CZCE.UR"
    ),
    "building": "CZCE.FG DCE.fb DCE.bb DCE.lg",
    "oils": "DCE.a DCE.b DCE.m DCE.y DCE.p CZCE.OI CZCE.RM CZCE.RS CZCE.PK",
    "grains": "DCE.c DCE.cs DCE.rr CZCE.WH CZCE.PM CZCE.RI CZCE.LR CZCE.JR",
    "softs": "CZCE.CF CZCE.CY CZCE.SR CZCE.AP CZCE.CJ",
    "livestock": "DCE.jd DCE.lh",
    "new_energy": "GFEX.lc GFEX.si GFEX.ps",
    "shipping": "INE.ec",
    "index": "CFFEX.IF CFFEX.IC CFFEX.IH CFFEX.IM",
    "bond": "CFFEX.T CFFEX.TF CFFEX.TL CFFEX.TS",
    "shares": "US.US",
}
SECTORS: Final[Mapping[str, str]] = {
    product: sector for sector, products in _PRODUCTS.items() for product in products.split()
}
"""`EXCHANGE.product` to sector."""


def sector_of(exchange: str, product_id: str, own: Mapping[str, str]) -> str:
    """Return the sector of a product, `OTHER` where nobody has sorted it; `own` wins over what is shipped."""
    product = f"{exchange}.{product_id}"
    return own.get(product) or SECTORS.get(product, OTHER)
