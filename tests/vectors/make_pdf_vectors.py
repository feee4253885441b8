"""PDF files, each right or broken in exactly one way, made from fixed keys when they are asked for.

``VECTORS`` maps a name to a function that makes the file; what reading must find in it stands in
``pdf.toml``, written by hand. Run ``python tests/vectors/make_pdf_vectors.py FOLDER`` to look at
the files.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from asn1crypto import cms as asn1

sys.path.insert(0, str(Path(__file__).parent))

from pdf_drafts import Draft, Keys, Vectors, right
from pdf_later_revisions import LATER
from pdf_unreadable_files import UNREADABLE

_MADE = Vectors()
drafted = _MADE.drafted


# good ones, for the other side of each boundary

drafted("good", Draft())
drafted("good-cades", Draft(subfilter=b"/SubFilter /ETSI.CAdES.detached"))
drafted("good-lower-case", Draft(value=lambda cms: cms.hex().lower().encode()))
drafted("good-upper-case", Draft(value=lambda cms: cms.hex().upper().encode()))
drafted("good-name-and-space", Draft(contents_entry=b"/Contents \n <#>"))
drafted(
    "good-certified",
    Draft(
        entries=b"/Reference [%s]" % b"<< /TransformMethod /DocMDP /TransformParams << /P 2 >> >>"
    ),
)


# ByteRange

drafted("range-missing", Draft(range_entry=b""))
drafted("range-empty", Draft(range_entry=b"/ByteRange []"))
drafted("range-null", Draft(range_entry=b"/ByteRange null"))
drafted("range-three", Draft(written=lambda gap: b"%d %d %d" % right(gap)[:3]))
drafted("range-six", Draft(numbers=lambda gap: (*right(gap), gap.end, 0)))
drafted("range-one-pair", Draft(numbers=lambda gap: (0, gap.start)))
drafted("range-real", Draft(written=lambda gap: b"0.0 %d %d %d" % right(gap)[1:]))
drafted("range-string", Draft(written=lambda gap: b"(0) %d %d %d" % right(gap)[1:]))
drafted(
    "range-reference",
    Draft(
        written=lambda gap: b"30 0 R %d %d %d" % right(gap)[1:],
        more={30: b"0"},
    ),
)
drafted("range-from-one", Draft(numbers=lambda gap: (1, gap.start - 1, *right(gap)[2:])))
drafted("range-negative-start", Draft(numbers=lambda gap: (-1, *right(gap)[1:])))
drafted("range-negative-length", Draft(numbers=lambda gap: (*right(gap)[:3], -1)))
drafted("range-zero-first", Draft(numbers=lambda gap: (0, 0, *right(gap)[2:])))
drafted("range-zero-second", Draft(numbers=lambda gap: (*right(gap)[:3], 0)))
drafted(
    "range-overlap",
    Draft(numbers=lambda gap: (0, gap.start, gap.start - 1, gap.end - gap.start + 1)),
)
drafted("range-no-gap", Draft(numbers=lambda gap: (0, gap.start, gap.start, gap.end - gap.start)))
drafted(
    "range-beyond-file", Draft(numbers=lambda gap: (0, gap.start, gap.stop, gap.end - gap.stop + 1))
)
drafted(
    "good-without-last-line-end",
    Draft(numbers=lambda gap: (0, gap.start, gap.stop, gap.end - gap.stop - 1)),
)
drafted(
    "range-inside-mark",
    Draft(numbers=lambda gap: (0, gap.start, gap.stop, gap.end - gap.stop - 2)),
)
drafted(
    "range-before-eof", Draft(numbers=lambda gap: (0, gap.start, gap.stop, gap.end - gap.stop - 6))
)
drafted(
    "range-gap-from-left",
    Draft(numbers=lambda gap: (0, gap.start - 1, gap.stop, gap.end - gap.stop)),
)
drafted(
    "range-gap-to-right",
    Draft(numbers=lambda gap: (0, gap.start, gap.stop + 1, gap.end - gap.stop - 1)),
)
drafted(
    "range-gap-inside-left",
    Draft(numbers=lambda gap: (0, gap.start + 1, gap.stop, gap.end - gap.stop)),
)
drafted(
    "range-gap-inside-right",
    Draft(numbers=lambda gap: (0, gap.start, gap.stop - 1, gap.end - gap.stop + 1)),
)
drafted("range-huge", Draft(written=lambda gap: b"0 %d %d 99999999999999999999" % right(gap)[1:3]))

# Contents

drafted("contents-missing", Draft(contents_entry=b"/Other <#>"))
drafted("contents-empty", Draft(contents_entry=b"/Contents <>", width=0))
drafted("contents-null", Draft(contents_entry=b"/Contents null /Other <#>"))
drafted("contents-zeros", Draft(value=lambda cms: b"00"))
drafted("contents-literal", Draft(contents_entry=b"/Contents (#)"))
drafted("contents-odd", Draft(width=8191))
drafted("contents-space", Draft(value=lambda cms: cms.hex().encode() + b" 0"))
drafted("contents-newline", Draft(value=lambda cms: b"\n\n" + cms.hex().encode()))
drafted("contents-reference", Draft(contents_entry=b"/Contents 31 0 R /Other <#>"))
drafted("contents-decoy", Draft(contents_entry=b"/Contents <3003020101> /Contents2 <#>"))
drafted("contents-twice", Draft(contents_entry=b"/Contents <00> /Contents <#>"))
drafted("contents-padding", Draft(value=lambda cms: cms.hex().encode() + b"00" * 8 + b"41"))
drafted("contents-garbage", Draft(cms=lambda keys, digest: b"\x30\x03\x02\x01\x01"))
drafted("contents-text", Draft(cms=lambda keys, digest: b"not a signature"))
drafted("contents-long-form", Draft(cms=lambda keys, digest: b"\x30\x84\x7f\xff\xff\xff"))


def _changed(change: Callable[[asn1.SignedData], None]) -> Callable[[Keys, bytes], bytes]:
    def make(keys: Keys, digest: bytes) -> bytes:
        info = asn1.ContentInfo.load(keys.cms(digest))
        change(info["content"])
        return bytes(info.dump(force=True))

    return make


def _attach(data: asn1.SignedData) -> None:
    data["encap_content_info"]["content"] = b"other content"


def _nobody(data: asn1.SignedData) -> None:
    data["signer_infos"] = []


def _twice(data: asn1.SignedData) -> None:
    other = data["signer_infos"][0].copy()
    other["signature"] = bytes(256)
    data["signer_infos"] = [data["signer_infos"][0], other]


drafted("cms-attached", Draft(cms=_changed(_attach)))
drafted("cms-no-signer", Draft(cms=_changed(_nobody)))
drafted("cms-two-signers", Draft(cms=_changed(_twice)))
drafted("cms-other-digest", Draft(cms=lambda keys, digest: keys.cms(bytes(32))))

# SubFilter

drafted("subfilter-sha1", Draft(subfilter=b"/SubFilter /adbe.pkcs7.sha1"))
drafted("subfilter-x509", Draft(subfilter=b"/SubFilter /adbe.x509.rsa_sha1"))
drafted("subfilter-unknown", Draft(subfilter=b"/SubFilter /Example.own"))
drafted("subfilter-missing", Draft(subfilter=b""))
drafted("subfilter-string", Draft(subfilter=b"/SubFilter (adbe.pkcs7.detached)"))

VECTORS = {**_MADE.by_name, **LATER, **UNREADABLE}


@cache
def made(name: str, keys: Keys) -> bytes:
    """Return a vector, made once for the same keys."""
    return VECTORS[name](keys)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    made_with = Keys()
    for name in VECTORS:
        (folder / f"{name}.pdf").write_bytes(made(name, made_with))
