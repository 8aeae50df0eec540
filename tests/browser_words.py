"""What stands on a page as text, and what of it is in the wrong language or no language at all."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Final

from playwright.sync_api import Page

from browser_desk import REPO

_WORDS: Final = REPO / "web" / "src" / "i18n"
_KEY: Final = re.compile(r"^  '([a-z]\w*(?:\.\w+)+)':", re.MULTILINE)
_TEXT: Final = re.compile(
    r"^  '(?P<key>[a-z]\w*(?:\.\w+)+)':\s*(?P<sign>['`\"])(?P<text>(?:\\.|(?!(?P=sign)).)*)(?P=sign)", re.MULTILINE
)
_OWN_NAME: Final = "中文"
"""Readers of Chinese find their language by its own name, whatever the page speaks."""
_HAN: Final = re.compile(r"[㐀-鿿]")
_TEXTS: Final = """() => {
  const found = new Set()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const { parentElement: element, nodeValue } = walker.currentNode
    // What says that it is of another language is meant to be.
    if (element.closest('script, style, noscript, [lang]:not(html)') === null) found.add(nodeValue.trim())
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
    for (const element of document.querySelectorAll(`[${name}]`))
      if (element.closest('[lang]:not(html)') === null) found.add(element.getAttribute(name).trim())
  found.add(document.title)
  found.delete('')
  return [...found]
}"""


def texts(page: Page) -> list[str]:
    """Return every text of the page, those for screen readers too."""
    found: list[str] = page.evaluate(_TEXTS)
    return found


@functools.cache
def keys() -> frozenset[str]:
    """Return the names under which the page's words are kept."""
    found = frozenset(key for file in _WORDS.glob("*zh.ts") for key in _KEY.findall(file.read_text(encoding="utf-8")))
    assert len(found) > 1000, "the files of words are written in another way"
    return found


@functools.cache
def _told(language: str) -> dict[str, str]:
    files = sorted(_WORDS.glob(f"*{language}.ts"))
    found = {each["key"]: each["text"] for file in files for each in _TEXT.finditer(file.read_text(encoding="utf-8"))}
    assert keys() <= found.keys(), sorted(keys() - found.keys())[:5]
    return found


def word(key: str, language: str, **params: object) -> str:
    """Return what the page says under a key."""
    text = _told(language)[key]
    for name, value in params.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def raw_keys(shown: Iterable[str], known: frozenset[str]) -> list[str]:
    """Return what is shown by its key because nobody has translated it."""
    return sorted({word for text in shown for word in text.split() if word in known})


def chinese(shown: Iterable[str], data: Iterable[str]) -> list[str]:
    """Return the texts that hold Chinese when `data`, what people and exchanges have named, is left out."""
    names = sorted((name for name in (*data, _OWN_NAME) if _HAN.search(name)), key=len, reverse=True)
    left = []
    for text in shown:
        rest = text
        for name in names:
            rest = rest.replace(name, "")
        if _HAN.search(rest):
            left.append(text)
    return left
