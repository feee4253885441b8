"""One target, guided by the coverage it gains, in this process until libFuzzer says that it ends.

``python -m tests.fuzz.guided TABLE TARGET [libFuzzer options and folders]``, where TABLE is the
module whose ``TARGETS`` has the target. ``python -m tests.fuzz`` calls it with folders and limits.
"""

from __future__ import annotations

import shlex
import sys
from importlib import import_module

import atheris

# What reads the bytes. cryptography and pydantic read them in Rust, where nothing can be counted.
_INSTRUMENTED = ["jpki", "simulator", "asn1crypto", "tomllib"]
_NOT_INSTRUMENTED = ["jpki.law", "jpki.life"]


def main() -> None:
    """Fuzz; the process ends inside, with libFuzzer's exit status."""
    _, table, name, *options = sys.argv
    with atheris.instrument_imports(include=_INSTRUMENTED, exclude=_NOT_INSTRUMENTED):
        target = import_module(table).TARGETS[name]
    # libFuzzer starts itself again by its first argument, in a shell, when it merges a corpus.
    again = shlex.join([sys.executable, "-m", "tests.fuzz.guided", table, name])
    atheris.Setup([again, *options], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
