"""One description, two forms: with its usual values, or with holes that Helm fills from `values.yaml`.

An object is built by asking a `Values` for what an operator may choose. The plain one answers with the usual value; the
chart's answers with a hole and remembers the usual value, which is how `values.yaml` comes about.
"""

from __future__ import annotations

import re
from typing import Any, Final, Protocol

import yaml

_WIDE: Final = 1_000
_HOLE: Final = re.compile(r"['\"]?⟦([\w.]+)⟧['\"]?")


class Values(Protocol):
    """What an operator may choose."""

    def of(self, path: str, usual: Any) -> Any:  # noqa: ANN401 - a value of YAML
        """Return what stands for the value at this path, `usual` where nobody says otherwise."""
        ...


class UsualValues:
    """Every value as it is where nobody says otherwise."""

    def of(self, path: str, usual: Any) -> Any:  # noqa: ANN401, ARG002 - as the protocol
        """Return the usual value."""
        return usual


class ChartValues:
    """Holes, and the tree of usual values they were made with."""

    def __init__(self) -> None:
        self.tree: dict[str, Any] = {}

    def of(self, path: str, usual: Any) -> Any:  # noqa: ANN401 - as the protocol
        """Return a hole and remember the usual value."""
        *folders, last = path.split(".")
        place = self.tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = usual
        return f"⟦{path}⟧"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they read, and no aliases."""

    def ignore_aliases(self, _data: Any) -> bool:  # noqa: ANN401 - its parent's signature
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(*objects: Any) -> str:  # noqa: ANN401 - an object of YAML
    """Return objects as documents of one file, holes still in them."""
    found: str = yaml.dump_all(
        objects, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDE, explicit_start=len(objects) > 1
    )
    return found


def as_template(text: str, condition: str = "") -> str:
    """Return a file as Helm reads it: JSON, which is YAML too, in each hole; all of it only where `condition` holds."""
    filled = _HOLE.sub(r"{{ toJson .Values.\1 }}", text)
    return f"{{{{- if .Values.{condition} }}}}\n{filled}{{{{- end }}}}\n" if condition else filled
