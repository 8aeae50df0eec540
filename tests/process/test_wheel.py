"""What is shipped: a wheel, the same bytes each time, that runs in an environment with nothing else in it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

from private_ports import free_port
from running_platform import Running, environment
from tradewind.ui.pages import STATIC

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]

REPO = Path(__file__).resolve().parents[2]
EPOCH = "1767225600"
SOURCES = ("src", "docs", "pyproject.toml", "hatch_build.py", "LICENSE", "README.md", "README.en.md", "CHANGELOG.md")
ALLOWED = re.compile(r"Apache|BSD|MIT|MPL|Mozilla|PSF|Python Software|ISC|Unlicense|Zope|ZPL", re.IGNORECASE)
"""What may come along with us: nothing that asks others to publish what they write."""
REFUSED = re.compile(r"\b(?:A|L)?GPL|GNU|SSPL|Commons Clause|Proprietary", re.IGNORECASE)
READ_BY_HAND = {"aiofastnet": "MIT", "picows": "MIT"}
"""Packages whose metadata say nothing; read in the file that comes with them."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of these sources, built in a folder of its own."""
    return built(tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A new virtual environment with the wheel, what it asks for, and nothing else."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    uv = shutil.which("uv", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
    assert uv is not None, "these tests need uv: make test installs it"
    into = [uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python")]
    locked = ["--require-hashes", "--only-binary", ":all:", "-r", str(REPO / "requirements" / "base.txt")]
    made = [uv, "venv", "--quiet", "--python", sys.executable, str(folder)]
    # What the lock has brought is all that the wheel asks for: the last step may ask nobody.
    for command in (made, [*into, *locked], [*into, "--offline", str(wheel)]):
        subprocess.run(command, check=True, capture_output=True, env=environment())
    yield folder
    shutil.rmtree(folder)


def built(folder: Path) -> Path:
    """Copy what a wheel is made of and build it there, as another machine would have it in another place."""
    for name in SOURCES:
        source = REPO / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("*.so", "*.new", "__pycache__"))
        else:
            shutil.copy(source, folder / name)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "out"]
    subprocess.run(
        command, cwd=folder, env=environment(SOURCE_DATE_EPOCH=EPOCH), check=True, capture_output=True
    )  # fmt: skip
    (made,) = (folder / "out").glob("*.whl")
    return made


def test_the_same_sources_make_the_same_bytes_wherever_they_lie(wheel: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "a" / "longer" / "path"
    elsewhere.mkdir(parents=True)
    again = built(elsewhere)
    assert again.name == wheel.name
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()


def test_it_holds_the_built_page_and_the_compiled_core_and_no_more_than_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    page = {
        f"tradewind/ui/static/{path.relative_to(STATIC).as_posix()}" for path in STATIC.rglob("*") if path.is_file()
    }
    assert "tradewind/ui/static/index.html" in page
    assert page <= names
    assert [name for name in names if re.fullmatch(r"tradewind/native/_compiled\..*\.so", name)]
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"tradewind"}


def test_in_a_clean_environment_tradewind_run_serves_the_page(clean: Path, tmp_path: Path) -> None:
    port = free_port()
    program = str(clean / "bin" / "tradewind")
    flags = [f"--set={flag}" for flag in (f"data_dir={tmp_path}", f"api.port={port}", "push.port=0")]
    running = Running.of(
        subprocess.Popen(
            [program, "run", *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=tmp_path,
            env=environment(PATH="/usr/bin:/bin"),
        )
    )
    try:
        with running.client() as client:
            page = client.get("/")
            assert (page.status_code, "<html" in page.text) == (200, True)
            script = re.search(r'src="(/assets/[^"]+\.js)"', page.text)
            assert script is not None
            assert client.get(script[1]).status_code == 200
            assert client.get("/api/v1/system").status_code == 200
        assert running.stop() == 0
    finally:
        running.end()
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, env=environment()).stdout
    assert "compiled core" in said


def test_whatever_comes_along_may_be_used_without_publishing_ones_own(clean: Path) -> None:
    found = {each.metadata["Name"]: licences(each) for each in distributions(path=[str(site_of(clean))])}
    named = {name: READ_BY_HAND.get(name.lower(), told) for name, told in found.items()}
    assert {name: told for name, told in named.items() if REFUSED.search(told)} == {}
    assert {name: told for name, told in named.items() if not ALLOWED.search(told)} == {}


def test_the_bill_of_materials_names_every_locked_package_with_its_hashes() -> None:
    lock = (REPO / "requirements" / "production.txt").read_text(encoding="utf-8")
    wanted = {name.lower() for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    program = Path(sys.executable).with_name("cyclonedx-py")
    command = [str(program), "requirements", "--output-reproducible", "--pyproject", "pyproject.toml"]
    said = subprocess.run(
        [*command, "requirements/production.txt"], cwd=REPO, capture_output=True, text=True, check=True
    )  # fmt: skip
    bill = json.loads(said.stdout)
    assert bill["metadata"]["component"]["name"] == "tradewind"
    assert {each["name"].lower() for each in bill["components"]} == wanted
    hashed = {each["name"].lower() for each in bill["components"] if "hashes" in json.dumps(each)}
    assert hashed == wanted


def test_every_lock_names_hashes_and_no_address() -> None:
    for lock in (REPO / "requirements").glob("*.txt"):
        text = lock.read_text(encoding="utf-8")
        pinned = re.findall(r"^\S+==\S+.*?(?=^\S+==|\Z)", text, re.MULTILINE | re.DOTALL)
        assert pinned
        assert [entry.split()[0] for entry in pinned if "--hash=sha256:" not in entry] == [], lock.name
        assert "://" not in re.sub(r"^ *#.*$", "", text, flags=re.MULTILINE), lock.name


def licences(each: Distribution) -> str:
    """Return what a package says of its licence, in whichever of the three ways."""

    def told(field: str) -> list[str]:
        return each.metadata.get_all(field) or []

    classified = [line for line in told("Classifier") if line.startswith("License ::")]
    return " | ".join([*told("License-Expression"), *classified, *(text[:80] for text in told("License"))])


def site_of(venv: Path) -> Path:
    (site,) = venv.glob("lib/python*/site-packages")
    return site
