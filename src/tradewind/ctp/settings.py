"""How CTP's library is run: shared by the market's fronts and by every account's."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from tradewind.ctp.binding import REAL

FRONT: Final = r"^(tcp|ssl)://[^\s/:]+:[0-9]{1,5}$"
Front = Annotated[str, Meta(pattern=FRONT, max_length=200)]
"""An address as brokers give it: `tcp://180.168.146.187:10131`."""


class CtpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """CTP's library and its child processes, for `market.source = "ctp"` and for accounts at a broker."""

    binding: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$",
            description="Python module that binds CTP's library; another one of the same surface may take its place",
        ),
    ] = REAL
    flow_dir: Annotated[
        str, Meta(description="folder of the library's own files, one below it per connection; empty: in data_dir")
    ] = ""
    locale_dir: Annotated[
        str,
        Meta(description="folder of the locale zh_CN.GB18030 where the machine lacks it; empty: in data_dir"),
    ] = ""
    production: Annotated[
        bool, Meta(description="true for real fronts, false for those of a conformance test (评测)")
    ] = True
    no_answer_s: Annotated[
        float,
        Meta(gt=0, le=600, description="seconds without an answer after which a front is said not to answer"),
    ] = 10.0
    next_front_s: Annotated[
        float,
        Meta(gt=0, le=3_600, description="seconds without an answer after which the next front of the list is tried"),
    ] = 30.0
    login_s: Annotated[
        float, Meta(gt=0, le=600, description="seconds a login may take before the front is given up")
    ] = 15.0
    load_s: Annotated[float, Meta(gt=0, le=600, description="seconds a child process may take to load the library")] = (
        150.0
    )
    stop_s: Annotated[
        float, Meta(gt=0, le=60, description="seconds a child process gets to end before it is ended by force")
    ] = 3.0
    retry_scale: Annotated[
        float, Meta(gt=0, le=10, description="factor on the waits before trying again (1, 2, 4 … seconds)")
    ] = 1.0
    before_open_s: Annotated[
        float, Meta(ge=0, le=7_200, description="seconds before a session's call auction from which it is supervised")
    ] = 600.0
    after_close_s: Annotated[
        float, Meta(ge=0, le=7_200, description="seconds after a session's end until which it is supervised")
    ] = 1_800.0
