"""Structs of CTP's library: what the binding takes without a word is refused with one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tradewind.ctp.structs import StructForms, struct_name
from tradewind.errors import InputError


class CThostFtdcInputOrderField:
    """As the binding's: any attribute may be set, and a text has its length."""

    def __init__(self) -> None:
        self.BrokerID = ""
        self.LimitPrice = 0.0
        self.VolumeTotalOriginal = 0
        self.AuthCode = ""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "BrokerID" and len(value) > 10:
            message = "in method 'CThostFtdcInputOrderField_BrokerID_set', argument 2 of type 'char [11]'"
            raise TypeError(message)
        super().__setattr__(name, value)

    def wander_off(self) -> None:
        """Be no field."""


FORMS = StructForms(SimpleNamespace(CThostFtdcInputOrderField=CThostFtdcInputOrderField))
NAME = "CThostFtdcInputOrderField"


def test_fields_are_set_and_read_back() -> None:
    struct = FORMS.make(NAME, {"BrokerID": "9999", "LimitPrice": 3000, "VolumeTotalOriginal": 2})
    assert type(struct.LimitPrice) is float
    assert FORMS.read(struct) == {"BrokerID": "9999", "LimitPrice": 3000.0, "VolumeTotalOriginal": 2, "AuthCode": ""}


def test_what_was_read_does_not_change_with_the_struct() -> None:
    struct = FORMS.make(NAME, {"BrokerID": "9999"})
    fields = FORMS.read(struct)
    struct.BrokerID = "garbage"
    assert fields["BrokerID"] == "9999"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"Broker": "9999"}, "has no field 'Broker'; it has AuthCode, BrokerID, LimitPrice, VolumeTotalOriginal"),
        ({"LimitPrice": "3000"}, r"LimitPrice must be a number, was '3000' \(str\)"),
        ({"LimitPrice": float("nan")}, "LimitPrice must be a number, was nan"),
        ({"VolumeTotalOriginal": 1.5}, r"VolumeTotalOriginal must be a whole number, was 1.5 \(float\)"),
        ({"VolumeTotalOriginal": True}, r"VolumeTotalOriginal must be a whole number, was True \(bool\)"),
        ({"BrokerID": "经纪"}, "BrokerID must be of plain ASCII characters, was '经纪'"),
        ({"BrokerID": "a\n"}, "BrokerID must be of plain ASCII characters"),
        ({"BrokerID": "12345678901"}, r"BrokerID does not take '12345678901': it is a 'char \[11\]'"),
        ({"AuthCode": 1}, r"AuthCode must be a text, was '\*\*\*'"),
    ],
)
def test_what_does_not_fit_is_refused_by_name_and_never_shows_a_secret(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        FORMS.make(NAME, fields)


def test_a_struct_nobody_has_is_refused() -> None:
    with pytest.raises(InputError, match="no struct CThostFtdcNoneField"):
        FORMS.make("CThostFtdcNoneField", {})


def test_requests_know_their_structs() -> None:
    assert struct_name("ReqQryOrder") == "CThostFtdcQryOrderField"
    assert struct_name("ReqUserLogin") == "CThostFtdcReqUserLoginField"
    assert struct_name("ReqOrderInsert") == "CThostFtdcInputOrderField"
    assert struct_name("ReqSettlementInfoConfirm") == "CThostFtdcSettlementInfoConfirmField"
