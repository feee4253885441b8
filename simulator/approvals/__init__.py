"""What apps ask of a phone, and what its holder answers: requests that wait for approval.

An app is registered by the keeper of the world; it asks a phone to sign, to authenticate, to
present items, or a person to enrol a phone. Each request waits until the holder approves or refuses
it, or its time is over; an approval is done by the phone itself and opens nothing without the PIN.
How real apps hand requests to the phone is not part of the published rules: this is the simulator's
own form.
"""

from simulator.approvals.apps import App, AppRole, Apps
from simulator.approvals.desk import ApprovalDesk
from simulator.approvals.model import (
    ApprovalRequest,
    Asked,
    Authenticated,
    AuthenticationAsked,
    Enrolled,
    EnrolmentAsked,
    Entry,
    Failure,
    ItemsAsked,
    ItemsPresented,
    Means,
    NotPending,
    RequestKind,
    RequestStatus,
    Result,
    SignatureAsked,
    Signed,
    TooManyPending,
)
from simulator.approvals.settings import Automatic

__all__ = [
    "App",
    "AppRole",
    "ApprovalDesk",
    "ApprovalRequest",
    "Apps",
    "Asked",
    "Authenticated",
    "AuthenticationAsked",
    "Automatic",
    "Enrolled",
    "EnrolmentAsked",
    "Entry",
    "Failure",
    "ItemsAsked",
    "ItemsPresented",
    "Means",
    "NotPending",
    "RequestKind",
    "RequestStatus",
    "Result",
    "SignatureAsked",
    "Signed",
    "TooManyPending",
]
