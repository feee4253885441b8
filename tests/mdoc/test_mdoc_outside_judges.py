"""Programs of others judge our records: pymdoccbor the issuer's part, pycose both signatures.

They run in a process of their own, so that their warnings stay theirs. What pycose is given to
verify the device's signature against is put together here by hand, as ISO/IEC 18013-5 §9.1.3.4
has it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki.mdoc import DOC_TYPE, Algorithm, Presentation, RecordSigner, SecurityObject, Sign1
from simulator.mdoc import IssuingProfile
from tests.mdoc.mdocwork import ADULT, NAME, Scene, new_world, session

PYMDOCCBOR = """
import json, sys
from cryptography import x509
from pymdoccbor.mdoc.verifier import MdocCbor
asked = json.load(sys.stdin)
found = MdocCbor()
found.loads(asked["response"])
root = x509.load_der_x509_certificate(bytes.fromhex(asked["root"]))
print(json.dumps(bool(found.verify(trusted_root_certs=[root]))))
"""
PYCOSE = """
import json, sys
from pycose.keys import EC2Key
from pycose.messages import Sign1Message
asked = json.load(sys.stdin)
answers = []
for each in asked:
    message = Sign1Message.from_cose_obj(
        [bytes.fromhex(each["protected"]), {}, None, bytes.fromhex(each["signature"])], True
    )
    message.payload = bytes.fromhex(each["payload"])
    x, y = bytes.fromhex(each["x"]), bytes.fromhex(each["y"])
    message.key = EC2Key(crv=each["curve"], x=x, y=y)
    answers.append(bool(message.verify_signature()))
print(json.dumps(answers))
"""


def ask(program: str, question: object) -> object:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module", params=[Algorithm.ES256, Algorithm.ES384], ids=lambda a: a.name)
def shown(request: pytest.FixtureRequest) -> Iterator[tuple[bytes, bytes, Algorithm]]:
    # pymdoccbor looks at this machine's clock, so the certificates last for a century.
    profile = IssuingProfile(
        algorithm=request.param, root_valid_years=100, signer_valid_days=36_500
    )
    with new_world() as world:
        scene = Scene.begin(world)
        scene.apply(profile)
        answer = scene.show(NAME, ADULT, profile=profile)
        yield answer, scene.roots(profile)[0].der, request.param


def test_pymdoccbor_accepts_our_records_and_refuses_altered_ones(
    shown: tuple[bytes, bytes, Algorithm],
) -> None:
    answer, root, algorithm = shown
    if algorithm is not Algorithm.ES256:
        # Its table of coordinate lengths has P-256 alone, so it can read no other key.
        assert ask(PYMDOCCBOR, {"response": answer.hex(), "root": root.hex()}) is False
        return
    assert ask(PYMDOCCBOR, {"response": answer.hex(), "root": root.hex()}) is True
    name = next(i.value for i in Presentation.parse(answer).record.items if i.name == NAME[1])
    assert isinstance(name, str)
    altered = answer.replace(name.encode(), bytes(len(name.encode())))
    assert altered != answer
    assert ask(PYMDOCCBOR, {"response": altered.hex(), "root": root.hex()}) is False


def test_pycose_accepts_both_signatures_and_not_those_of_another_session(
    shown: tuple[bytes, bytes, Algorithm],
) -> None:
    answer, _, algorithm = shown
    found = Presentation.parse(answer)
    auth, device = found.record.issuer_auth, found.device_auth
    assert auth.payload is not None
    assert device is not None
    security = SecurityObject.parse(auth.payload)
    signer = RecordSigner.parse(auth.chain[0]).key

    def question(part: Sign1, key: EllipticCurvePublicKey, payload: bytes) -> dict[str, str]:
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        half = (len(point) - 1) // 2
        return {
            "protected": part.protected.hex(),
            "signature": part.signature.hex(),
            "payload": payload.hex(),
            "x": point[1 : 1 + half].hex(),
            "y": point[1 + half :].hex(),
            "curve": {Algorithm.ES256: "P_256", Algorithm.ES384: "P_384"}[algorithm],
        }

    answers = ask(
        PYCOSE,
        [
            question(auth, signer, auth.payload),
            question(device, security.device_key, _signed_by_device(1)),
            question(device, security.device_key, _signed_by_device(2)),
        ],
    )
    assert answers == [True, True, False]


def _signed_by_device(number: int) -> bytes:
    """84 = array(4); 74 = text(20); d818 = tag 24; 41a0 = the empty map, embedded."""
    inner = (
        b"\x84\x74DeviceAuthentication"
        + session(number).encoded
        + bytes([0x60 + len(DOC_TYPE)])
        + DOC_TYPE.encode()
        + b"\xd8\x18\x41\xa0"
    )
    head = b"\x58" + bytes([len(inner)]) if len(inner) < 256 else b"\x59" + len(inner).to_bytes(2)
    return b"\xd8\x18" + head + inner
