"""A convenience-store kiosk (多機能端末): one PIN of a card is set anew by knowing the other.

First the app: card, the other PIN, and a live face that is compared with the photo in the chip. It
gives a one-time code, with which the kiosk sets the new value within a day (KS-1 to KS-10). A kiosk
issues and renews no certificates.
"""

from simulator.kiosk.chains import KioskChain
from simulator.kiosk.resetting import Reservation, finish_pin_reset, reserve

__all__ = ["KioskChain", "Reservation", "finish_pin_reset", "reserve"]
