"""The page about phones says what the tables and the code say."""

from __future__ import annotations

import re
from pathlib import Path

from jpki.life.events import Platform
from simulator import phone
from simulator.exposure import Layer
from simulator.phone import PLATFORMS

PAGE = (Path(__file__).parents[2] / "docs" / "phone.md").read_text(encoding="utf-8")


def test_the_page_has_every_difference_between_the_systems() -> None:
    android, iphone = (PLATFORMS[each] for each in Platform)
    for topic, stated in android.texts.items():
        other = iphone.texts[topic]
        row = (
            f"| {topic} | {stated.text_en}<br>{stated.text_ja} "
            f"| {other.text_en}<br>{other.text_ja} | {stated.row} |"
        )
        assert row in PAGE


def test_the_page_names_functions_that_there_are() -> None:
    named = set(re.findall(r"phone\.([a-z_]+)\(", PAGE)) | {
        "begin_enrolment",
        "discontinue_use",
        "download_signature_certificate",
        "go_offline",
        "go_online",
        "send_application",
        "sign_application",
        "treat",
    }
    assert named <= set(phone.__all__)
    assert all(f"`{name}`" in PAGE or f"phone.{name}(" in PAGE for name in named)


def test_the_page_names_as_many_layers_as_there_are() -> None:
    (sentence,) = re.findall(r"Layers: (.*?)\.\n", PAGE, re.DOTALL)
    assert len(sentence.split(",")) == len(Layer)
