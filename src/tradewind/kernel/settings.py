"""Settings: one frozen struct per room, one description per field, four layers, no key that nobody reads.

Later layers win: defaults < `tradewind.toml` < environment `TRADEWIND_PUSH__PORT` < flags `--set push.port=8100`.
Names that older systems use in the environment (`REDIS_URL`) count as ours do, below them, and are remarked on.
A key that no room knows is refused with the nearest right one; a value of the wrong kind is refused with its place,
what it was and what is allowed. The descriptions in the structs also make `tradewind config doc`.
"""

from __future__ import annotations

import contextlib
import difflib
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec
from msgspec import inspect

from tradewind.errors import ConfigError, UnknownSettingError
from tradewind.kernel.settings_doc import Leaf, describe_type, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

S = TypeVar("S", bound=msgspec.Struct)
ENV_PREFIX: Final = "TRADEWIND_"
SECRET: Final = "is_secret"  # noqa: S105 - the name of a mark
"""In `Meta(extra={SECRET: True})`: a setting that is, or holds, a password."""
KEPT: Final = "kept_in"
"""In `Meta(extra={KEPT: "the ways it may be given"})`: a secret that neither file nor command line may hold."""
ENV_RESERVED: Final = frozenset(
    {"TRADEWIND_DATA", "TRADEWIND_CONFIG", "TRADEWIND_CHROMIUM", "TRADEWIND_NATIVE", "TRADEWIND_TOKEN"}
)
"""Variables of that prefix that are no settings: they speak to tests and to the command line itself."""


class Loaded(msgspec.Struct, Generic[S], frozen=True):
    """Settings together with where each value that is not a default came from."""

    settings: S
    origins: dict[str, str]
    remarks: tuple[str, ...] = ()
    """What the operator should know of how they were given."""


@cache
def leaves(model: type[msgspec.Struct]) -> tuple[Leaf, ...]:
    """Return every setting of `model`, depth first in the order of declaration."""
    info = inspect.type_info(model)
    if not isinstance(info, inspect.StructType):
        message = f"{model.__name__} is no settings struct"
        raise TypeError(message)
    return tuple(_leaves(info, ""))


def _leaves(info: inspect.StructType, prefix: str) -> Iterator[Leaf]:
    hints = msgspec._utils.get_class_annotations(info.cls)  # type: ignore[attr-defined]  # noqa: SLF001 - resolves string annotations as msgspec itself does
    for field in info.fields:
        path = f"{prefix}{field.encode_name}"
        kind, description, extra = _unwrap(field.type)
        if isinstance(kind, inspect.StructType):
            yield from _leaves(kind, f"{path}.")
            continue
        default = field.default if field.default is not msgspec.NODEFAULT else None
        if field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        yield Leaf(
            path, kind, hints[field.name], default, description, bool(extra.get(SECRET)), str(extra.get(KEPT, ""))
        )


def load(
    model: type[S],
    *,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Sequence[str] = (),
    older_names: Mapping[str, str] | None = None,
) -> Loaded[S]:
    """Merge the layers into one `model`; `older_names` are variables of older systems and the settings they mean.

    Raises:
        UnknownSettingError: a key that no room reads.
        ConfigError: an unreadable file, a flag that is not `key=value`, or a value of the wrong kind.
    """
    known = {leaf.path: leaf for leaf in leaves(model)}
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, path, value in _layers(known, file, environ or {}, flags, older_names or {}):
        if path not in known:
            raise _unknown(path, origin, known)
        values[path] = _read(known[path], value, origin)
        origins[path] = origin
    try:
        settings = msgspec.convert(_nest(values), model)
    except msgspec.ValidationError as error:
        message = f"settings do not fit together: {error}"
        raise ConfigError(message) from error
    return Loaded(settings, origins, tuple(_remarks(origins, older_names or {})))


def value_at(settings: msgspec.Struct, path: str) -> Any:  # noqa: ANN401 - a setting may be of any kind
    """Return the value of one dotted path."""
    value: Any = settings
    for part in path.split("."):
        value = getattr(value, part)
    return value


def _remarks(origins: Mapping[str, str], older_names: Mapping[str, str]) -> Iterator[str]:
    for name, path in older_names.items():
        if origins.get(path) == f"environment {name}":
            ours = f"{ENV_PREFIX}{path.upper().replace('.', '__')}"
            yield f"{name} is an older name and is read as {path}; call it {ours}, or write {path} into tradewind.toml"


def _unwrap(kind: inspect.Type) -> tuple[inspect.Type, str, dict[str, Any]]:
    """Take the description off an annotated type, and the marks that stand with it."""
    description: str = ""
    marks: dict[str, Any] = {}
    while isinstance(kind, inspect.Metadata):
        description = (kind.extra_json_schema or {}).get("description", description)
        marks.update(kind.extra or {})
        kind = kind.type
    return kind, description, marks


def _layers(
    known: Mapping[str, Leaf],
    file: Path | None,
    environ: Mapping[str, str],
    flags: Sequence[str],
    older_names: Mapping[str, str],
) -> Iterator[tuple[str, str, Any]]:
    if file is not None:
        for path, value in _flatten(_read_toml(file), known):
            yield file.name, path, value
    for name, path in _named(environ, older_names):
        yield f"environment {name}", path, environ[name]
    for flag in flags:
        path, equals, text = flag.partition("=")
        if not equals:
            message = f"--set {flag!r} is not KEY=VALUE, for example --set push.port=8100"
            raise ConfigError(message)
        yield "flag --set", path.strip(), text


def _named(environ: Mapping[str, str], older_names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that are settings, the older names first: ours win over them."""
    yield from ((name, path) for name, path in older_names.items() if environ.get(name))
    for name in sorted(environ):
        if name.startswith(ENV_PREFIX) and name not in ENV_RESERVED:
            yield name, name.removeprefix(ENV_PREFIX).lower().replace("__", ".")


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = f"configuration file {file} does not exist"
        raise ConfigError(message) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"configuration file {file} cannot be read: {error}"
        raise ConfigError(message) from error


def _flatten(tree: Mapping[str, Any], known: Mapping[str, Leaf], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and path not in known:
            if not any(leaf.startswith(f"{path}.") for leaf in known):
                raise _unknown(path, "configuration file", known)
            yield from _flatten(value, known, f"{path}.")
        else:
            yield path, value


def _unknown(path: str, origin: str, known: Mapping[str, Leaf]) -> UnknownSettingError:
    near = difflib.get_close_matches(path, known, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]}?" if near else "; `tradewind config doc` lists them all"
    return UnknownSettingError(f"unknown setting {path} ({origin}){hint}")


def _read(leaf: Leaf, value: Any, origin: str) -> Any:  # noqa: ANN401 - a setting may be of any kind
    """Convert one value to the setting's type; text from outside may be a number, a list or JSON."""
    if leaf.kept_in and value and not origin.startswith("environment "):
        message = (
            f"{leaf.path} must not stand in clear in {origin}; {leaf.kept_in}, and change it where it is used: whoever "
            "read it there knows it"
        )
        raise ConfigError(message)
    is_text = origin.startswith(("environment ", "flag "))
    candidates = [*_readings(value, leaf.type)] if is_text else [value]
    reason = ""
    for candidate in candidates:
        try:
            return msgspec.convert(candidate, leaf.annotation, strict=not (is_text and isinstance(candidate, str)))
        except msgspec.ValidationError as error:
            reason = reason or str(error)
        except ConfigError as error:
            message = f"{origin}: {error}"
            raise ConfigError(message) from error
    told = f"was {_fit_to_show(leaf, value)!r}"
    message = f"{leaf.path} ({origin}): {told}, allowed: {describe_type(leaf.type)} ({reason})"
    raise ConfigError(message)


def _fit_to_show(leaf: Leaf, value: Any) -> Any:  # noqa: ANN401 - as above
    """Return a refused value as it may be told; of a table that holds passwords nothing."""
    if not leaf.is_secret:
        return value
    return shown(leaf, str(value)) if isinstance(leaf.type, inspect.StrType) else "***"


def _readings(text: str, kind: inspect.Type) -> Iterator[Any]:
    is_list = isinstance(kind, inspect.VarTupleType | inspect.ListType)
    if not is_list:
        yield text
    with contextlib.suppress(msgspec.DecodeError):
        yield msgspec.json.decode(text)
    if is_list:
        yield [part.strip() for part in text.split(",") if part.strip()]


def _nest(values: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in values.items():
        *parents, last = path.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    return tree
