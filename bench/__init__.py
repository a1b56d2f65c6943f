"""Figures, each against a peer or an aim, in one run: `make bench`, or `make bench ARGS=latency`."""
