"""`make test`: install what the tests need, run every check and every test, say at the end how each kind did.

Each stage is a process of its own, so one that dies does not take the summary with it; tests of a file stay together,
files are shared out to as many workers as there are processors, four at most. Stages that wait for servers and
processes leave a third of the processors idle: beside them, and yielding to them, run those that only compute, and each
of these is shown as a whole when it has ended. A few tests that failed beside others are run once more by themselves
when all else is done, and the summary names those that passed only then (decision 0025). Debian packages are installed
through apt-get when this is root; otherwise a stage that needs one fails and says which.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tradewind.kernel.clock import monotonic_s

REPO = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
NODE_MAJOR = 20
MOST_WORKERS = 4
SOME_FAILED = 1
"""What pytest ends with when it came to its end and some tests failed."""
MOST_AGAIN = 3
"""Tests of a stage that are tried again alone; more than these are no accident of a busy machine."""
SERVERS = {
    "chromium-headless-shell": ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"),
    "redis-server": ("redis-server", "valkey-server"),
    "nginx-light": ("nginx",),
    "mariadb-server": ("mariadbd", "mysqld"),
    "prometheus": ("prometheus",),
    "prometheus-alertmanager": ("prometheus-alertmanager",),
    "slapd": ("slapd",),
    "openssl": ("openssl",),
}
"""Debian package → the programs of which any one will do."""
OLDER_NAMES = {"chromium-headless-shell": "chromium"}
"""What does instead where the sources do not have a package yet."""
WITH_PROCESSES = frozenset({"contract", "security", "flow", "process", "browser"})
"""Stages whose tests wait for real servers and processes, which a busy machine may keep waiting."""
FIRST = frozenset({"format", "lint", "page: build and size"})
"""Stages that have nothing beside them: they are short, and what the last one builds is served by tests."""
YIELDING = ("nice", "-n", "5")
"""What runs beside the stages with processes takes what these leave: they judge by time now and then."""
COMPILED_ROOMS = (
    "benches", "bus", "domain", "feeder", "features", "market", "market_ctpwire", "market_sources", "native", "push",
    "quotes", "risk", "runtime", "signals", "stores", "strategies",
)  # fmt: skip
"""Rooms that the compiled core reaches: the Python code it stands in for is its reference and has to hold by itself."""
FONT_PACKAGE = "fonts-noto-cjk"
LOCALE_PACKAGE = "locales"
"""What CTP's library needs is compiled from it."""
PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


@dataclass(frozen=True)
class Stage:
    """One kind of check: its name in the summary and the command that runs it."""

    name: str
    command: tuple[str, ...]
    folder: Path = REPO
    environ: tuple[tuple[str, str], ...] = ()
    failures: Path | None = None
    """Where the tests that failed are written to, for those that run real processes; `None`: none is tried again."""

    @property
    def is_beside(self) -> bool:
        """Tell whether it only computes, and so runs beside those that wait."""
        return self.name not in FIRST | WITH_PROCESSES


@dataclass
class Result:
    """How one stage ended; `failed` are tests to be tried again, `alone` those that passed only by themselves."""

    stage: Stage
    code: int
    seconds: float
    closing: str
    failed: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


def pytest_stage(name: str, *folders: str, environ: tuple[tuple[str, str], ...] = ()) -> Stage:
    """Return the stage that runs the tests of some folders."""
    workers = min(os.cpu_count() or 1, MOST_WORKERS)
    shared_out = ("-n", str(workers), "--dist", "loadfile", "--no-loadscope-reorder")
    command = (str(BIN / "pytest"), "-q", "--durations=3", *shared_out, *folders)
    if name not in WITH_PROCESSES:
        return Stage(name, command, environ=environ)
    failures = REPO / "test-artifacts" / f"failed-{name}.json"
    return Stage(name, (*command, f"--failures-to={failures}"), environ=environ, failures=failures)


def stages() -> list[Stage]:
    """Return every stage, cheap ones first so that a slip is known early."""
    tools = [
        Stage("format", (str(BIN / "ruff"), "format", "--check", ".")),
        Stage("lint", (str(BIN / "ruff"), "check", ".")),
        Stage("types", (str(BIN / "mypy"),)),
    ]
    web = [
        Stage("page: check", ("npm", "run", "--silent", "check"), REPO / "web"),
        Stage("page: unit", ("npm", "test", "--silent"), REPO / "web"),
        Stage("page: build and size", ("npm", "run", "--silent", "build"), REPO / "web"),
    ]
    kinds = ("architecture", "unit", "contract", "security", "flow", "sim", "process", "browser")
    tests = [pytest_stage(kind, f"tests/{kind}") for kind in kinds]
    plain = (*(f"tests/unit/{room}" for room in COMPILED_ROOMS), "tests/contract/bus")
    reference = pytest_stage("unit, plain core", *plain, environ=(("TRADEWIND_NATIVE", "off"),))
    simulation = Stage("simulation", (sys.executable, str(REPO / "tests" / "sim" / "run.py"), "--seeds", "10000"))
    return [*tools, *web, *tests, simulation, reference]


def install_debian_packages() -> None:
    """Install servers, Chromium and a CJK font where absent and allowed to; otherwise say what to install."""
    missing = [
        package for package, programs in SERVERS.items() if not any(shutil.which(name, path=PATH) for name in programs)
    ]
    if not Path("/usr/share/i18n/charmaps/GB18030.gz").exists():
        missing.append(LOCALE_PACKAGE)
    if not any(Path("/usr/share/fonts").rglob("NotoSansCJK*")):
        missing.append(FONT_PACKAGE)
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"the tests need: apt-get install {' '.join(missing)} (not root here, so please do)")
        return
    print(f"installing {' '.join(missing)}", flush=True)
    # Without a runlevel no package starts a server of its own.
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    apt = ["apt-get", "-o", "DPkg::Lock::Timeout=900", "-qq"]
    subprocess.run([*apt, "update"], env=environ, check=False, stdout=subprocess.DEVNULL)
    missing = [package if _is_offered(package) else OLDER_NAMES.get(package, package) for package in missing]
    install = [*apt, "install", "-y", "--no-install-recommends", *missing]
    subprocess.run(install, env=environ, check=True, stdout=subprocess.DEVNULL)


def _is_offered(package: str) -> bool:
    """Say whether this machine's sources have a package."""
    return subprocess.run(["apt-cache", "show", package], check=False, capture_output=True).returncode == 0


def install_page_tools() -> None:
    """Fetch the front-end's tools by lock, unless they are newer than the lock already."""
    node = shutil.which("node")
    version = subprocess.run(
        [node or "false", "-p", "process.versions.node"], capture_output=True, text=True, check=False
    )
    if not node or int((version.stdout or "0").split(".")[0]) < NODE_MAJOR:
        sys.exit(f"the page's tests need Node {NODE_MAJOR} or newer; found: {version.stdout.strip() or 'none'}")
    mark = REPO / ".make" / "web"
    lock = REPO / "web" / "package-lock.json"
    if not mark.exists() or mark.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(
            ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], cwd=REPO / "web", check=True
        )
        mark.parent.mkdir(exist_ok=True)
        mark.touch()


class Stages:
    """Runs stages, one after another and beside each other; what they print is never mixed within a line."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._begun = 0
        self._shown = ""
        self._screen = threading.Lock()
        self._is_over = threading.Event()

    def run_all(self, todo: list[Stage]) -> list[Result]:
        """Run every stage; return how each ended, in the order they were given."""
        found = [self.run(stage) for stage in todo if stage.name in FIRST]
        with ThreadPoolExecutor(1) as lane:
            beside = lane.submit(lambda: [self.run(each) for each in todo if each.is_beside])
            try:
                found += [self.run(stage) for stage in todo if stage.name in WITH_PROCESSES]
            except BaseException:
                self._is_over.set()
                raise
            found += beside.result()
        found = [self.once_more(result) for result in found]
        return sorted(found, key=lambda result: todo.index(result.stage))

    def run(self, stage: Stage) -> Result:
        """Run one stage; one with nothing to yield to is shown as it goes, another when it has ended."""
        if self._is_over.is_set():
            return Result(stage, 1, 0.0, "was not begun")
        begun = monotonic_s()
        if stage.failures is not None:
            stage.failures.unlink(missing_ok=True)
        if stage.is_beside:
            code, lines = self._told(stage, (*YIELDING, *stage.command), is_shown=False)
            with self._screen:
                self._print_head(stage, f", beside the others, {monotonic_s() - begun:.0f} s")
                print("".join(lines), f"── {self._shown} goes on ".ljust(96, "─"), sep="", flush=True)
        else:
            with self._screen:
                self._shown = stage.name
                self._print_head(stage)
            code, lines = self._told(stage, stage.command, is_shown=True)
        closing = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return Result(stage, code, monotonic_s() - begun, closing, _failed(stage) if code == SOME_FAILED else ())

    def once_more(self, result: Result) -> Result:
        """Try the few tests of a stage that failed beside others once more, each by itself."""
        if not 0 < len(result.failed) <= MOST_AGAIN:
            return result
        print(f"\n{result.stage.name}, once more, each by itself: {', '.join(result.failed)}", flush=True)
        begun = monotonic_s()
        codes = [
            self._told(result.stage, (str(BIN / "pytest"), "-q", test), is_shown=True)[0] for test in result.failed
        ]
        result.seconds += monotonic_s() - begun
        result.code = max(codes)
        result.alone = result.failed if not any(codes) else ()
        return result

    def _print_head(self, stage: Stage, how: str = "") -> None:
        self._begun += 1
        print(f"\n── {self._begun}/{self._count} {stage.name}{how} ".ljust(96, "─"), flush=True)

    def _told(self, stage: Stage, command: tuple[str, ...], *, is_shown: bool) -> tuple[int, list[str]]:
        """Run a command of a stage; return its exit code and the lines it printed."""
        process = subprocess.Popen(
            command,
            cwd=stage.folder,
            env={**os.environ, **dict(stage.environ)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        lines: list[str] = []
        for line in process.stdout or ():
            lines.append(line)
            if is_shown:
                with self._screen:
                    print(line, end="", flush=True)
        return process.wait(), lines


def _failed(stage: Stage) -> tuple[str, ...]:
    """Return the tests that failed, none where nothing is noted (`tests/conftest.py` does)."""
    if stage.failures is None or not stage.failures.exists():
        return ()
    return tuple(json.loads(stage.failures.read_text(encoding="utf-8")))


def main() -> int:
    """Run all stages; return 0 only if each succeeded."""
    (REPO / "test-artifacts").mkdir(exist_ok=True)
    install_debian_packages()
    install_page_tools()
    todo = stages()
    begun = monotonic_s()
    results = Stages(len(todo)).run_all(todo)
    print("\n── summary " + "─" * 85)
    passed = failed = 0
    for result in results:
        counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", result.closing)}
        is_good = result.code == 0
        passed += counts.get("passed", 0) or int(is_good)
        failed += 0 if is_good else counts.get("failed", 0) + counts.get("error", 0) or 1
        passed += len(result.alone)
        mark = "ok    " if is_good else "FAILED"
        print(f"  {mark} {result.stage.name:24} {result.seconds:6.1f} s   {result.closing[:70]}")
        for test in result.alone:
            print(f"         passed only by itself: {test}")
    print(f"\nall of it took {(monotonic_s() - begun) / 60:.1f} minutes")
    print(f"{passed} passed, {failed} failed")
    return 0 if all(result.code == 0 for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
