"""Each rule fails when it is broken on purpose: a rule that cannot fail guards nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from architecture import rules

REPO = Path(__file__).resolve().parents[2]


def plant(root: Path, path: str, source: str) -> Path:
    file = root / "tradewind" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (rules.core_touches_the_world, "features/windows.py", '"""W."""\nimport asyncio\n'),
        (rules.core_touches_the_world, "domain/tick.py", '"""T."""\nfrom random import random\n'),
        (rules.core_touches_the_world, "signals/aggregator.py", '"""A."""\nasync def merge():\n    pass\n'),
        (
            rules.core_uses_what_differs_between_machines,
            "features/windows.py",
            '"""W."""\nimport math\nx = math.log(2)\n',
        ),
        (rules.core_uses_what_differs_between_machines, "risk/monitor.py", '"""M."""\nx = hash("a")\n'),
        (rules.drivers_away_from_home, "features/service.py", '"""S."""\nimport pyarrow\n'),
        (rules.drivers_away_from_home, "market/service.py", '"""S."""\nfrom picows import ws_create_server\n'),
        (rules.drivers_away_from_home, "push/service.py", '"""S."""\nimport zmq\n'),
        (rules.core_touches_the_world, "market/ctpwire/rows.py", '"""S."""\nimport socket\n'),
        (rules.blind_excepts, "market/service.py", '"""S."""\ntry:\n    x = 1\nexcept Exception:\n    pass\n'),
        (rules.blind_excepts, "signals/service.py", '"""S."""\ntry:\n    x = 1\nexcept:\n    pass\n'),
        (rules.approved_away_from_the_gate, "execution/service.py", '"""S."""\norder = ApprovedOrder(request)\n'),
        (rules.approved_away_from_the_gate, "pretrade/service.py", '"""S."""\norder = domain.ApprovedOrder(request)\n'),
        (rules.approved_away_from_the_gate, "api/orders.py", '"""S."""\nfrom x import ApprovedOrder as Yes\n'),
        (rules.approved_away_from_the_gate, "api/orders.py", '"""S."""\nmake = partial(ApprovedOrder, request)\n'),
        (rules.too_large, "market/service.py", '"""S."""\n' + "x = 1\n" * 400),
        (rules.too_large, "market/service.py", '"""S."""\ndef f():\n' + "    x = 1\n" * 50),
        (rules.badly_named, "market/utils.py", '"""U."""\n'),
        (rules.badly_named, "market/tick_helpers.py", '"""U."""\n'),
        (rules.without_purpose, "market/service.py", "x = 1\n"),
    ],
)
def test_a_planted_violation_is_found(
    tmp_path: Path, rule: Callable[[Path], list[str]], path: str, source: str
) -> None:
    assert rule(plant(tmp_path, path, source))


def test_the_gate_itself_may_approve(tmp_path: Path) -> None:
    plant(tmp_path, rules.APPROVING_MODULE, '"""S."""\norder = ApprovedOrder(request)\n')
    assert rules.approved_away_from_the_gate(tmp_path) == []


def test_a_topic_written_by_a_second_room_is_seen(tmp_path: Path) -> None:
    plant(tmp_path, "signals/service.py", '"""S."""\npublish = bus.publisher(OPPORTUNITIES)\n')
    plant(tmp_path, "risk/service.py", '"""S."""\npublish = bus.publisher(OPPORTUNITIES)\n')
    assert rules.topics_written(tmp_path) == {"OPPORTUNITIES": {"signals", "risk"}}


@pytest.mark.parametrize("text", ["`market/nowhere`", "`market/service:nothing`"])
def test_a_name_in_the_tour_that_does_not_exist_is_found(tmp_path: Path, text: str) -> None:
    plant(tmp_path, "market/service.py", '"""S."""\nclass MarketLine:\n    pass\n')
    assert rules.tour_names_missing(tmp_path, text)
    assert not rules.tour_names_missing(tmp_path, "`market/service:MarketLine`")


@pytest.mark.parametrize(
    ("path", "line", "says"),
    [
        ("features/service.py", "import tradewind.signals", "siblings never meet"),
        ("domain/tick.py", "import tradewind.bus", "imports go down only"),
        ("kernel/clock.py", "import tradewind.market", "imports go down only"),
        ("api/app.py", "import tradewind.market.sources", "names an adapter"),
        ("newroom/__init__.py", "", "siblings never meet"),
    ],
)
def test_a_planted_import_against_the_layers_is_found(tmp_path: Path, path: str, line: str, says: str) -> None:
    shutil.copytree(REPO / "src", tmp_path / "src", ignore=shutil.ignore_patterns("static", "__pycache__"))
    shutil.copy(REPO / "pyproject.toml", tmp_path)
    file = tmp_path / "src" / "tradewind" / path
    file.parent.mkdir(exist_ok=True)
    file.write_text((file.read_text(encoding="utf-8") if file.exists() else "") + f"\n{line}\n", encoding="utf-8")
    result = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, result.stdout + result.stderr
    assert says in result.stdout
    assert "BROKEN" in result.stdout
