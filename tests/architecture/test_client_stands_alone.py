"""The client can be installed and imported where nothing of the platform is: its own two dependencies are enough."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
NEEDS = ("msgspec", "picows", "multidict", "python_socks", "aiofastnet", "typing_extensions")
"""What the how-to has installed, with what those bring along."""
ALONE = """
import importlib.abc, pkgutil, sys

class Nothing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        first = name.partition(".")[0]
        if first in sys.stdlib_module_names or first in {"tradewind", *NEEDS}:
            return None
        raise ModuleNotFoundError(f"{name} is not installed here")

sys.meta_path.insert(0, Nothing())
import tradewind.client
for module in pkgutil.walk_packages(tradewind.client.__path__, "tradewind.client."):
    importlib.import_module(module.name)
print(*sorted({name.split(".")[1] for name in sys.modules if name.startswith("tradewind.")}))
"""


def test_every_module_of_the_client_imports_without_the_platforms_dependencies() -> None:
    code = f"import importlib; NEEDS = {NEEDS!r}\n{ALONE}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["client", "domain", "errors", "kernel"]


def test_the_package_says_that_it_is_typed() -> None:
    assert (REPO / "src" / "tradewind" / "py.typed").is_file()
