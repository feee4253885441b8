"""Checks of events of the phone."""

from __future__ import annotations

from jpki.errors import ImpossibleFact
from jpki.life import events as ev
from jpki.life.checks.certificates import require_card_certificates
from jpki.life.checks.question import Check, Question
from jpki.life.state import DeviceState
from jpki.terms import CertificateKind

__all__ = ["DEVICE_CHECKS"]

_PAIR = (CertificateKind.MOBILE_SIGNATURE, CertificateKind.MOBILE_AUTHENTICATION)


def _check_enrolled(asked: Question, event: ev.MobileDeviceEnrolled) -> None:
    past = {device.id for device in asked.person.past_devices}
    if event.device in past:
        raise ImpossibleFact("this enrolment has been replaced; give a new one another id")
    device = asked.person.device
    if (
        device is not None
        and device.id == event.device
        and any(asked.status(kind) is not None for kind in _PAIR)
    ):
        raise asked.refused(
            "enrolled.mobile-signature", "this phone is the one in use and has its certificates"
        )
    require_card_certificates(asked, CertificateKind.MOBILE_SIGNATURE)


def _check_device_lifted(asked: Question, _event: ev.MobileDeviceSuspensionLifted) -> None:
    device = asked.person.device
    if device is None or device.state is not DeviceState.SUSPENDED:
        raise ImpossibleFact("no phone is suspended")


def _check_device_loss(asked: Question, _event: ev.MobileDeviceLossReported) -> None:
    device = asked.person.device
    if device is None or device.state is not DeviceState.IN_USE:
        raise ImpossibleFact("no phone is in use")


def _needs_device(asked: Question, _event: ev.Event) -> None:
    if asked.person.device is None:
        raise ImpossibleFact("no phone is enrolled")


DEVICE_CHECKS: dict[type[ev.Event], Check] = {
    ev.MobileDeviceChanged: _needs_device,
    ev.MobileDeviceEnrolled: _check_enrolled,
    ev.MobileDeviceLossReported: _check_device_loss,
    ev.MobileDeviceSuspensionLifted: _check_device_lifted,
}
"""The check of each event of the phone."""
