"""What the pages tell a reader to type exists: commands with their options, settings with their values, routes."""

from __future__ import annotations

import ast
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import yaml

from documents import REPO, all_pages, prose, snippets
from tradewind.api.routes import ALL_ROUTES
from tradewind.cli.main import tradewind
from tradewind.errors import ConfigError
from tradewind.kernel.settings import leaves, load
from tradewind.runtime.settings import TradewindSettings

PAGES = [page for page in all_pages() if page.name != "CHANGELOG.md" and "decisions" not in page.parts]
WRITTEN_BY_HAND = [page for page in PAGES if "Made by `" not in page.read_text(encoding="utf-8")[:400]]
_COMMAND = re.compile(r"(?:^|[\s`(])(?:\.venv/bin/)?(tradewind [^\n`]*)")
_SET = re.compile(r"--set[= ]'?([a-z_.]+)=")
_SETTING = re.compile(r"`([a-z][a-z_]*(?:\.(?!lock`)[a-z_]+)+)(?: = [^`]*|=[^`]*)?`")
_ROUTE = re.compile(r"\b(GET|POST|PUT|DELETE) (?:http://127\.0\.0\.1:\d+)?(/(?:api/v1|hsapi)/[\w/{}\-.]*)(?![\w/{},…])")
_PATH = re.compile(r"`((?:docs/decisions/0|benchmarks/|examples/|tests/|src/)[\w./\-]+)`")
_PART = re.compile(r"{[^}]*}")
_SHELLS = ("", "bash", "sh")
SETTINGS = {leaf.path for leaf in leaves(TradewindSettings)}
SECTIONS = {path.partition(".")[0] for path in SETTINGS if "." in path}


def chart_values() -> set[str]:
    """Return what the Helm chart lets one set, as `backup.schedule`."""

    def below(values: dict[str, object], prefix: str) -> Iterator[str]:
        for key, value in values.items():
            yield f"{prefix}{key}"
            if isinstance(value, dict):
                yield from below(value, f"{prefix}{key}.")

    return set(below(yaml.safe_load((REPO / "deploy/helm/values.yaml").read_text(encoding="utf-8")), ""))


def names(page: Path) -> str:
    return str(page.relative_to(REPO))


def commands(page: Path) -> Iterator[str]:
    """Yield every command line of `tradewind` in the blocks for a shell, and those in running text."""
    for block in snippets(names(page), *_SHELLS):
        for line in block.replace("\\\n", " ").splitlines():
            if found := re.match(r"(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(tradewind [^#|&;>]*)", line.strip()):
                yield found[1]
    for found in re.finditer(r"`(?:\.venv/bin/)?(tradewind [a-z][^`\n]*)`", prose(page)):
        yield found[1]


def misses(line: str) -> str:
    """Return what of a command line is not there; empty: all of it is."""
    try:
        words = shlex.split(line, comments=True)[1:]
    except ValueError:
        return "is no command line"
    command: click.Command = tradewind
    context = click.Context(tradewind, info_name="tradewind")
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        if found is None:
            return f"there is no {words[0]}"
        command, words = found, words[1:]
        context = click.Context(command, parent=context)
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)} | {"--help", "-h"}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
    return f"has no {unknown}" if unknown else ""


def test_every_command_of_a_page_exists_with_its_options() -> None:
    found = {f"{names(page)}: {line}": missed for page in PAGES for line in commands(page) if (missed := misses(line))}
    assert found == {}


def test_every_route_that_a_page_names_exists() -> None:
    there = [(each.http_methods, _shape(path)) for each in ALL_ROUTES for path in each.paths]
    lost = []
    for page in WRITTEN_BY_HAND:
        for method, path in _ROUTE.findall(page.read_text(encoding="utf-8")):
            if not any(method in methods and shape.fullmatch(path.rstrip("/.")) for methods, shape in there):
                lost.append(f"{names(page)}: {method} {path}")
    assert lost == []


def _shape(path: str) -> re.Pattern[str]:
    """Return what a page may write for a route: any name where the route has a part that varies."""
    return re.compile(_PART.sub("[^/]+", path.rstrip("/")))


def test_every_setting_that_a_page_names_exists() -> None:
    known = SETTINGS | chart_values()
    known |= {path[:end] for path in SETTINGS for end, letter in enumerate(path) if letter == "."}
    lost = []
    for page in WRITTEN_BY_HAND:
        named = {each for each in _SETTING.findall(prose(page)) if each.partition(".")[0] in SECTIONS}
        named |= set(_SET.findall(page.read_text(encoding="utf-8")))
        lost += [f"{names(page)}: {each}" for each in named - known]
    assert lost == []


def test_every_file_that_a_page_names_by_its_path_is_there() -> None:
    named = {(names(page), path) for page in WRITTEN_BY_HAND for path in _PATH.findall(page.read_text("utf-8"))}
    assert {(page, path) for page, path in named if not (REPO / path).exists()} == set()


def test_python_and_json_on_a_page_can_be_read() -> None:
    for page in WRITTEN_BY_HAND:
        for block in snippets(names(page), "python"):
            compile(block, names(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        for block in snippets(names(page), "json"):
            one_a_line = block.splitlines() if "\n{" in block else [block]
            # What a page leaves out stands there as three dots.
            for message in one_a_line:
                assert "…" in message or json.loads(message)


def test_settings_written_out_on_a_page_are_accepted(tmp_path: Path) -> None:
    file = tmp_path / "tradewind.toml"
    refused = []
    # An English page holds the same blocks as its Chinese twin (tests/unit/docs/test_pages.py).
    for page in (each for each in WRITTEN_BY_HAND if not each.name.endswith(".en.md")):
        for block in snippets(names(page), "toml"):
            if tomllib.loads(block).keys() <= SECTIONS:
                file.write_text(block, encoding="utf-8")
                try:
                    load(TradewindSettings, file=file)
                except ConfigError as error:
                    refused.append(f"{names(page)}: {error}")
    assert refused == []
