"""Registration in the words of system 002: what a module tells of itself in a query, and the hash it is given.

Two forms of the query are known, by their last names: `input_data` and `output_data`, or `missionKind` and
`dataRequirement`. A server passes over names it does not know, so a module that does not know its server says both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from tradewind.collector.protocol_reading import shown

REGISTER: Final = "/module/register"
WEBSOCKET: Final = "/websocket"
GOOD: Final = "2000"
BAD: Final = "3002"
GOOD_WORDS: Final = "成功!"
Form = Literal["both", "data", "mission"]
_HASH: Final = re.compile(r"[A-Za-z0-9_.-]{8,128}")
_LONGEST: Final = 2_000
_INPUT: Final = '{"codes":["TSLA.US","USDCNY"]}'
_OUTPUT: Final = '{"stored":0,"known":0,"refused":{}}'


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What a module says it is. `input_data` and `output_data` are JSON; `model_hash` is the MD5 of its program."""

    name: str
    description: str = ""
    model_hash: str = ""
    input_data: str = _INPUT
    output_data: str = _OUTPUT
    mission_kind: str = "quotes"
    data_requirement: str = _INPUT


def to_query(registration: Registration, form: Form = "both") -> dict[str, str]:
    """Return the query of `GET /module/register`."""
    query = {"name": registration.name, "description": registration.description}
    if form != "mission":
        query |= {"input_data": registration.input_data, "output_data": registration.output_data}
    if form != "data":
        query |= {"missionKind": registration.mission_kind, "dataRequirement": registration.data_requirement}
    return {**query, "modelHash": registration.model_hash}


def from_query(query: Mapping[str, str]) -> Registration | str:
    """Return what a module tells of itself, in either form, or a sentence that says what is wrong with it."""
    for key, value in query.items():
        if len(value) > _LONGEST:
            return f"{shown(key)} may have {_LONGEST} characters, has {len(value)}"
    name = query.get("name", "").strip()
    if not name or not name.isprintable():
        return f"name must be printable text and not empty, was {shown(query.get('name', ''))}"
    for key in ("input_data", "output_data"):
        if query.get(key) and not _is_json(query[key]):
            return f"{key} must be JSON, was {shown(query[key])}"
    return Registration(
        name=name,
        description=query.get("description", ""),
        model_hash=query.get("modelHash", ""),
        input_data=query.get("input_data", ""),
        output_data=query.get("output_data", ""),
        mission_kind=query.get("missionKind", ""),
        data_requirement=query.get("dataRequirement", ""),
    )


def envelope(result: Any = None, *, code: str = GOOD, message: str = GOOD_WORDS) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return an answer as every client of system 002 expects it."""
    return {"code": code, "message": message, "result": result}


def hash_from(body: bytes) -> str:
    """Return the hash of an answer to a registration.

    Raises: ValueError: it gives none; the message says what the server said.
    """
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        message = f"the server's answer is no JSON but {shown(body[:200].decode(errors='replace'))}"
        raise ValueError(message) from error
    if not isinstance(said, dict) or str(said.get("code")) != GOOD:
        told = said if not isinstance(said, dict) else f"{said.get('code')} {said.get('message')}"
        message = f"the server refuses the registration: {shown(told)}"
        raise ValueError(message)
    result = said.get("result")
    found = result.get("hash") if isinstance(result, dict) else result
    if not is_hash(found):
        message = f"the server's answer holds no hash but {shown(result)}"
        raise ValueError(message)
    return str(found)


def is_hash(found: object) -> bool:
    """Tell whether this can be a module's hash: letters, digits, `_ . -`, 8 to 128 of them; it goes into an address."""
    return isinstance(found, str) and _HASH.fullmatch(found) is not None


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True
