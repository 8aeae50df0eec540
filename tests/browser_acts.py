"""Everything a person can set going in the page, read from the page's own sources: which component sends what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from browser_acts_table import GRAVE, LIGHT
from browser_desk import REPO, Sent

_SOURCE: Final = REPO / "web" / "src"
_VERBS: Final = {"post": "POST", "put": "PUT", "remove": "DELETE", "new Act": "POST"}
_CALL: Final = re.compile(r"(?<![\w.])(?P<verb>post|put|remove|new Act)(?:<[^(]*>)?\((?=[`'A-Zna])")
_CONST: Final = re.compile(r"^(?:export )?const (?P<name>[A-Z_]+) = '(?P<value>[^']*)'", re.MULTILINE)
_PLACE: Final = re.compile(r"^const (?P<name>named|at) = .*=> `\$\{(?P<root>[A-Z_]+)\}", re.MULTILINE)
_FUNCTION: Final = re.compile(r"^export (?:async )?(?:const|function) (?P<name>\w+)", re.MULTILINE)
_IMPORT: Final = re.compile(r"import \{(?P<names>[^}]*)\} from '(?P<path>\.[^']*/(?:calls|session))'")
_WORDS: Final = re.compile(r"'(\w+)'")
_PLACES: Final = re.compile(r"^const PLACES: .* = \{(.*)\}", re.MULTILINE)
_KNOWS_REST: Final = re.compile(r"import \{[^}]*\b(?:post|put|remove|Act)\b[^}]*\} from '[^']*(?:api/client|/acts)'")
_KINDS_OF: Final = {
    # What a call's last part may be, and where the sources list it.
    ("fleet/calls.ts", "/api/v1/modules/*/*"): ("fleet/calls.ts", r"type ModuleAct = (.*)"),
    ("book/calls.ts", "/api/v1/instruction-book/*/*"): ("book/types.ts", r"const ACTS = \[(.*)\]"),
    ("desk/PlanActDialog.vue", "/api/v1/plans/*/*"): ("desk/PlanActDialog.vue", r"act: ('.*')"),
    ("desk/StrategyActDialog.vue", "/api/v1/strategies/*/*"): ("desk/StrategyActDialog.vue", r"act: ('.*')"),
    ("desk/StrategyDialog.vue", "/api/v1/strategies/*/*"): ("desk/StrategyDialog.vue", r"verb: ('[^,]*')"),
    ("components/ReplayBar.vue", "/api/v1/replay/*"): ("components/ReplayBar.vue", r"verb: ('[^,]*')"),
}


def sources() -> dict[str, str]:
    """Return the text of each source of the page, by its path."""
    found = {
        path.relative_to(_SOURCE).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(_SOURCE.rglob("*"))
        if path.suffix in {".ts", ".vue"} and ".test." not in path.name
    }
    assert "desk/DeskModal.vue" in found, "the sources of the page are elsewhere"
    return found


def _argument(text: str) -> str:
    """Return the first argument of a call whose brackets have just been opened."""
    depth, quote = 0, ""
    for at, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'`":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}" and depth:
            depth -= 1
        elif sign in ")," and not depth:
            return text[:at]
    raise AssertionError(text[:80])


def _route(argument: str, text: str) -> str:
    """Return where a call goes, `*` for what only the moment knows."""
    known = {each["name"]: each["value"] for each in _CONST.finditer(text)}
    roots = {each["name"]: known[each["root"]] for each in _PLACE.finditer(text)}

    def of_place(found: re.Match[str]) -> str:
        kind, name = found["words"].split(", ", 1) if found["place"] == "named" else ("", found["words"])
        parts = [
            roots[found["place"]],
            kind.strip("'"),
            "*",
            *(["*"] if found["place"] == "at" and "," in name else []),
        ]
        if found["place"] == "at" and (last := re.search(r"'(\w+)'$", name)) and "??" not in name:
            parts[-1] = last[1]
        return "/".join(part for part in parts if part)

    route = re.sub(r"\$\{(?=(named|at)\()(?P<all>[^}]*)\}", r"\g<all>", argument.strip("`'"))
    if argument in known:
        route = known[argument]
    route = re.sub(r"(?P<place>named|at)\((?P<words>[^()]*(?:\[[^\]]*\][^()]*)?)\)", of_place, route)
    route = re.sub(r"\$\{([A-Z_]+)\}", lambda found: known[found[1]], route)
    return re.sub(r"\$\{(?:[^{}])*\}", "*", route).partition("?")[0]


def _kinds(path: str, route: str, texts: dict[str, str]) -> list[str]:
    """Return the routes that a route stands for whose last part is chosen from a list."""
    where = _KINDS_OF.get((path, route))
    if where is None:
        assert path not in {known for known, _ in _KINDS_OF} or not route.endswith("*/*"), (path, route)
        return [route]
    listed = re.search(where[1], texts[where[0]])
    assert listed is not None, where
    places = dict(re.findall(r"(\w+): '([\w/]+)'", found[1])) if (found := _PLACES.search(texts[path])) else {}
    # To amend is a page of its own, with its own call.
    return [route.removesuffix("*") + places.get(name, name) for name in _WORDS.findall(listed[1]) if name != "amend"]


def _calls(path: str, texts: dict[str, str]) -> list[tuple[str, str]]:
    """Return what a source sends, each with the exported function that does."""
    text = texts[path]
    found = []
    for call in _CALL.finditer(text):
        function = [each["name"] for each in _FUNCTION.finditer(text[: call.start()])]
        route = _route(_argument(text[call.end() :]), text)
        found += [(f"{_VERBS[call['verb']]} {each}", (function or [""])[-1]) for each in _kinds(path, route, texts)]
    return found


def _may(path: str, route: str, texts: dict[str, str]) -> bool:
    """Tell whether a component offers an act: one on many lines offers some of those on one."""
    if path != "book/BulkDialog.vue":
        return True
    listed = re.search(r"type BulkAct = (.*)", texts["book/blotter.ts"])
    found = _PLACES.search(texts["book/calls.ts"])
    assert listed is not None
    assert found is not None
    places = dict(re.findall(r"(\w+): '([\w/]+)'", found[1]))
    return route.partition("/*/")[2] in {places.get(name, name) for name in _WORDS.findall(listed[1])}


def sent() -> set[tuple[str, str]]:
    """Return every component with each call by which it changes something."""
    texts = sources()
    doors = {path: _calls(path, texts) for path in texts if path.endswith(("/calls.ts", "app/session.ts"))}
    found: set[tuple[str, str]] = set()
    for path, text in texts.items():
        if path not in doors and _KNOWS_REST.search(text):
            found |= {(path, route) for route, _ in _calls(path, texts)}
        for names, where in ((each["names"], each["path"]) for each in _IMPORT.finditer(text)):
            door = (Path(path).parent / where).as_posix()
            door = re.sub(r"[\w]+/\.\./", "", door.replace("./", "", 1) if door.startswith("./") else door) + ".ts"
            wanted = {name.strip().removeprefix("type ").split(" as ")[0] for name in names.split(",")}
            found |= {
                (path, route) for route, function in doors[door] if function in wanted and _may(path, route, texts)
            }
    assert len(found) > 80, "the sources are written in another way"
    return found


def dialogs() -> set[str]:
    """Return every component that opens a dialog of its own."""
    return {path for path, text in sources().items() if "<DeskModal" in text}


def missing(test: str, heard: Sequence[Sent]) -> list[str]:
    """Return what the table says of this test and its pages have not sent."""
    wanted: list[tuple[str, str, bool | None]] = [
        (line.call, line.says, size)
        for line in GRAVE
        for size, name in ((False, line.desk), (True, line.phone))
        if name == test
    ]
    wanted += [(call, "", None) for (_, call), name in LIGHT.items() if name == test]
    return [
        f"{call} {says}"
        for call, says, is_phone in wanted
        if not any(_is(each, call, says, is_phone=is_phone) for each in heard)
    ]


def _is(heard: Sent, call: str, says: str, *, is_phone: bool | None) -> bool:
    route = re.escape(call).replace(r"\*", "[^/]+")
    is_here = is_phone is None or heard.is_phone == is_phone
    return is_here and says in heard.body and re.fullmatch(route, heard.call) is not None
