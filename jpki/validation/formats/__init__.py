"""Readers of signature formats: each turns a file into the claims that the numbered steps judge."""
