"""A firm verifies a file it received: three answers, and the reason as data.

The files come from the demonstration, which is played into a temporary folder first.
"""

import tempfile
from datetime import datetime
from pathlib import Path

from jpki.certificates import parse_authority
from jpki.errors import Indeterminate, Revoked
from jpki.revocation import parse_revocation_list
from jpki.verify import verify
from simulator.demo import play

with tempfile.TemporaryDirectory() as folder:
    demo = play(Path(folder) / "demo", seed="example", tell=lambda _: None)
    signature = (demo / "contract.txt.p7s").read_bytes()
    content = (demo / "contract.txt").read_bytes()
    roots = [parse_authority(path.read_bytes()) for path in (demo / "roots").iterdir()]

    for lists, received_at in (
        ("before", "2026-08-03T12:00:00+09:00"),
        ("after", "2026-08-05T12:00:00+09:00"),
        ("before", "2026-08-05T12:00:00+09:00"),  # the list is out of date by then
    ):
        known = [
            parse_revocation_list(path.read_bytes()) for path in (demo / "lists" / lists).iterdir()
        ]
        at = datetime.fromisoformat(received_at)
        try:
            report = verify(signature, content=content, roots=roots, revocation_lists=known, at=at)
            print("valid, signed with", report.signer.kind)
        except Revoked as error:
            print("invalid:", error.reason.rfc_name, "recorded", error.recorded_at.isoformat())
        except Indeterminate as error:
            print("could not be checked:", error.message)
