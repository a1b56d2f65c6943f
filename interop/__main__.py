"""Have every foreign program that is here check what we write; say what is absent: `python -m interop`."""

import sys

from interop import c2pa, log


def main() -> int:
    """1 when a program that is here does not agree with us."""
    outcomes = [check() for check in (log.sumdb, log.formats, log.aics, c2pa.c2patool)]
    return 1 if "wrong" in outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
