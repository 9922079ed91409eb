"""``python -m serviceflow``."""

from serviceflow.cli import main

main()
