"""The page for system 004's clients against what is served: every path and field, in both directions and languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from litestar.routes import HTTPRoute

from api_builders import ApiWorld
from documents import DOCS
from tradewind.bus import hsapi_forms
from tradewind.runtime import hsapi_book_words, hsapi_book_words_en, hsapi_page, hsapi_words, hsapi_words_en

PAGES = ("hsapi.md", "hsapi.en.md")
_PATH = re.compile(r"\| `((?:GET|POST|PUT|DELETE) /hsapi/\S+)` \|")
_CHANNEL = re.compile(r"\| `/hsapi/ws/(\w+)/` \|")
_FIELD = re.compile(r"^\| `(\w+)` \| (.+) \|$", re.MULTILINE)


def served(folder: Path) -> set[str]:
    """Return what the application itself answers below the older roots, parameters without names."""
    return {
        f"{method} {re.sub(r'{[^}]*}', '{}', route.path)}/"
        for route in ApiWorld(folder).service.application.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/hsapi/")
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    }


def nameless(paths: list[str]) -> list[str]:
    return [re.sub(r"{[^}]*}", "{}", path) for path in paths]


def _rows(section: str) -> dict[str, str]:
    return dict(_FIELD.findall(section.partition("\n## ")[0]))


@pytest.mark.parametrize("page", PAGES)
def test_every_documented_path_is_served_and_every_served_path_is_documented(page: str, tmp_path: Path) -> None:
    told = nameless(_PATH.findall((DOCS / page).read_text(encoding="utf-8")))
    assert len(told) == len(set(told))
    assert set(told) == served(tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_every_channel_is_documented_and_no_other(page: str) -> None:
    assert set(_CHANNEL.findall((DOCS / page).read_text(encoding="utf-8"))) == set(hsapi_forms.CHANNELS)


@pytest.mark.parametrize("language", get_args(hsapi_page.Language))
def test_every_field_of_every_answer_and_body_says_what_it_means(language: hsapi_page.Language) -> None:
    page = hsapi_page.page(language)
    sections = {part.partition("\n")[0]: _rows(part) for part in page.split("\n### ")[1:]}
    words = hsapi_book_words if language == "zh" else hsapi_book_words_en
    for name, form in hsapi_page.BOOK_TABLES.items():
        assert tuple(sections[words.TITLES[name]]) == form.__struct_fields__


@pytest.mark.parametrize(
    ("words", "book"), [(hsapi_words, hsapi_book_words), (hsapi_words_en, hsapi_book_words_en)], ids=["zh", "en"]
)
def test_no_word_is_left_of_a_field_that_is_gone(words: object, book: object) -> None:
    forms: dict[str, type[msgspec.Struct]] = {**hsapi_page.BOOK_TABLES, **hsapi_page.CHANNEL_TABLES}
    names = {name for form in forms.values() for name in form.__struct_fields__}
    whole = {f"{table}.{name}" for table, form in forms.items() for name in form.__struct_fields__}
    known = {**words.FIELDS, **book.FIELDS}  # type: ignore[attr-defined]  # both are pages of words
    assert set(known) <= names | whole


def test_both_languages_have_words_for_the_same() -> None:
    for name in ("PATHS", "TITLES", "FIELDS"):
        assert list(getattr(hsapi_book_words, name)) == list(getattr(hsapi_book_words_en, name))


def test_the_entities_of_system_004_have_the_fields_its_clients_know() -> None:
    known = {
        "user": ("username", "english_name", "chinese_name"),
        "role": ("name", "description"),
        "product": ("code", "name"),
        "user_role": ("id", "user_id", "role", "product_code"),
        "instruction": (
            *("id", "product_code", "status", "total_current_delta_value", "total_adjusted_delta_value", "created_at"),
        ),
        "adjustment": ("id", "instruction_id", "c_instrument_id", "current_position", "adjusted_position", "status"),
        "detail": (
            *("id", "position_adjustment_id", "open_close", "buy_sell", "quantity", "price", "filled_quantity"),
            "trade_id",
        ),
        "to_trade": ("open_close", "buy_sell", "quantity", "price", "filled_quantity", "trade_id"),
        "to_adjust": ("c_instrument_id", "c_instrument_name", "c_exchange_id", "c_type_name", "c_stype_name"),
    }
    for table, fields in known.items():
        assert set(fields) <= set(hsapi_page.BOOK_TABLES[table].__struct_fields__), table
