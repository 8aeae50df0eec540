"""Builds the optional C extension `tradewind.native._compiled`, for wheels and editable installs alike.

The system's `cc` is enough. Where there is none, or it fails, one line says so and Tradewind runs as plain Python.
`python hatch_build.py` builds in place, if the sources have changed since.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path(__file__).resolve().parent / "src" / "tradewind" / "native"
# Answers must not depend on the processor: no contraction to fused operations, no reordering, no wider registers.
FLAGS = (
    "-O2",
    "-std=gnu11",
    "-fPIC",
    "-shared",
    "-fvisibility=hidden",
    "-fno-strict-aliasing",
    "-fwrapv",
    "-ffp-contract=off",
)
WARNINGS = ("-Wall", "-Wextra", "-Wno-missing-field-initializers", "-Wno-cast-function-type")


class NativeBuildHook(BuildHookInterface[Any]):
    """Compiles before files are collected; a wheel without the extension stays one for every platform."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Build, or say why not."""
        try:
            build()
        except RuntimeError as error:
            target().unlink(missing_ok=True)
            self.app.display_warning(f"{error}: Tradewind runs without its compiled core, slower and otherwise alike")
            return
        # No tracked file, so it has to be named; only the one of this Python.
        build_data["artifacts"].append(f"/{target().relative_to(self.root).as_posix()}")
        build_data["pure_python"] = False
        build_data["infer_tag"] = True


def sources_digest() -> str:
    """Return what names these sources; `tradewind.native` refuses an extension that was built from others."""
    digest = hashlib.sha256()
    for file in sorted([*FOLDER.glob("*.c"), *FOLDER.glob("*.h")]):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def target() -> Path:
    """Return where the extension for this Python belongs."""
    return FOLDER / f"_compiled{sysconfig.get_config_var('EXT_SUFFIX')}"


def is_fresh() -> bool:
    """Tell whether the extension is there and was built from these sources."""
    return target().exists() and sources_digest().encode() in target().read_bytes()


def build(*extra: str) -> None:
    """Compile in place.

    Raises: RuntimeError: no compiler, no Python headers, or the compiler refuses.
    """
    compiler = shlex.split(os.environ.get("CC", "cc"))
    include = sysconfig.get_path("include")
    if shutil.which(compiler[0]) is None:
        message = f"there is no C compiler {compiler[0]}"
        raise RuntimeError(message)
    if not Path(include, "Python.h").exists():
        message = f"there is no Python.h in {include}"
        raise RuntimeError(message)
    fresh = target().with_suffix(".new")
    sources = [str(source) for source in sorted(FOLDER.glob("*.c"))]
    named = f'-DTRADEWIND_SOURCES="{sources_digest()}"'
    late = ["-undefined", "dynamic_lookup"] if sys.platform == "darwin" else []
    # The same bytes wherever the sources lie.
    where = f"-ffile-prefix-map={FOLDER}=native"
    command = [*compiler, *FLAGS, *WARNINGS, *extra, *late, named, where, f"-I{include}", *sources, "-o", str(fresh)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603 - the system's compiler
    if done.returncode:
        message = f"{compiler[0]} failed: {done.stderr.strip()}"
        raise RuntimeError(message)
    # In one step: a running process keeps the old file, and nobody ever loads half of one.
    fresh.replace(target())


if __name__ == "__main__":
    if not is_fresh() or sys.argv[1:]:
        try:
            build(*sys.argv[1:])
        except RuntimeError as problem:
            print(f"{problem}: Tradewind runs without its compiled core, slower and otherwise alike")  # noqa: T201
