"""Doors to the outside: what carries the card's language on a real machine."""
