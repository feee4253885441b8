"""``python -m jpki`` is the same as the command ``jpki``."""

from jpki.cli import main

main()
