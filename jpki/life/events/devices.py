"""Events of the phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jpki.life.events.values import OfPerson
from jpki.life.events.words import MobileDeviceChange, Platform

__all__ = [
    "MobileDeviceChanged",
    "MobileDeviceEnrolled",
    "MobileDeviceLossReported",
    "MobileDeviceSuspensionLifted",
]


@dataclass(frozen=True, slots=True)
class MobileDeviceEnrolled(OfPerson):
    """A phone was enrolled; :class:`CertificateIssued` follows for its certificates."""

    name: ClassVar[str] = "mobile_device_enrolled"
    told: ClassVar[tuple[str, ...]] = ("platform",)
    device: str
    platform: Platform


@dataclass(frozen=True, slots=True)
class MobileDeviceLossReported(OfPerson):
    """The loss of the phone was reported and its use suspended."""

    name: ClassVar[str] = "mobile_device_loss_reported"


@dataclass(frozen=True, slots=True)
class MobileDeviceSuspensionLifted(OfPerson):
    """The phone was found and its suspension lifted in the app."""

    name: ClassVar[str] = "mobile_device_suspension_lifted"


@dataclass(frozen=True, slots=True)
class MobileDeviceChanged(OfPerson):
    """Something happened to a phone, and nobody applied for anything."""

    name: ClassVar[str] = "mobile_device_changed"
    told: ClassVar[tuple[str, ...]] = ("change",)
    change: MobileDeviceChange
