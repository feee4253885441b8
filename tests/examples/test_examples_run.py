"""Every example runs as it stands, and the READMEs show one of them word for word."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
SAYS = {
    "read_the_card.py": ("tries left: 3", "protected:", "wrong:", "2 tries left", "opened:"),
    "sign_and_verify_pdf.py": (
        "signed by two: Signature1 (ETSI.CAdES.detached): VALID",
        "signed by two: Signature2 (adbe.pkcs7.detached): VALID",
        "changed afterwards: Signature2 (adbe.pkcs7.detached): INVALID: something was appended",
    ),
    "sign_verify_move.py": ("VALID: signed by", "INVALID: revoked: affiliationChanged"),
    "sign_and_verify_xml.py": (
        "references: #%E6%A7%8B%E6%88%90%E6%83%85%E5%A0%B1 %E6%B7%BB%E4%BB%98.txt",
        "as filed: VALID",
        "signed: 構成情報 and 添付.txt",
        "without the attachment: INDETERMINATE",
        "attachment exchanged: INVALID",
        "word exchanged: INVALID",
    ),
    "verify_files.py": (
        "valid, signed with",
        "invalid: affiliationChanged",
        "could not be checked",
    ),
    "what_fell.py": (
        "card_authentication 114000001: held",
        "mobile_authentication 114000002: active",
    ),
}


def test_every_example_is_expected_to_say_something() -> None:
    assert {path.name for path in EXAMPLES} == set(SAYS)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs_and_says_what_it_shows(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for words in SAYS[path.name]:
        assert words in done.stdout


@pytest.mark.parametrize("readme", ["README.md", "README.ja.md"])
def test_the_readme_shows_the_example_word_for_word(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    (shown,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    example = (ROOT / "examples" / "sign_verify_move.py").read_text(encoding="utf-8")
    _, _, body = example.partition("\n\n")
    assert shown == body
    statements = body[body.index("world = ") :].strip().splitlines()
    assert len(statements) == 10
