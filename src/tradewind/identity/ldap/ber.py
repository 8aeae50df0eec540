"""The part of BER that LDAP needs: tag, length, value; lengths of the definite form only. Source: RFC 4511 §5.1.

Filters are made of values, never of text: what somebody types as their name is one value and nothing else, so there is
nothing to escape and nothing to break out of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

INTEGER: Final = 0x02
OCTETS: Final = 0x04
ENUMERATED: Final = 0x0A
BOOLEAN: Final = 0x01
SEQUENCE: Final = 0x30
SET: Final = 0x31
_LONG: Final = 0x80
_MOST_LENGTH_BYTES: Final = 4


class BerError(InputError):
    """What came is no BER, or not of the form that LDAP allows."""

    code = "ldap_malformed"


def tlv(tag: int, value: bytes) -> bytes:
    """Return one element."""
    size = len(value)
    if size < _LONG:
        return bytes((tag, size)) + value
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(digits))) + digits + value


def integer(number: int, tag: int = INTEGER) -> bytes:
    """Return a number from 0 on."""
    return tlv(tag, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def text(value: str | bytes, tag: int = OCTETS) -> bytes:
    """Return an octet string."""
    return tlv(tag, value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value)


def sequence(*parts: bytes, tag: int = SEQUENCE) -> bytes:
    """Return parts as one element."""
    return tlv(tag, b"".join(parts))


def header_size(start: bytes) -> int:
    """Return how many bytes tag and length take, from the first two."""
    return 2 + (start[1] & ~_LONG if start[1] & _LONG else 0)


def content_size(header: bytes) -> int:
    """Return how many bytes of content follow a header.

    Raises: BerError: the length is of a form that LDAP does not allow.
    """
    first = header[1]
    if not first & _LONG:
        return first
    count = first & ~_LONG
    if not 0 < count <= _MOST_LENGTH_BYTES or len(header) < 2 + count:
        message = f"a length of {count} bytes was announced, allowed are 1 to {_MOST_LENGTH_BYTES}"
        raise BerError(message)
    return int.from_bytes(header[2 : 2 + count], "big")


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (tag, value) of each element in `data`.

    Raises: BerError: an element is cut short.
    """
    place = 0
    while place < len(data):
        if len(data) - place < 2:  # noqa: PLR2004 - a tag and a length
            message = "an element is cut short"
            raise BerError(message)
        size = header_size(data[place : place + 2])
        begin = place + size
        end = begin + content_size(data[place:begin])
        if end > len(data):
            message = f"an element of {end - begin} bytes has {len(data) - begin}"
            raise BerError(message)
        yield data[place], data[begin:end]
        place = end


def number_of(value: bytes) -> int:
    """Return a number as it stands in an element."""
    return int.from_bytes(value, "big", signed=True)
