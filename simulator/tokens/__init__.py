"""The chips of a world: cards and phones that were made in it, with their counters.

A chip's certificates and keys can be made again from the log and the seed; its PINs and counters
cannot, so they are written down before the chip answers.
"""

from __future__ import annotations

from simulator.tokens.chip import PhoneMemory, Slot, TokenPins
from simulator.tokens.face import code_b, rewrite_items, shows_items
from simulator.tokens.making import (
    erase_token,
    make_key,
    make_token,
    prove_possession,
    remove_certificate,
    replace_certificate,
)
from simulator.tokens.pins import disable_pins, set_pins, tries_kept
from simulator.tokens.printed import my_number
from simulator.tokens.using import (
    applet,
    phone_memory,
    plugged,
    set_phone_memory,
    slots,
    token_holder,
    token_names,
    token_profile,
)

__all__ = [
    "PhoneMemory",
    "Slot",
    "TokenPins",
    "applet",
    "code_b",
    "disable_pins",
    "erase_token",
    "make_key",
    "make_token",
    "my_number",
    "phone_memory",
    "plugged",
    "prove_possession",
    "remove_certificate",
    "replace_certificate",
    "rewrite_items",
    "set_phone_memory",
    "set_pins",
    "shows_items",
    "slots",
    "token_holder",
    "token_names",
    "token_profile",
    "tries_kept",
]
