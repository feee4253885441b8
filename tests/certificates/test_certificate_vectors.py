"""Certificates that are each wrong in one way, and what is said about them."""

from __future__ import annotations

import tomllib

import pytest

from jpki.certificates.authority import parse_authority
from jpki.certificates.deviations import DEVIATIONS, authority_deviations
from jpki.certificates.parse import deviations, parse_certificate
from jpki.certificates.profile import EXACT, TOLERANT
from jpki.certificates.structure import read_certificate
from jpki.errors import MalformedCertificate, NotAJpkiCertificate
from simulator.keys import SeededKeys
from tests.vectors.make_vectors import HERE as VECTORS
from tests.vectors.make_vectors import make


def read(vector: dict[str, str]) -> bytes:
    return (VECTORS / "certificates" / vector["file"]).read_bytes()


def codes(vector: dict[str, str]) -> list[str]:
    if vector["subject"] == "authority":
        return [one.code for one in authority_deviations(read_certificate(read(vector)))]
    return [one.code for one in deviations(read(vector))]


def test_a_vector_is_wrong_in_exactly_the_one_way_it_says(vector: dict[str, str]) -> None:
    data = read(vector)
    match vector["expects"]:
        case "malformed":
            with pytest.raises(MalformedCertificate) as caught:
                parse_certificate(data, source="vector")
            assert vector["detail"] in caught.value.message
            assert caught.value.source == "vector"
            assert caught.value.offset is not None
            assert 0 <= caught.value.offset <= len(data)
        case "good":
            assert codes(vector) == []
        case "deviation":
            expected = [] if vector["detail"] == "signature.self" else [vector["detail"]]
            assert codes(vector) == expected


def test_a_vector_is_refused_or_let_pass_as_the_reading_says(vector: dict[str, str]) -> None:
    data, detail = read(vector), vector["detail"]
    if vector["expects"] == "malformed":
        return
    if vector["subject"] == "authority":
        if vector["expects"] == "good":
            assert parse_authority(data).der == data
            return
        with pytest.raises(NotAJpkiCertificate) as caught:
            parse_authority(data)
        assert caught.value.deviation.startswith(f"{detail}: ")
        return
    if vector["expects"] == "good":
        assert parse_certificate(data, reading=EXACT).kind == detail
        return
    with pytest.raises(NotAJpkiCertificate) as caught:
        parse_certificate(data, reading=EXACT)
    assert caught.value.deviation.startswith(f"{detail}: ")
    if detail in TOLERANT.tolerated:
        assert parse_certificate(data).der == data
    else:
        with pytest.raises(NotAJpkiCertificate):
            parse_certificate(data)


def test_there_is_a_vector_for_every_deviation_and_none_twice() -> None:
    text = (VECTORS / "certificates" / "manifest.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["vector"]
    assert {row["detail"] for row in rows if row["expects"] == "deviation"} == set(DEVIATIONS)
    assert len({row["file"] for row in rows}) == len(rows)
    assert len({row["says"] for row in rows if row["expects"] != "good"}) == len(rows) - 5


def test_what_is_tolerated_is_a_deviation_that_exists() -> None:
    assert set(DEVIATIONS) >= TOLERANT.tolerated


def test_making_the_vectors_again_changes_nothing(seeded_keys: SeededKeys) -> None:
    made = make(seeded_keys)
    kept = {
        str(file.relative_to(VECTORS)): file.read_bytes()
        for folder in ("certificates", "revocation")
        for file in (VECTORS / folder).iterdir()
    }
    assert made.keys() == kept.keys()
    assert [path for path in made if made[path] != kept[path]] == []
