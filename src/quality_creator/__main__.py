"""`python -m quality_creator` is `qc`."""

from quality_creator.cli import main

if __name__ == "__main__":  # and not in the processes that `qc verify` starts
    main()
