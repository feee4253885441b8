"""``python -m simulator`` is the same as the command ``jpki-sim``."""

from simulator.cli import main

main()
