"""Time is an argument: only the command line and the simulator's clock look at a real clock."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAY_LOOK = {
    Path("jpki/cli/app.py"),
    Path("jpki/cli/real_clock.py"),
    Path("simulator/clock.py"),
}
LOOKS = {
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
}


def looks_at_a_clock(node: ast.AST) -> bool:
    if not isinstance(node, ast.Attribute):
        return False
    owner = node.value
    name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
    return (name, node.attr) in LOOKS


def test_no_module_looks_at_a_real_clock_in_hiding() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in ("jpki", "simulator")
        for path in (ROOT / package).rglob("*.py")
        if path.relative_to(ROOT) not in MAY_LOOK
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and looks_at_a_clock(node)
    }
    assert found == set()


def test_the_check_would_notice() -> None:
    tree = ast.parse("import datetime\nx = datetime.datetime.now()")
    assert any(looks_at_a_clock(node) for node in ast.walk(tree))
