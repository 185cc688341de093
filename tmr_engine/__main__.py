"""`python -m tmr_engine` is the `tmr` command."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
