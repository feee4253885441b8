"""The phone (移動端末設備) and its holder: enrolment, use, PINs, and every way its use ends.

* :func:`enrol` does a whole enrolment; :func:`begin_enrolment`, :func:`sign_application` and
  :func:`send_application` are its three steps, for whoever wants to stop in between.
* :func:`sign_document`, :func:`sign_digest` and :func:`signature_certificate` open the signature
  key with the password, and with nothing else; :func:`authenticate` takes the PIN or biometrics.
* :func:`treat`, :func:`go_offline`, :func:`go_online`, :func:`discontinue_use` and
  :func:`lift_suspension` are what becomes of it; :func:`devices` says what is so.

How Android phones and iPhones differ is the table ``PLATFORMS``. The phone knows its keys and
counters, the agency knows the certificates, and neither knows what the other does until they meet.
"""

from simulator.phone.biometrics import set_biometrics
from simulator.phone.ending import (
    discontinue_use,
    go_offline,
    go_online,
    lift_suspension,
    treat,
)
from simulator.phone.enrolling import (
    SignedApplication,
    begin_enrolment,
    download_signature_certificate,
    enrol,
    send_application,
    sign_application,
)
from simulator.phone.listing import PhoneCertificate, PhoneState, Standing, devices
from simulator.phone.pins import change_pin, reset_signature_password, reset_user_pin, tries_left
from simulator.phone.platforms import PLATFORMS, PlatformRow
from simulator.phone.using import (
    Authentication,
    authenticate,
    sign_digest,
    sign_document,
    signature_certificate,
)

__all__ = [
    "PLATFORMS",
    "Authentication",
    "PhoneCertificate",
    "PhoneState",
    "PlatformRow",
    "SignedApplication",
    "Standing",
    "authenticate",
    "begin_enrolment",
    "change_pin",
    "devices",
    "discontinue_use",
    "download_signature_certificate",
    "enrol",
    "go_offline",
    "go_online",
    "lift_suspension",
    "reset_signature_password",
    "reset_user_pin",
    "send_application",
    "set_biometrics",
    "sign_application",
    "sign_digest",
    "sign_document",
    "signature_certificate",
    "treat",
    "tries_left",
]
