"""Makes the e-mail: headers only ever through the standard library's own classes, which refuse line breaks."""

from __future__ import annotations

from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING

from tradewind.kernel.clock import NS_PER_S
from tradewind.notices.reading import clean
from tradewind.notices.wording import worded

if TYPE_CHECKING:
    from tradewind.notices.ports import Parcel


def address(text: str, name: str = "") -> Address:
    """Return an address that can stand in a header.

    Raises: ValueError: it is none; two of them, a line break or an empty text are none.
    """
    try:
        found = Address(display_name=name, addr_spec=text)
    except (MessageError, IndexError, AttributeError) as error:
        message = f"{text[:100]!r} is no e-mail address"
        raise ValueError(message) from error
    if not found.username or ("." not in found.domain.strip(".") and found.domain != "localhost") or not text.isascii():
        message = f"{text[:100]!r} is no e-mail address of the form name@host.example"
        raise ValueError(message)
    return found


def letter(parcel: Parcel, *, sender: Address) -> EmailMessage:
    """Return the e-mail of a parcel; the same parcel makes the same letter, byte for byte but for the boundary.

    Raises: ValueError: the address is none.
    """
    words = worded(parcel.happenings, parcel.language)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = address(parcel.address, _literal(parcel.name))
    mail["Subject"] = _literal(words.subject)
    mail["Date"] = datetime.fromtimestamp(parcel.sent_at // NS_PER_S, UTC)
    mail["Message-ID"] = f"<{parcel.message_id}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answering machine answers it
    mail.set_content(words.text)
    mail.add_alternative(words.html, subtype="html")
    return mail


def _literal(text: str) -> str:
    """Return text that means itself in a header: no encoded word, in which even a line break could come along."""
    return clean(text).replace("=?", "= ?")
