"""The LDAP messages we send and read: bind, search, begin TLS, unbind. Source: RFC 4511 §4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.identity.ldap import ber
from tradewind.identity.ldap.ber import BerError

if TYPE_CHECKING:
    from collections.abc import Iterable

BIND: Final = 0x60
BOUND: Final = 0x61
UNBIND: Final = 0x42
SEARCH: Final = 0x63
ENTRY: Final = 0x64
DONE: Final = 0x65
REFERENCE: Final = 0x73
EXTENDED: Final = 0x77
EXTENDED_DONE: Final = 0x78
START_TLS: Final = "1.3.6.1.4.1.1466.20037"
WHOLE_TREE: Final = 2
_SIMPLE: Final = 0x80
_AND: Final = 0xA0
_EQUAL: Final = 0xA3
_NAME: Final = 0x80
_VERSION: Final = 3
_FOLLOW_NO_ALIAS: Final = 0

SUCCESS: Final = 0
TOO_MANY: Final = 4
NO_SUCH_OBJECT: Final = 32
WRONG_PASSWORD: Final = 49


class Message(msgspec.Struct, frozen=True):
    """One message from the server: which request it answers, of what kind it is, and its content."""

    message_id: int
    kind: int
    content: bytes


class Entry(msgspec.Struct, frozen=True):
    """One entry: its name, and its attributes by lower-case name."""

    dn: str
    attributes: dict[str, list[str]]

    def first(self, name: str) -> str:
        """Return the first value of an attribute, "" where it has none."""
        return next(iter(self.attributes.get(name.lower(), ())), "")


def request(message_id: int, operation: bytes) -> bytes:
    """Return an operation as a message."""
    return ber.sequence(ber.integer(message_id), operation)


def bind(dn: str, password: str) -> bytes:
    """Return a simple bind."""
    return ber.sequence(ber.integer(_VERSION), ber.text(dn), ber.text(password, _SIMPLE), tag=BIND)


def unbind() -> bytes:
    """Return a good-bye."""
    return ber.tlv(UNBIND, b"")


def start_tls() -> bytes:
    """Return the wish to go on under TLS."""
    return ber.sequence(ber.text(START_TLS, _NAME), tag=EXTENDED)


def search(
    base: str, conditions: Iterable[tuple[str, str]], attributes: Iterable[str], *, most: int, seconds: int
) -> bytes:
    """Return a search below `base` for entries of which each attribute named has the value given."""
    terms = [ber.sequence(ber.text(name), ber.text(value), tag=_EQUAL) for name, value in conditions]
    return ber.sequence(
        ber.text(base),
        ber.integer(WHOLE_TREE, ber.ENUMERATED),
        ber.integer(_FOLLOW_NO_ALIAS, ber.ENUMERATED),
        ber.integer(most),
        ber.integer(seconds),
        ber.tlv(ber.BOOLEAN, b"\x00"),
        ber.sequence(*terms, tag=_AND),
        ber.sequence(*(ber.text(name) for name in attributes)),
        tag=SEARCH,
    )


def read(data: bytes) -> Message:
    """Return the message in the content of its outer element.

    Raises: BerError: it is none.
    """
    parts = list(ber.elements(data))
    if len(parts) < 2 or parts[0][0] != ber.INTEGER:  # noqa: PLR2004 - number and operation
        message = "what the server sent is no LDAP message"
        raise BerError(message)
    return Message(ber.number_of(parts[0][1]), *parts[1])


def result(content: bytes) -> tuple[int, str]:
    """Return code and words of a result. Raises: BerError: it is none."""
    parts = list(ber.elements(content))
    if len(parts) < 3 or parts[0][0] != ber.ENUMERATED:  # noqa: PLR2004 - code, name, words
        message = "what the server sent is no result"
        raise BerError(message)
    return ber.number_of(parts[0][1]), parts[2][1].decode("utf-8", "replace")


def entry(content: bytes) -> Entry:
    """Return an entry that was found. Raises: BerError: it is none."""
    try:
        (_, name), (_, listed) = ber.elements(content)
        attributes: dict[str, list[str]] = {}
        for _, one in ber.elements(listed):
            (_, kind), (_, values) = ber.elements(one)
            # What is no text (a photograph) is nothing we asked for.
            found = [value.decode("utf-8", "replace") for _, value in ber.elements(values)]
            attributes[kind.decode("utf-8", "replace").partition(";")[0].lower()] = found
    except ValueError as error:
        message = "what the server sent is no entry"
        raise BerError(message) from error
    return Entry(name.decode("utf-8", "replace"), attributes)
