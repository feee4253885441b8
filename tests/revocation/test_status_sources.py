"""Sources on this side of the network: what they hand over, and when they read again."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from jpki.certificates import parse_authority, parse_certificate
from jpki.cli.exit_codes import ExitCode, exit_code_of
from jpki.errors import (
    MalformedRevocationList,
    SourceTooLarge,
    SourceUnreachable,
    UnusableSource,
)
from jpki.revocation import (
    AllSources,
    FileSource,
    FolderSource,
    MemorySource,
    StatusEvidence,
    StatusSource,
    parse_ocsp_response,
    parse_revocation_list,
    sources,
)
from jpki.terms import Purpose
from jpki.validation import Standing, status_at
from simulator.agency.authority import SimulatedAuthority
from simulator.agency.publish import Edition, build_revocation_list
from simulator.municipalities import municipality
from tests.vectors.drafts import PUBLISHED, make_bases
from tests.vectors.kept_keys import VECTOR_KEYS
from tests.vectors.make_ocsp_vectors import FOLDER
from tests.vectors.ocsp_drafts import AT

AUTHORITY = parse_authority((FOLDER / "authority.der").read_bytes())
CERTIFICATE = parse_certificate((FOLDER / "certificate.der").read_bytes())
ANSWER = (FOLDER / "good.ors").read_bytes()


@pytest.fixture(scope="module")
def authority() -> SimulatedAuthority:
    return make_bases(VECTOR_KEYS).authorities[Purpose.SIGNATURE]


def listed(authority: SimulatedAuthority, number: int = 1, place: str = "13221") -> bytes:
    return build_revocation_list(
        authority, {}, edition=Edition.daily(number, PUBLISHED), municipality=municipality(place)
    )


def of(source: StatusSource) -> StatusEvidence:
    return source.evidence(CERTIFICATE, AUTHORITY)


def test_memory_hands_over_what_speaks_of_the_certificate(authority: SimulatedAuthority) -> None:
    mine = parse_revocation_list(listed(authority))
    other_place = parse_revocation_list(listed(authority, place="01106"))
    answer = parse_ocsp_response(ANSWER)
    other_answer = parse_ocsp_response((FOLDER / "other-serial.ors").read_bytes())
    other_key = parse_ocsp_response((FOLDER / "other-key-hash.ors").read_bytes())
    try_later = parse_ocsp_response((FOLDER / "error-3.ors").read_bytes())
    found = of(MemorySource([other_place, mine], [other_answer, other_key, try_later, answer]))
    assert found == StatusEvidence(lists=(mine,), answers=(answer,))
    assert of(MemorySource()) == StatusEvidence()


def test_what_a_source_has_is_what_the_status_takes(authority: SimulatedAuthority) -> None:
    found = of(MemorySource([parse_revocation_list(listed(authority))]))
    status = status_at(
        CERTIFICATE, authority=AUTHORITY, lists=found.lists, answers=found.answers, at=AT
    )
    assert status.standing is Standing.GOOD


def test_files_are_read_once(tmp_path: Path, authority: SimulatedAuthority) -> None:
    crl, ors = tmp_path / "a", tmp_path / "b"
    crl.write_bytes(listed(authority))
    ors.write_bytes(ANSWER)
    source = FileSource(lists=[crl], answers=[ors])
    crl.unlink()
    assert [one.crl_number for one in of(source).lists] == [1]
    assert len(of(source).answers) == 1


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableSource, match="missing") as caught:
        FileSource(lists=[tmp_path / "missing"])
    assert exit_code_of(caught.value) is ExitCode.NETWORK_OR_SERVICE
    with pytest.raises(UnusableSource, match="no ordinary file"):
        FileSource(lists=[tmp_path])
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UnusableSource, match="no ordinary file"):
        FileSource(answers=[pipe])
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(MalformedRevocationList, match="empty"):
        FileSource(lists=[empty])


def test_a_folder_is_read_again_when_it_changes(
    tmp_path: Path, authority: SimulatedAuthority
) -> None:
    source = FolderSource(tmp_path)
    assert of(source) == StatusEvidence()
    path = tmp_path / "kiyose.crl"
    path.write_bytes(listed(authority, 1))
    (tmp_path / "answer.ors").write_bytes(ANSWER)
    (tmp_path / "notes.txt").write_bytes(b"not read")
    (tmp_path / ".half.crl").write_bytes(b"not read either")
    found = of(source)
    assert [one.crl_number for one in found.lists] == [1]
    assert len(found.answers) == 1
    again = of(source)
    assert again.lists[0] is found.lists[0]  # not read again
    aside = tmp_path / "new.part"
    aside.write_bytes(listed(authority, 2))
    aside.replace(path)
    assert [one.crl_number for one in of(source).lists] == [2]
    path.unlink()
    assert of(source).lists == ()


def test_a_file_of_the_same_size_and_time_is_noticed_by_its_place_on_the_disk(
    tmp_path: Path, authority: SimulatedAuthority
) -> None:
    path, aside = tmp_path / "a.crl", tmp_path / "b.part"
    path.write_bytes(listed(authority, 1))
    source = FolderSource(tmp_path)
    assert [one.crl_number for one in of(source).lists] == [1]
    aside.write_bytes(listed(authority, 2))
    stat = path.stat()
    os.utime(aside, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert aside.stat().st_size == stat.st_size
    aside.replace(path)
    assert [one.crl_number for one in of(source).lists] == [2]


def test_a_broken_file_in_a_folder_is_a_failure_and_what_it_said_before_is_forgotten(
    tmp_path: Path, authority: SimulatedAuthority
) -> None:
    path = tmp_path / "a.crl"
    path.write_bytes(listed(authority))
    (tmp_path / "b.ors").write_bytes(ANSWER)
    source = FolderSource(tmp_path)
    assert of(source).failures == ()
    path.write_bytes(b"\x30\x00")
    found = of(source)
    assert found.lists == ()
    assert len(found.answers) == 1
    assert [type(one) for one in found.failures] == [MalformedRevocationList]
    assert of(source).failures[0] is found.failures[0]  # told again, not read again


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableSource):
        of(FolderSource(tmp_path / "missing"))


def test_a_folder_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_MOST_FILES", 1)
    (tmp_path / "a.ors").write_bytes(ANSWER)
    assert len(of(FolderSource(tmp_path)).answers) == 1
    (tmp_path / "b.ors").write_bytes(ANSWER)
    with pytest.raises(SourceTooLarge):
        of(FolderSource(tmp_path))


def test_one_failing_source_leaves_the_others(authority: SimulatedAuthority) -> None:
    class Broken:
        def evidence(self, certificate: object, authority: object) -> StatusEvidence:
            raise SourceUnreachable("http://ocsp.example", "no connection")

    mine = parse_revocation_list(listed(authority))
    found = of(AllSources(Broken(), MemorySource([mine])))
    assert found.lists == (mine,)
    assert [type(one) for one in found.failures] == [SourceUnreachable]


def test_the_published_instant_lies_before_the_one_asked_about() -> None:
    assert timedelta(0) <= AT - PUBLISHED < timedelta(hours=48)
