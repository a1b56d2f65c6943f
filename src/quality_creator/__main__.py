"""`python -m quality_creator` is `qc`."""

from quality_creator.cli import main

main()
