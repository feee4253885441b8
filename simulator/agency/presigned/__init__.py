"""OCSP answers signed in bulk for a quarter of an hour, and given from memory.

* :class:`AnswerFrame` writes an answer round what all answers of an authority share.
* :func:`presign` signs for every live certificate; :func:`write_presigned` keeps that in a file.
* :class:`PresignedAnswers` is that file, mapped and asked.
* :class:`PresignedResponder` is the ASGI application that answers from it.
"""

from simulator.agency.presigned.answers import PresignedAnswers
from simulator.agency.presigned.asgi import PresignedResponder, Turn
from simulator.agency.presigned.frame import AnswerFrame
from simulator.agency.presigned.keyless import keyless_answer, keyless_app
from simulator.agency.presigned.signing import Presigned, presign, write_presigned

__all__ = [
    "AnswerFrame",
    "Presigned",
    "PresignedAnswers",
    "PresignedResponder",
    "Turn",
    "keyless_answer",
    "keyless_app",
    "presign",
    "write_presigned",
]
