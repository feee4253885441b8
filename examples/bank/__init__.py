"""A small bank: logs in with the phone, opens accounts by signature, notices a move, asks anew.

``python -m examples.bank`` starts it beside a simulated authority. Everything here is simulated.
"""
