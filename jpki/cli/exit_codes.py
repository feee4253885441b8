"""What the exit status of every command means: one table.

*Indeterminate* is neither 0 nor 1: a status that could not be checked must not pass for an answer.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from jpki.errors import (
    CardError,
    FingerprintDiffers,
    Indeterminate,
    JpkiError,
    PinError,
    ServiceError,
    SourceError,
    TimestampError,
    VerificationError,
    WorldUnavailable,
)

if TYPE_CHECKING:
    from jpki.validation import Verdict

__all__ = ["ExitCode", "exit_code_of"]


class ExitCode(IntEnum):
    """The exit statuses."""

    VALID = 0
    INVALID = 1
    USAGE = 2
    INDETERMINATE = 3
    READER_OR_CARD = 4
    PIN = 5
    NETWORK_OR_SERVICE = 6


# By value: commands that judge nothing need not load what judges.
_BY_VERDICT = {
    "valid": ExitCode.VALID,
    "invalid": ExitCode.INVALID,
    "indeterminate": ExitCode.INDETERMINATE,
}
# The first row whose class fits decides, so leaves stand above their families.
_BY_ERROR = (
    (Indeterminate, ExitCode.INDETERMINATE),
    (VerificationError, ExitCode.INVALID),
    (FingerprintDiffers, ExitCode.INVALID),
    (CardError, ExitCode.READER_OR_CARD),
    (PinError, ExitCode.PIN),
    (WorldUnavailable, ExitCode.NETWORK_OR_SERVICE),
    (SourceError, ExitCode.NETWORK_OR_SERVICE),
    (TimestampError, ExitCode.NETWORK_OR_SERVICE),
    (ServiceError, ExitCode.NETWORK_OR_SERVICE),
    (JpkiError, ExitCode.USAGE),
)


def exit_code_of(result: Verdict | JpkiError) -> ExitCode:
    """Return the exit status for a verdict or for an error that ended the command."""
    if isinstance(result, JpkiError):
        return next(code for family, code in _BY_ERROR if isinstance(result, family))
    return _BY_VERDICT[result.value]
