"""Revocation information as values."""
