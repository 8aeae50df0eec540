"""docs/how-to/terminal.md: every command on it is one that `tradewind` understands, and its tables are complete."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from documents import REPO, snippets
from tradewind.cli.main import tradewind
from tradewind.runtime.doctor.table import NAMES

PAGES = ("docs/how-to/terminal.md", "docs/how-to/terminal.en.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_understood(page: str) -> None:
    lines = [line for text in snippets(page, "bash") for line in text.splitlines() if line.startswith("tradewind ")]
    assert len(lines) >= 10
    for line in lines:
        _, verb, *arguments = shlex.split(line)
        command = tradewind.get_command(click.Context(tradewind), verb)
        assert command is not None, line
        command.make_context(verb, arguments)


@pytest.mark.parametrize("page", PAGES)
def test_every_check_is_in_the_table(page: str) -> None:
    text = (REPO / page).read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[a-z` ]+`) \|", text, re.MULTILINE)

    assert {name for row in rows for name in re.findall(r"[a-z]+", row)} >= set(NAMES)
