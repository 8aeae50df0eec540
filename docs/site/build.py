"""Build the documentation site: Chinese at the root, English below `en/`, from the pages that people read in `docs/`.

Every page is a pair `x.md` (Chinese) and `x.en.md` (English), or one page alone, which then stands in both halves.
The pages are laid out twice, their links turned to the language they stand in, and each layout goes through Zensical,
which ends at a link that leads nowhere. Which page stands where says `contents.toml`; a page it does not name goes to
the section that takes its folder, or to the last one, so that nothing is forgotten.

    python docs/site/build.py [folder]        the site, into build/site unless a folder is given
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path, PurePosixPath
from string import Template
from typing import Final, Literal, TypeAlias

HERE: Final = Path(__file__).resolve().parent
REPO: Final = HERE.parents[1]
DOCS: Final = REPO / "docs"
OUTSIDE: Final = {
    "README.md": "project/overview.md",
    "README.en.md": "project/overview.en.md",
    "CHANGELOG.md": "project/changelog.md",
    "SECURITY.md": "project/reporting.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "benchmarks/README.md": "project/benchmarks.md",
    "benchmarks/results.md": "project/results.md",
    "benchmarks/peers/README.md": "project/peers.md",
}
"""Pages that stand beside `docs/` in the repository, and where they stand in the site."""

Language: TypeAlias = Literal["zh", "en"]
Section: TypeAlias = tuple[str, list[str]]
"""A heading of the navigation and the pages below it."""
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
NAMES: Final[Mapping[Language, str]] = {"zh": "信风 Tradewind", "en": "Tradewind 信风"}
ONLY_ENGLISH: Final = '!!! note "本页只有英文"\n\n'

_FENCED: Final = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"`[^`\n]*`|\[((?:[^\[\]`]|`[^`\n]*`)*)\]\(([^()\s]+)\)")
"""A link, whose words may be code; or code by itself, in which nothing is a link."""
_BLOCK: Final = re.compile(r"- |\d+\. |\|")
"""How a list or a table begins."""
_HAN: Final = r"[\u2e80-\u9fff\uff00-\uffef\u3000-\u303f]"
_BROKEN: Final = re.compile(rf"(?![#|>`]).*{_HAN}\n *{_HAN}", re.DOTALL)
"""A line of Chinese that goes on in the next one."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the site: its place, the same in both halves, and the file of each language."""

    place: str
    sources: Mapping[Language, Path]

    @property
    def is_pair(self) -> bool:
        """Whether each language has a text of its own."""
        return self.sources["zh"] != self.sources["en"]


def found_pages() -> dict[str, Page]:
    """Return every page by its place, such as `how-to/backup.md`."""
    placed = {source.relative_to(DOCS).as_posix(): source for source in sorted(DOCS.rglob("*.md"))}
    placed |= {place: REPO / name for name, place in OUTSIDE.items()}
    pages = {}
    for place, source in placed.items():
        if not place.endswith(".en.md"):
            twin = placed.get(place.removesuffix(".md") + ".en.md", source)
            pages[place] = Page(place, {"zh": source, "en": twin})
    return pages


def sections(pages: Iterable[str], language: Language) -> list[Section]:
    """Return the navigation: what `contents.toml` names, in its order, then the rest by folder.

    Raises:
        SystemExit: it names a page that is not there.
    """
    declared = tomllib.loads((HERE / "contents.toml").read_text(encoding="utf-8"))["section"]
    named = {page for section in declared for page in section["pages"]}
    left = sorted(set(pages) - named)
    if strangers := named - set(pages):
        sys.exit(f"docs/site/contents.toml names pages that are not there: {', '.join(sorted(strangers))}")
    found = []
    for section in declared:
        rest = [page for page in left if any(PurePosixPath(page).match(each) for each in section.get("rest", ()))]
        left = [page for page in left if page not in rest]
        found.append((section[language], [*section["pages"], *rest]))
    return found


def as_read(text: str) -> str:
    """Return a page so that the builder's Markdown reads it as the repository's viewers do.

    It wants an empty line before a list or a table, and puts a space where Chinese goes on in the next line.
    """
    lines = [""]
    is_code = False
    for line in text.splitlines():
        before = lines[-1]
        if line.startswith("```"):
            is_code = not is_code
        elif not is_code and _BROKEN.match(f"{before}\n{line}"):
            lines[-1] = before + line.lstrip()
            continue
        elif not is_code and _BLOCK.match(line) and before and not (_BLOCK.match(before) or before.startswith(" ")):
            lines.append("")
        lines.append(line)
    return "\n".join(lines[1:]) + "\n"


class Layout:
    """The pages of one language as files in a folder, their links turned to where they lead in the site."""

    def __init__(self, pages: Mapping[str, Page], language: Language) -> None:
        self._pages = pages
        self._language = language
        self._places: dict[Path, tuple[str, Language]] = {}
        for page in pages.values():
            self._places[page.sources["zh"]] = (page.place, "zh" if page.is_pair else language)
            self._places[page.sources["en"]] = (page.place, "en" if page.is_pair else language)

    def write(self, folder: Path) -> None:
        """Write all pages into a folder, emptied first."""
        shutil.rmtree(folder, ignore_errors=True)
        for page in self._pages.values():
            target = folder / page.place
            target.parent.mkdir(parents=True, exist_ok=True)
            is_foreign = self._language == "zh" and not page.is_pair
            target.write_text((ONLY_ENGLISH if is_foreign else "") + self._turned(page), encoding="utf-8")

    def _turned(self, page: Page) -> str:
        text = page.sources[self._language].read_text(encoding="utf-8")
        parts = _FENCED.split(text)
        parts[::2] = [_LINK.sub(lambda link: self._link(page, link), prose) for prose in parts[::2]]
        return as_read("".join(parts))

    def _link(self, page: Page, link: re.Match[str]) -> str:
        """Return a link as it stands in the site; to a file that is no page of it, the words alone."""
        if link[2] is None:
            return link[0]
        path, mark, anchor = link[2].partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return link[0]
        place, language = self._places.get((page.sources[self._language].parent / path).resolve(), ("", ""))
        if not place:
            return link[1]
        here = PurePosixPath(page.place).parent
        if language == self._language:
            return f"[{link[1]}]({relpath(place, here)}{mark}{anchor})"
        # Over to the other half: a built page there, of which this half's builder knows nothing.
        built = PurePosixPath(place).with_suffix(".html")
        built = built.with_name("index.html") if built.stem == "README" else built
        return f"[{link[1]}]({relpath(PurePosixPath('en' if language == 'en' else '..', built), here)})"


def settings(navigation: Iterable[Section], language: Language) -> str:
    """Return what the builder is told for one language."""
    # A list of strings is written alike in TOML and in JSON.
    listed = ", ".join(f"{{ {json.dumps(title)} = {json.dumps(pages)} }}" for title, pages in navigation)
    return Template((HERE / "zensical.toml.in").read_text(encoding="utf-8")).substitute(
        name=NAMES[language], nav=f"[{listed}]", language=language, root="../" if language == "en" else "./"
    )


def build(site: Path) -> None:
    """Build both halves of the site into a folder, emptied first.

    Raises:
        subprocess.CalledProcessError: a link leads nowhere, or the builder could not work; it has said which.
    """
    work = site.with_name(site.name + "-pages")
    pages = found_pages()
    shutil.rmtree(site, ignore_errors=True)
    for language in LANGUAGES:
        Layout(pages, language).write(work / language)
        file = work / f"{language}.toml"
        file.write_text(settings(sections(pages, language), language), encoding="utf-8")
        command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "--config-file", str(file)]
        subprocess.run(command, check=True, cwd=work)  # noqa: S603 - our own words only
        shutil.move(work / f"{language}-site", site if language == "zh" else site / "en")
    shutil.rmtree(work)


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else REPO / "build" / "site")
