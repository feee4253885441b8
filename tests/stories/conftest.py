"""A story to break: small, complete and right."""

from __future__ import annotations

import pytest

GOOD = """\
title_en = "A house move"
title_ja = "転居"
covers = ["EV-01"]

[policies]
cascade_reason = "copy"

[[person]]
born = 1990-09-15

[[step]]
on = 2024-06-01
do = "issue_card"

[[step]]
on = 2025-07-01
do = "enrol_phone"

[[expect]]
on = 2025-07-01
certificates = "A A A A"

[[step]]
on = 2026-08-03
event = "resident_record_amended"
item = "address"
recorded = 2026-08-04

[[expect]]
on = 2026-08-04
certificates = "R3 A R3c A"
card = "valid"
"""


@pytest.fixture
def good() -> str:
    """The text of a story that passes."""
    return GOOD
