"""Validation of very many signatures: the same verdicts as one by one, by columns."""
