"""The stories of a phone's end, and what a thief with its PINs could still do two days later."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import pytest

from jpki.law import Rulebook
from jpki.life import state_at
from simulator.exposure import Layer, Who, exposure_of
from simulator.story import Story, read_file, run_variant, story_files
from tests.phone.conftest import MA, MS

# S: signs, A: authenticates; and for each the layer that stops it, by hand from the rows. The log
# alone is asked, so a phone is taken to be offline with its keys unless the log says they are gone.
DUTY, CARD, NOTICE = Layer.DUTY_TO_APPLY, Layer.CARD, Layer.NOTICE
SUSPENSION, ERASURE = Layer.SUSPENSION, Layer.ERASURE
ENDS = {
    "ev-62-use-stopped/card": (DUTY, DUTY),
    "ev-62-use-stopped/phone": (DUTY, DUTY),
    "ev-62-use-stopped/authentication": (None, None),  # the application was refused
    "ev-62-use-stopped/after-a-move": (CARD, SUSPENSION),
    "ev-63-nothing-done": (None, None),
    "ev-64-new-phone/superseded": (None, None),  # the new phone; the old one is asked below
    "ev-65-second-phone": (None, None),
    "ev-66-held-to-the-end/waits": (SUSPENSION, SUSPENSION),
    "ev-66-phone-lost-and-found": (None, None),
    "ev-69-sold-after-revocation": (DUTY, DUTY),
    "ev-70-sold-unrevoked/forgotten": (None, None),
    "ev-70-sold-unrevoked/late": (DUTY, DUTY),
    "ev-70-sold-unrevoked/suspended": (SUSPENSION, SUSPENSION),
    "ev-71-android-factory-reset": (None, None),
    "ev-72-iphone-erased": (ERASURE, ERASURE),
    "ev-73-app-uninstalled": (None, None),
    "ev-74-forced-deletion": (ERASURE, ERASURE),
    "ev-75-broken-phone/compromise": (NOTICE, NOTICE),
    "ev-76-repair/guidance": (DUTY, DUTY),
    "ev-76-repair/forgotten": (None, None),
    "ev-76-repair/suspended": (SUSPENSION, None),
    "ev-77-biometrics-changed": (None, None),
    "ev-78-tampered": (None, None),
    "ev-80-phone-signature-alone": (None, DUTY),
    "x-05-what-the-card-ends-on-the-phone/moved": (CARD, None),
    "x-05-what-the-card-ends-on-the-phone/lost": (CARD, CARD),
    "x-05-what-the-card-ends-on-the-phone/returned": (CARD, CARD),
    "x-05-what-the-card-ends-on-the-phone/death": (CARD, CARD),
}
OLD = {
    "ev-64-new-phone/superseded",
    "ev-65-second-phone",
    "ev-66-held-to-the-end/next-phone",
    "ev-68-phone-lost-for-good",
    "ev-70-sold-unrevoked/next-phone",
    "c-03-across-systems",
}


@cache
def stories() -> dict[str, Story]:
    found = (read_file(path).story for path in story_files(()))
    return {story.id: story for story in found if story is not None}


def report_after(name: str):
    """Return the report two days after the last record, when every list has been taken over."""
    story = stories()[name.partition("/")[0]]
    variant = next(each for each in story.variants if story.run_id(each) == name)
    book = Rulebook.default().with_(**variant.policies)
    entries = run_variant(story, variant).entries
    at = entries[-1].recorded_at + timedelta(days=2)
    return exposure_of(state_at(entries, at, book=book), "person-1")


def in_use(name: str):
    report = report_after(name)
    enrolled = {use.device for use in report.uses if use.enrolled}
    (device,) = enrolled
    return [report.use(device, kind, Who.THIEF) for kind in (MS, MA)]


@pytest.mark.parametrize("name", ENDS)
def test_the_layer_that_stops_a_thief_is_the_one_the_story_tells_of(name: str) -> None:
    for use, layer in zip(in_use(name), ENDS[name], strict=True):
        assert use is not None
        assert use.exposed == (layer is None)
        stop = use.stopped_by
        assert (stop.layer if stop is not None else None) is layer


@pytest.mark.parametrize("name", sorted(OLD))
def test_an_old_phone_is_stopped_whatever_it_was(name: str) -> None:
    report = report_after(name)
    old = [use for use in report.uses if not use.enrolled]
    assert old
    assert not any(use.exposed for use in old)


def test_the_expired_pair_of_a_phone_nobody_ended_is_stopped_by_its_period() -> None:
    story = stories()["ev-63-nothing-done"]
    entries = run_variant(story, story.variants[0]).entries
    state = state_at(entries, entries[-1].recorded_at, book=Rulebook.default())
    device = exposure_of(state, "person-1").uses[0].device
    use = exposure_of(state, "person-1").use(device, MS, Who.THIEF)
    assert use is not None
    after = use.until.latest + timedelta(seconds=1)
    later = exposure_of(state_at(entries, after, book=Rulebook.default()), "person-1")
    stopped = later.use(device, MS, Who.THIEF)
    assert stopped is not None
    assert stopped.stopped_by is not None
    assert stopped.stopped_by.layer is Layer.VALIDITY
