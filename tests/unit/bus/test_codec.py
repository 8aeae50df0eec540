"""Events survive the way to bytes and back exactly, in every form; strange bytes get a reason, never a crash."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redis_harness import make_opportunity, make_signal
from signals_builders import make_snapshot, make_window
from strategies_builders import make_bar
from tradewind.bus.codec import UNREADABLE, CodecName, build_codec, refusal_reason
from tradewind.bus.topics import BARS, CLEAN_TICKS, FEATURES, OPPORTUNITIES, RISK_ALERTS, SIGNALS, TOPICS, Topic
from tradewind.domain.risk import AlertKind, RiskAlert, Severity

from builders import make_tick

ALERT = RiskAlert(
    alert_id="a1",
    kind=AlertKind.STALE_DATA,
    severity=Severity.LOW,
    instrument_id="au2512.SHFE",
    ts_event=1_609_723_800_500_000_123,
    params={"actual": 1.5, "unit": "s"},
    opportunity_id=None,
    cause="timer",
)
EXAMPLES: list[tuple[Topic[Any], Any]] = [
    (CLEAN_TICKS, make_tick(bid_price=None, depth=((5229.8, 3, None, 0),), flags=3)),
    (CLEAN_TICKS, make_tick()),
    (BARS, make_bar()),
    (SIGNALS, make_signal(3)),
    (OPPORTUNITIES, make_opportunity()),
    (FEATURES, make_snapshot(windows=(make_window(), make_window(window="120t")))),
    (FEATURES, make_snapshot(windows=())),
    (RISK_ALERTS, ALERT),
]


@pytest.mark.parametrize("kind", ["json", "msgpack"])
@pytest.mark.parametrize(("topic", "event"), EXAMPLES)
def test_an_event_comes_back_equal(topic: Topic[Any], event: Any, kind: CodecName) -> None:
    codec = build_codec(topic, kind)
    assert codec.decode(codec.encode(event)) == event


@pytest.mark.parametrize(("topic", "event"), EXAMPLES)
def test_json_is_one_strict_document_without_repeated_names(topic: Topic[Any], event: Any) -> None:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs), [name for name, _ in pairs]
        return dict(pairs)

    json.loads(build_codec(topic, "json").encode(event), object_pairs_hook=unique)


@pytest.mark.parametrize(("topic", "event"), EXAMPLES)
def test_each_codec_reads_what_the_other_wrote(topic: Topic[Any], event: Any) -> None:
    one, other = build_codec(topic, "json"), build_codec(topic, "msgpack")
    assert one.decode(other.encode(event)) == event
    assert other.decode(one.encode(event)) == event


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_refused_with_a_reason(topic: Topic[Any], data: bytes) -> None:
    reason = "read"
    try:
        build_codec_once(topic).decode(data)
    except UNREADABLE as error:
        reason = refusal_reason(error)
    assert reason in {"read", "not_utf8", "wrong_shape", "malformed", "too_deep"}


CODECS: dict[str, Any] = {}


def build_codec_once(topic: Topic[Any]) -> Any:
    if topic.name not in CODECS:
        CODECS[topic.name] = build_codec(topic, "json")
    return CODECS[topic.name]


@given(data=st.data())
def test_a_cut_or_changed_payload_is_refused_or_still_an_event(data: st.DataObject) -> None:
    topic, event = data.draw(st.sampled_from(EXAMPLES))
    whole = bytearray(build_codec(topic, data.draw(st.sampled_from(["json", "msgpack"]))).encode(event))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    changed = bytes(whole[: data.draw(st.integers(place, len(whole)))])
    try:
        read = build_codec_once(topic).decode(changed)
    except UNREADABLE:
        return
    assert isinstance(read, topic.event)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ('{"instrument_id":"螺纹"}'.encode("gbk"), "not_utf8"),
        (b"{", "malformed"),
        (b"", "malformed"),
        (b"not json", "wrong_shape"),
        (b"[1]", "wrong_shape"),
        (b'{"instrument_id":1}', "wrong_shape"),
        (b"[" * 100_000, "wrong_shape"),
        (msgspec.msgpack.encode([1, 2]), "wrong_shape"),
        (b"\xc1", "malformed"),
    ],
)
def test_the_reason_of_a_refusal_is_one_word(payload: bytes, reason: str) -> None:
    with pytest.raises(UNREADABLE) as refused:
        build_codec(CLEAN_TICKS, "json").decode(payload)
    assert refusal_reason(refused.value) == reason
