"""Tells people what happened, on the page and by the ways they chose, and keeps what they write to each other.

Reads: the journal of the order line behind its writer, and `risk_alerts`.
Writes: `notices`, `chat`; of record in the store before they are published.
Main type: `NoticeService`.
"""

from __future__ import annotations

from tradewind.notices.ports import Courier, Entries, People, Trouble
from tradewind.notices.settings import NoticeSettings

__all__ = ["Courier", "Entries", "NoticeSettings", "People", "Trouble"]
