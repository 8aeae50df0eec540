"""Every documented framing and body, as bytes written down by hand, gives the same quote (C-000-1)."""

from __future__ import annotations

import json
import struct
from typing import Any

import msgspec
import pytest

from feed_builders import (
    GOLDEN,
    GOLDEN_NS,
    GOLDEN_TICK,
    NOW_NS,
    decode,
    golden_csv,
    golden_json,
    golden_protobuf,
    golden_struct,
    make_decoder,
    varint,
)
from tradewind.domain.tick import RawTick

CTP = {
    "".join("ID" if word == "id" else word.capitalize() for word in name.split("_")): value
    for name, value in GOLDEN.items()
}
CAMEL = {name[0].lower() + name[1:]: value for name, value in CTP.items()}
JAVA = {**{name: value for name, value in CAMEL.items() if name != "instrumentID"}, "instrumentId": "au2602"}
TQSDK = {
    "instrument_id": "SHFE.au2602",
    "datetime": "2025-12-01 09:30:00.500000",
    "last_price": 962.7,
    "ask_price1": 962.7,
    "ask_volume1": 5,
    "bid_price1": 962.68,
    "bid_volume1": 3,
    "highest": 964.98,
    "lowest": 951.0,
    "open": 957.0,
    "close": "-",
    "average": 958.1,
    "volume": 323_936,
    "amount": 310_361_654_160.0,
    "open_interest": 201_234,
    "settlement": "-",
    "upper_limit": 1083.7,
    "lower_limit": 817.52,
    "pre_open_interest": 200_000,
    "pre_settlement": 950.62,
    "pre_close": 953.42,
}
VNPY = {
    "gateway_name": "CTP",
    "symbol": "au2602",
    "exchange": "SHFE",
    "datetime": "2025-12-01T09:30:00.500000+08:00",
    "volume": 323_936.0,
    "turnover": 310_361_654_160.0,
    "open_interest": 201_234.0,
    "last_price": 962.7,
    "limit_up": 1083.7,
    "limit_down": 817.52,
    "open_price": 957.0,
    "high_price": 964.98,
    "low_price": 951.0,
    "pre_close": 953.42,
    "bid_price_1": 962.68,
    "bid_volume_1": 3,
    "ask_price_1": 962.7,
    "ask_volume_1": 5,
    "bid_price_2": 0,
    "bid_volume_2": 0,
    "ask_price_2": 0,
    "ask_volume_2": 0,
    "localtime": None,
}
SHORT = {
    "iid": "au2602",
    "price": "962.7",
    "vol": "323936",
    "time": "09:30:00",
    "msec": 500,
    "bid1": 962.68,
    "bidvol1": 3,
    "ask1": 962.7,
    "askvol1": 5,
}
RTN_DATA = {"aid": "rtn_data", "data": [{"quotes": {"SHFE.au2602": TQSDK}}]}


def encoded(content: object) -> bytes:
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    ("frames", "variant", "framing"),
    [
        ((b"MARKET_DATA_PROTOBUF", golden_protobuf()), "protobuf", "topic+body"),
        ((b"FUTURE#au2602", golden_protobuf()), "protobuf", "topic+body"),
        ((golden_protobuf(),), "protobuf", "body"),
        ((b"MARKET_DATA", golden_csv().encode()), "csv", "topic+body"),
        ((b"MARKET_DATA", (golden_csv() + ",1.79769e+308").encode()), "csv", "topic+body"),
        ((golden_csv().encode() + b"\r\n",), "csv", "body"),
        ((b"MARKET_DATA " + golden_csv().encode(),), "csv", "body"),
        ((b"MARKET_DATA", golden_json()), "json_snake", "topic+body"),
        ((b"", golden_json()), "json_snake", "topic+body"),
        ((golden_json(),), "json_snake", "body"),
        ((b"au2602 " + golden_json(),), "json_snake", "body"),
        ((b"\n " + golden_json(),), "json_snake", "body"),
        ((b"MARKET_DATA", encoded(CTP)), "json_ctp", "topic+body"),
        ((b"MARKET_DATA", encoded(CAMEL)), "json_camel", "topic+body"),
        ((b"MARKET_DATA", encoded(JAVA)), "json_camel", "topic+body"),
        ((encoded({"MsgType": "RtnDepthMarketData", "DepthMarketData": CTP}),), "json_ctp_rtn", "body"),
        ((encoded({"type": "market_data", "data": GOLDEN}),), "json_snake_data", "body"),
        ((encoded([GOLDEN]),), "json_snake_array", "body"),
        ((b"MARKET_DATA", golden_struct()), "struct", "topic+body"),
        ((b"MARKET_DATA", msgspec.msgpack.encode(GOLDEN)), "msgpack_snake", "topic+body"),
        ((msgspec.msgpack.encode([GOLDEN]),), "msgpack_snake_array", "body"),
    ],
)
def test_a_full_quote_reads_the_same_in_every_form(frames: tuple[bytes, ...], variant: str, framing: str) -> None:
    decoder = make_decoder()
    ticks = decoder.decode(frames, NOW_NS)
    assert [tuple(tick) for tick in ticks] == [tuple(GOLDEN_TICK)]
    assert decoder.variants == {variant: 1}
    assert decoder.framings == {framing: 1}
    assert decoder.quarantine.total == 0


@pytest.mark.parametrize(
    ("content", "variant", "lacks"),
    [
        (TQSDK, "json_tqsdk", {"trading_day": 0}),
        (RTN_DATA, "json_tqsdk_rtn_data", {"trading_day": 0}),
        (VNPY, "json_vnpy", {"trading_day": 0, "pre_settlement_price": None, "pre_open_interest": None}),
        (
            SHORT,
            "json_short",
            {
                **dict.fromkeys(RawTick._fields[12:]),
                "trading_day": 0,
                "turnover": None,
                "open_interest": None,
            },
        ),
    ],
)
def test_other_programs_names_are_understood(content: object, variant: str, lacks: dict[str, Any]) -> None:
    decoder = make_decoder()
    (tick,) = decoder.decode((b"TICK", encoded(content)), NOW_NS)
    assert RawTick._make(tick) == GOLDEN_TICK._replace(**lacks)
    assert decoder.variants == {variant: 1}


@pytest.mark.parametrize(
    "frames", [(b"TICK", b"au2602 962.7 323936 1764552600.5"), (b"TICK au2602 962.7 323936 1764552600500",)]
)
def test_four_words_are_symbol_price_volume_and_time(frames: tuple[bytes, ...]) -> None:
    (tick,) = decode(*frames)
    assert tick[:6] == ("au2602.SHFE", GOLDEN_NS, NOW_NS, 0, 962.7, 323_936)


def test_a_batch_gives_each_of_its_quotes() -> None:
    quote = golden_protobuf()
    inner = b"\x0a" + varint(len(quote)) + quote
    decoder = make_decoder()
    ticks = decoder.decode((b"MARKET_DATA_PROTOBUF", inner * 3 + b"\x10\x01\x18\x03"), NOW_NS)
    assert [tuple(tick) for tick in ticks] == [tuple(GOLDEN_TICK)] * 3
    assert decoder.variants == {"protobuf_batch": 1}


def test_rows_in_one_frame_give_each_of_their_quotes() -> None:
    assert decode(f"{golden_csv()}\n{golden_csv()}\n".encode()) == [GOLDEN_TICK] * 2


def test_five_levels_are_kept_when_the_second_holds_lots() -> None:
    changes = {
        f"{part}{level}": level
        for part in ("bid_price", "bid_volume", "ask_price", "ask_volume")
        for level in range(2, 6)
    }
    (tick,) = decode(golden_json(**changes))
    assert tick.depth == tuple((float(level), level, float(level), level) for level in range(2, 6))


def test_tqsdk_differences_complete_the_quote_before() -> None:
    decoder = make_decoder()
    decoder.decode((encoded(RTN_DATA),), NOW_NS)
    change = {"SHFE.au2602": {"last_price": 963.0, "datetime": "2025-12-01 09:30:01.000000"}}
    (tick,) = decoder.decode((encoded({"aid": "rtn_data", "data": [{"quotes": change}]}),), NOW_NS)
    changed = GOLDEN_TICK._replace(trading_day=0, last_price=963.0, ts_event=GOLDEN_NS + 500_000_000)
    assert RawTick._make(tick) == changed


@pytest.mark.parametrize(
    "text", ["", "--", "-", "nan", "1.79769e+308", "1.797693e+308", "1.7976931348623157E+308", None, 0]
)
def test_what_stands_for_no_price_is_none(text: object) -> None:
    assert decode(golden_json(bid_price1=text))[0].bid_price is None
    cells = golden_csv().split(",")
    cells[22] = "" if text is None else str(text)
    assert decode(",".join(cells).encode())[0].bid_price is None


def test_python_s_own_nan_and_infinity_are_no_prices() -> None:
    (tick,) = decode(golden_json(bid_price1=float("nan"), ask_price1=float("inf")))
    assert (tick.bid_price, tick.ask_price, tick.last_price) == (None, None, 962.7)


def test_numbers_may_be_written_as_text() -> None:
    assert decode(golden_json(last_price="962.70", volume="323936", turnover="310361654160.00"))[0] == GOLDEN_TICK


def test_gbk_is_read_and_counted() -> None:
    decoder = make_decoder()
    body = golden_json(exchange_inst_id="").replace(b'"exchange_inst_id": ""', '"name": "沪金二六〇二"'.encode("gbk"))
    (tick,) = decoder.decode((b"T", body), NOW_NS)
    assert RawTick._make(tick) == GOLDEN_TICK
    assert decoder.recoded == 1


def test_what_stands_behind_the_nul_of_a_struct_is_not_read() -> None:
    body = bytearray(golden_struct())
    body[401 + len("au2602\0") : 401 + 20] = b"\xff" * 13
    assert decode(b"T", bytes(body)) == [GOLDEN_TICK]


def test_the_struct_is_laid_out_as_the_header_says() -> None:
    assert len(golden_struct()) == 584
    assert struct.unpack_from("<d", golden_struct(), 80) == (962.7,)


def test_a_topic_names_the_contract_of_a_quote_that_does_not() -> None:
    body = encoded({name: value for name, value in SHORT.items() if name != "iid"})
    assert decode(b"au2602", body)[0].instrument_id == "au2602.SHFE"
    assert decode(b"FUTURE#IF1603", body)[0].instrument_id == "IF1603.CFFEX"
