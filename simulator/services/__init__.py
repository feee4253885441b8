"""The agency's services for verifiers (VS-1 to VS-10), with credentials, consents and an audit."""

from simulator.services.audit import AuditEntry
from simulator.services.desk import Service, ServiceDesk
from simulator.services.verifiers import EarlierCheck, NotAuthenticated, Verifier, Verifiers

__all__ = [
    "AuditEntry",
    "EarlierCheck",
    "NotAuthenticated",
    "Service",
    "ServiceDesk",
    "Verifier",
    "Verifiers",
]
