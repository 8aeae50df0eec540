"""Serves the built page (web/, copied into `static/`).

Reads: files only.
Writes: nothing.
Main type: `StaticPages`.
"""

from __future__ import annotations

from tradewind.ui.pages import StaticPages

__all__ = ["StaticPages"]
