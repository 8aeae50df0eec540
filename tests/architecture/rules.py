"""The rules of the house that no linter knows, each a function from a source tree to what breaks it.

They take the tree as an argument so that a test can break each on purpose and see it caught.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
BANNED_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"})
ROOMS = frozenset(
    {
        "market",
        "features",
        "strategies",
        "signals",
        "risk",
        "instructions",
        "pretrade",
        "execution",
        "portfolio",
        "audit",
    }
    | {"identity", "notices", "statistics", "ops"}
)

SHELL_MODULES = frozenset(
    {
        "__init__",
        "contract_days",
        "contract_file",
        "control",
        "files",
        "folder",
        "gate",
        "hashing",
        "office",
        "option_file",
        "ports",
        "queries",
        "reception",
        "recorder",
        "recording",
        "recording_disk",
        "recording_frames",
        "registry",
        "runner",
        "service",
        "sessions",
        "settings",
        "switching",
        "tokens",
        "watchdog",
        "archiving",
        "async_calls",
        "child_door",
        "chat_room",
        "dispatcher",
        "follower",
        "threads",
    }
)
"""Modules of a room that may touch the world; every other module of a room is core, and so is all of domain."""
SHELL_FOLDERS = frozenset({"foreign", "sources", "layouts", "ldap", "channels"})
CORE_INSIDE_SHELL_FOLDERS = frozenset({"microstructure", "order_flow", "ber", "messages"})

CORE_MAY_NOT_IMPORT = frozenset(
    {"asyncio", "logging", "structlog", "time", "random", "secrets", "socket", "threading", "subprocess", "os"}
    | {"litestar", "uvicorn", "picows", "pyarrow", "numpy", "polars", "prometheus_client", "uvloop", "click"}
)
BLIND_EXCEPT_HOMES = frozenset(
    {
        "kernel/clock.py",
        "kernel/service.py",
        "bus/local.py",
        "bus/line_core.py",
        "bus/ordered.py",
        "bus/redis/edge_bus.py",
        "bus/redis/delivery.py",
        "bus/redis/requests.py",
        "strategies/runner.py",
        "strategies/async_calls.py",
        "strategies/registry.py",
        "strategies/folder.py",
        "pretrade/registry.py",
        "pretrade/rules/guard.py",
        "api/error_map.py",
        "collector/module_router.py",
        "ctp/child.py",
        "notices/dispatcher.py",
        "push/listener.py",
        "push/service.py",
        "quotes/socket_io.py",
        "runtime/doctor/running.py",
        "stores/sql/writer.py",
        "testing/ctp_front/binding/api.py",
    }
)
"""Where `except Exception` may stand: the service supervisor, the handler guards, the request handlers.

A strategy is a stranger's code, at import as at every call, and so may a risk rule be: what calls it is the guard of
all the others.
"""
DRIVER_HOMES = {
    "aiohttp": {"collector", "infoway", "testing"},
    "picows": {"client", "push"},
    "litestar": {"api"},
    "uvicorn": {"api", "quotes", "runtime"},
    "engineio": {"quotes"},
    "socketio": {"quotes"},
    "pyarrow": {"market", "stores"},
    "numpy": {"market", "stores"},
    "google": {"market"},
    "zmq": {"market", "feeder"},
    "prometheus_client": {"kernel"},
    "structlog": {"kernel"},
    "click": {"cli"},
    "uvloop": {"runtime"},
    "hiredis": {"bus"},
    "httptools": {"notices"},
    "sqlalchemy": {"stores"},
    "aiosmtplib": {"notices"},
    "alembic": {"stores"},
    "pymysql": {"stores"},
    "bson": {"stores"},
    "pymongo": {"stores"},
    "cronsim": {"collector"},
    "textual": {"runtime"},
}
"""A driver has one home; a wire whose two ends are both ours has one at each end."""
ON_TOP = frozenset({"benches", "cli", "runtime"})
"""Layers that put the rest together and speak to a person: they may use any driver."""


def modules(root: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Yield each module below `root`/tradewind, relative path and syntax tree."""
    package = root / "tradewind"
    for file in sorted(package.rglob("*.py")):
        yield file.relative_to(package), ast.parse(file.read_text(encoding="utf-8"))


def is_core(path: Path) -> bool:
    """Tell whether a module is pure core: all of domain, and of a room what is no shell."""
    if path.parts[0] == "domain":
        return True
    if path.parts[0] not in ROOMS:
        return False
    if SHELL_FOLDERS & set(path.parts[:-1]):
        return path.stem in CORE_INSIDE_SHELL_FOLDERS
    return path.stem not in SHELL_MODULES


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield each imported module's dotted name and line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno


def core_touches_the_world(root: Path) -> list[str]:
    """Rule 3: the core imports no event loop, log, clock, chance, driver or framework, and never awaits."""
    found = []
    for path, tree in modules(root):
        if not is_core(path):
            continue
        for name, line in imported(tree):
            if name.split(".")[0] in CORE_MAY_NOT_IMPORT:
                found.append(f"{path}:{line} core imports {name}")
        found += [
            f"{path}:{node.lineno} core is async"
            for node in ast.walk(tree)
            if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
        ]
    return found


SHOWN_TO_SIX_DIGITS = frozenset({"domain/black76.py"})
"""Core that may take a logarithm: nothing is decided by what it says, and it is rounded before anybody sees it."""


def core_uses_what_differs_between_machines(root: Path) -> list[str]:
    """Replays must give the same bytes everywhere: no transcendental functions, no hash(), in the core."""
    found = []
    for path, tree in modules(root):
        if not is_core(path) or path.as_posix() in SHOWN_TO_SIX_DIGITS:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "math":
                if node.attr not in {"sqrt", "inf", "nan", "isfinite", "isnan", "isinf", "floor", "ceil", "fsum"}:
                    found.append(f"{path}:{node.lineno} math.{node.attr} may differ between C libraries")
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "hash":
                found.append(f"{path}:{node.lineno} hash() differs between processes")
    return found


def drivers_away_from_home(root: Path) -> list[str]:
    """Rule 2: a driver has one home (the benches on top may use what they measure against)."""
    return [
        f"{path}:{line} {name} belongs to {', '.join(sorted(DRIVER_HOMES[name.split('.')[0]]))}"
        for path, tree in modules(root)
        for name, line in imported(tree)
        if name.split(".")[0] in DRIVER_HOMES and path.parts[0] not in {*DRIVER_HOMES[name.split(".")[0]], *ON_TOP}
    ]


def blind_excepts(root: Path) -> list[str]:
    """Rule 7: `except Exception` stands only at the three boundaries."""
    return [
        f"{path}:{node.lineno} except Exception away from the boundaries"
        for path, tree in modules(root)
        if path.as_posix() not in BLIND_EXCEPT_HOMES
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
    ]


APPROVING_MODULE = "pretrade/gatekeeper.py"


def approved_away_from_the_gate(root: Path) -> list[str]:
    """Rule 5: nobody but the gate makes an `ApprovedOrder`, not by its name, another name, or as a copy."""
    found = []
    for path, tree in modules(root):
        if path.as_posix() == APPROVING_MODULE:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _names_approved(node.func):
                found.append(f"{path}:{node.lineno} makes an ApprovedOrder, which is the gate's to make")
            elif isinstance(node, ast.Call) and any(_names_approved(part) for part in node.args):
                if not (isinstance(node.func, ast.Name) and node.func.id in {"isinstance", "Topic"}):
                    found.append(f"{path}:{node.lineno} hands ApprovedOrder on to be made")
            elif isinstance(node, ast.ImportFrom):
                found += [
                    f"{path}:{node.lineno} gives ApprovedOrder another name"
                    for alias in node.names
                    if alias.name == "ApprovedOrder" and alias.asname is not None
                ]
    return found


def _names_approved(node: ast.AST) -> bool:
    return (isinstance(node, ast.Name) and node.id == "ApprovedOrder") or (
        isinstance(node, ast.Attribute) and node.attr == "ApprovedOrder"
    )


def too_large(root: Path) -> list[str]:
    """Rule 6: files and functions small enough to read at once."""
    found = []
    for path, tree in modules(root):
        lines = len((root / "tradewind" / path).read_text(encoding="utf-8").splitlines())
        if lines > MAX_FILE_LINES:
            found.append(f"{path} has {lines} lines, at most {MAX_FILE_LINES}")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1 - _nested_lines(node)
                if length > MAX_FUNCTION_LINES:
                    found.append(f"{path}:{node.lineno} {node.name} has {length} lines, at most {MAX_FUNCTION_LINES}")
    return found


def _nested_lines(function: ast.AST) -> int:
    """Lines of functions defined directly inside: a closure's maker is as long as what it does itself."""
    return sum(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for node in ast.walk(function)
        if node is not function and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def badly_named(root: Path) -> list[str]:
    """Rule 6: a module is named after what it is, never after being of use."""
    return [
        f"{path} is called {part}"
        for path, _ in modules(root)
        for part in (*path.parts[:-1], path.stem)
        if part in BANNED_NAMES or any(part.endswith(f"_{name}") for name in BANNED_NAMES)
    ]


def without_purpose(root: Path) -> list[str]:
    """Rule 6: every module opens by saying why it exists."""
    return [f"{path} says nothing" for path, tree in modules(root) if not ast.get_docstring(tree)]


def topics_written(root: Path) -> dict[str, set[str]]:
    """Return topic constant → rooms that call `.publisher(TOPIC)`, as the code says."""
    written: dict[str, set[str]] = {}
    for path, tree in modules(root):
        room = "control" if path.parts[:2] == ("collector", "control") else path.parts[0]
        if room in ROOMS | {"api", "push", "quotes", "control"}:
            for name in re.findall(r"\.publisher\(\s*(?:topics\.)?([A-Z_]+)\b", ast.unparse(tree)):
                written.setdefault(name, set()).add(room)
    return written


def tour_names_missing(root: Path, tour: str) -> list[str]:
    """Rule 6: every path and `module.name` written in the tour exists."""
    package = root / "tradewind"
    missing = []
    for token in re.findall(r"`([a-z_]+(?:/[a-z_]+)+(?:\.py)?)(?::([A-Za-z_]+))?`", tour):
        path, name = token
        file = package / (path if path.endswith(".py") else f"{path}.py")
        target = file if file.exists() else package / path.removesuffix(".py")
        if not target.exists():
            missing.append(f"{path} does not exist")
        elif name and (
            not file.exists() or not re.search(rf"\b(?:class|def) {name}\b|^{name}\b", file.read_text(), re.MULTILINE)
        ):
            missing.append(f"{path} has no {name}")
    return missing
