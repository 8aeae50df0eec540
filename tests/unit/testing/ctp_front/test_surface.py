"""The simulated binding has the surface of the true one: asked of `openctp_ctp` itself where that is installed."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tradewind.testing.ctp_front.binding import __version__, mdapi, tdapi
from tradewind.testing.ctp_front.surface import Surface, surface

_CHARMAPS = Path("/usr/share/i18n/charmaps/GB18030.gz")
_HALVES: list[tuple[Any, str]] = [(mdapi, "Md"), (tdapi, "Trader")]


@pytest.mark.process
@pytest.mark.skipif(importlib.util.find_spec("openctp_ctp") is None, reason="openctp-ctp is not installed")
@pytest.mark.skipif(not _CHARMAPS.exists(), reason="package locales is not installed: the true binding would abort")
def test_the_table_is_what_the_true_binding_shows(tmp_path: Path) -> None:
    locale = tmp_path / "zh_CN.GB18030"
    subprocess.run(["localedef", "-i", "zh_CN", "-f", "GB18030", "--no-archive", locale], check=True)
    asked = subprocess.run(
        [sys.executable, "-m", "tradewind.testing.ctp_front.surface_of", "openctp_ctp"],
        capture_output=True,
        check=True,
        env={**os.environ, "LOCPATH": str(tmp_path)},
    )
    true = msgspec.json.decode(asked.stdout, type=Surface)
    if true.version != surface().version:
        pytest.skip(f"the table is of {surface().version}, installed is {true.version}")
    assert true == surface()


@pytest.mark.parametrize(("module", "family"), _HALVES)
def test_every_request_and_callback_of_the_table_is_there(module: Any, family: str) -> None:
    half = getattr(surface(), module.__name__.rsplit(".", 1)[1])
    api, spi = getattr(module, f"CThostFtdc{family}Api"), getattr(module, f"CThostFtdc{family}Spi")
    assert [name for name in (*half.requests, *half.others) if not callable(getattr(api, name, None))] == []
    assert [name for name in half.callbacks if not callable(getattr(spi, name, None))] == []
    assert (len(surface().tdapi.requests), len(surface().tdapi.callbacks)) == (118, 164)


def test_constants_are_there() -> None:
    assert (tdapi.THOST_TERT_RESTART, tdapi.THOST_TERT_QUICK, tdapi.THOST_FTDC_D_Buy) == (0, 2, "0")
    with pytest.raises(AttributeError):
        _ = tdapi.THOST_FTDC_Nothing
    assert __version__ == "6.7.11.0"


def test_an_api_is_made_by_its_maker_alone() -> None:
    with pytest.raises(AttributeError, match="No constructor defined"):
        tdapi.CThostFtdcTraderApi()


def test_an_unknown_attribute_is_taken_without_a_word() -> None:
    order = tdapi.CThostFtdcInputOrderField()
    order.NoSuchField = 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("OrderRef", "1" * 13),
        ("OrderRef", 1),
        ("OrderRef", b"1"),
        ("Direction", "01"),
        ("Direction", b"0"),
        ("VolumeTotalOriginal", 1.5),
        ("VolumeTotalOriginal", "1"),
        ("LimitPrice", "1"),
        ("LimitPrice", None),
    ],
)
def test_what_does_not_fit_is_a_type_error(field: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"CThostFtdcInputOrderField_{field}_set"):
        setattr(tdapi.CThostFtdcInputOrderField(), field, value)


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("OrderRef", "1" * 12, "1" * 12),
        ("OrderRef", None, ""),
        ("Direction", 1, "\x01"),
        ("LimitPrice", 720, 720.0),
        ("VolumeTotalOriginal", True, 1),
        # Written in UTF-8 and read in GB18030: only ASCII survives.
        ("InstrumentID", "中文", "涓\ue15f枃"),
    ],
)
def test_what_fits_is_read_as_the_true_binding_reads_it(field: str, value: object, read: object) -> None:
    order = tdapi.CThostFtdcInputOrderField()
    setattr(order, field, value)
    assert getattr(order, field) == read


def test_a_request_takes_only_its_own_struct(trader: Any) -> None:
    with pytest.raises(TypeError, match="CThostFtdcInputOrderField"):
        trader.api.ReqOrderInsert(tdapi.CThostFtdcInputOrderActionField(), 1)


def test_the_tick_is_584_bytes_in_ctps_layout() -> None:
    tick = mdapi.CThostFtdcDepthMarketDataField
    offsets = {name: getattr(tick, name).offset for name in ("LastPrice", "Volume", "UpdateTime", "BidPrice1")}
    assert offsets == {"LastPrice": 80, "Volume": 136, "UpdateTime": 208, "BidPrice1": 224}
    assert tick.InstrumentID.offset == 401
    assert tick.BandingUpperPrice.offset == 568
    assert len(tick().this.buffer) == 584
