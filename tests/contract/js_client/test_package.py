"""What npm would publish: its files, its version, what it imports, and types that a strict program compiles with."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from documents import snippet
from tradewind import __version__

from .conftest import NAME, WEB

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]

_IMPORTED = re.compile(r"(?:^|\n)(?:import|export)\b[^;]*?\bfrom '([^']+)'")
_PROGRAM = """
import { Act, ApiError, Tradewind, type Instruction, type Tick } from '@tradewind/client'

const house = new Tradewind({ url: 'https://desk.example', token: 'tw_x' })
const act: Act<Instruction> = house.order({ account_id: 'a', instrument_id: 'au2604.SHFE', side: 'buy', quantity: 1 })
export async function run(): Promise<void> {
  const feed = await house.feed({ isPersistent: true })
  feed.on('quotes', (rows: readonly Tick[]) => rows.forEach((tick) => tick.last_price.toFixed(2)))
  for await (const { rows } of feed.each({ topic: 'orders' })) console.log(rows[0]?.request.client_order_id)
  await act.settle().catch((error: unknown) => error instanceof ApiError && error.isOutcomeUnknown)
}
// @ts-expect-error there is no such side
house.order({ account_id: 'a', instrument_id: 'b', side: 'long', quantity: 1 })
// @ts-expect-error there is no such topic
void house.feed().then((feed) => feed.subscribe({ topic: 'weather' }))
"""
_STRICT: dict[str, Any] = {"strict": True, "skipLibCheck": False, "noEmit": True, "target": "es2022"}
_NODE = {"module": "nodenext", "moduleResolution": "nodenext", "lib": ["es2023"], "types": ["node"]}
_BROWSER = {"module": "esnext", "moduleResolution": "bundler", "lib": ["es2023", "dom", "dom.iterable"], "types": []}


def manifest(program: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((program / "node_modules" / NAME / "package.json").read_text(encoding="utf-8"))
    return loaded


def imported(module: Path) -> set[str]:
    return set(_IMPORTED.findall(module.read_text(encoding="utf-8")))


def test_the_package_holds_each_module_with_its_types_its_papers_and_nothing_else(program: Path) -> None:
    modules = {path.stem for path in (WEB / "client" / "src").glob("*.ts")}
    built = {f"dist/{name}{end}" for name in modules for end in (".js", ".d.ts")}
    folder = program / "node_modules" / NAME
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == built | {"package.json", "LICENSE", "README.md", "README.en.md"}


def test_the_package_has_the_projects_version_and_needs_no_other(program: Path) -> None:
    told = manifest(program)
    assert told["version"] == __version__
    assert json.loads((WEB / "package.json").read_text(encoding="utf-8"))["version"] == __version__
    assert not {"dependencies", "peerDependencies", "optionalDependencies"} & set(told)


def test_a_browser_is_given_nothing_of_node_and_nobody_anything_from_elsewhere(program: Path) -> None:
    dist = program / "node_modules" / NAME / "dist"
    seen: set[str] = set()
    waiting = ["index.js"]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += [target.removeprefix("./") for target in imported(dist / name)]
    assert {"tradewind.js", "link.js"} <= seen
    assert not {"node.js", "node_socket.js", "frames.js", "cookies.js"} & seen
    everything = set().union(*(imported(path) for path in dist.glob("*.js")))
    assert all(target.startswith(("./", "node:")) for target in everything)


@pytest.mark.parametrize("options", [_NODE, _BROWSER], ids=["node", "browser"])
def test_a_strict_program_and_the_one_of_the_page_compile_with_its_types(
    program: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "@tradewind").symlink_to(program / "node_modules" / "@tradewind")
    (tmp_path / "node_modules" / "@types").symlink_to(WEB / "node_modules" / "@types")
    # What @types/node itself asks for.
    (tmp_path / "node_modules" / "undici-types").symlink_to(WEB / "node_modules" / "undici-types")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (tmp_path / "program.ts").write_text(_PROGRAM, encoding="utf-8")
    shown = snippet("docs/how-to/js-client.md", "ts", "feed.onGap")
    (tmp_path / "shown.ts").write_text(shown, encoding="utf-8")
    config = {"compilerOptions": {**_STRICT, **options}, "include": ["*.ts"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    compiler = WEB / "node_modules" / ".bin" / "tsc"
    done = subprocess.run([compiler, "-p", tmp_path], capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stdout
